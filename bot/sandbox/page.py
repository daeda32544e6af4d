"""The page of the demo: the document beside its issues, and what went over the wire between GitHub and the bot.

A person acts on it as `YOU`, through the same model as everybody. It works without JavaScript; with it, the parts that changed
are put in place as they change. Everything it shows is text: Jinja2 escapes it, and the policy allows no script but ours.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.sandbox.guard import Guard
from bot.sandbox.refusal import Refusal
from bot.sandbox.stage import YOU

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from bot.sandbox.faults import Call
    from bot.sandbox.model import Comment, Issue
    from bot.sandbox.stage import Demo
    from bot.sandbox.webhooks import Delivery

ROWS = 60
"""How much of each log is shown."""
LARGEST_FORM = 8 * 1024 * 1024
PRIORITIES = ("priority: P0", "priority: P1", "priority: P2", "priority: P3")
_ASSETS = {"style.css": "text/css", "script.js": "text/javascript", "icon.svg": "image/svg+xml"}
_TASK = re.compile(r"(?P<indent>[ \t]*)(?:[-*+]|\d{1,9}[.)])[ ]+\[(?P<mark>[ xX])\][ \t]+(?P<text>.*)")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})[ ]*(\S*)")
_COMMENT = re.compile(r"[ \t]*<!--.*-->[ \t]*")
_NAME = re.compile(r"<!--.*?-->[ \t]*")
"""What a box of the bot is known by; GitHub shows none of it."""
_EMOJI = {"eyes": "👀", "+1": "👍", "-1": "👎"}
"""How GitHub shows the reactions that the bot gives."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a body or a comment: a task, an HTML comment (`aside`), small print (`note`), `code`, or `plain`."""

    index: int
    kind: str
    text: str
    indent: str = ""
    done: bool = False


def lines(body: str) -> Iterator[Line]:
    """Returns the lines of a body, its last line end left out; in a fenced block nothing is a task, as on GitHub."""
    fence = ""
    for index, text in enumerate(body.replace("\r\n", "\n").rstrip("\n").split("\n") if body else ()):
        mark = _FENCE.match(text)
        if mark and (not fence or (mark[1].startswith(fence) and not mark[2])):
            fence = "" if fence else mark[1]
        if not fence and (task := _TASK.fullmatch(text)) is not None:
            yield Line(index, "task", _NAME.sub("", task["text"]), task["indent"], task["mark"] != " ")
        else:
            yield Line(index, _kind(text, fenced=bool(fence or mark)), text)


def _kind(text: str, *, fenced: bool) -> str:
    """Returns what a line is that is no task; rows of tables keep their columns as code does."""
    if fenced or text.startswith("|"):
        return "code"
    if _COMMENT.fullmatch(text):
        return "aside"
    return "note" if text.startswith("<sub>") else "plain"


def toggled(body: str, index: int) -> str:
    """Returns the body with the box of one line ticked or unticked, and nothing else changed (Refusal 404 where none is)."""
    parts = re.split(r"(\r?\n)", body)
    at = index * 2
    shown = any(line.index == index and line.kind == "task" for line in lines(body))
    task = _TASK.fullmatch(parts[at]) if shown else None
    if task is None:
        raise Refusal(404, "There is no box on that line any more.")
    place = task.start("mark")
    parts[at] = parts[at][:place] + (" " if task["mark"] != " " else "x") + parts[at][place + 1 :]
    return "".join(parts)


@dataclass(slots=True)
class Page:
    """The page of one demo; `notice` is shown until the next act."""

    demo: Demo
    notice: str = ""
    _templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Load the templates, which are data of this package."""
        self._templates = Environment(
            loader=PackageLoader("bot.sandbox", "page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.globals["you"] = YOU

    def app(self, address: str) -> ASGIApp:
        """Returns the page as an ASGI application that answers only under its own address."""
        routes = [
            Route("/", self.index),
            Route("/state", self.state),
            Route("/labels.css", self.palette),
            Route("/push", self.acting(self.push), methods=["POST"]),
            Route("/issues/{number:int}/{act}", self.acting(self.change_issue), methods=["POST"]),
            Route("/deliveries/{number:int}/redeliver", self.acting(self.redeliver), methods=["POST"]),
            *(Route(f"/{name}", _asset(name, kind)) for name, kind in _ASSETS.items()),
        ]
        return Starlette(routes=routes, middleware=[Middleware(Guard, address=address)])

    # What is shown.

    async def index(self, _request: Request) -> Response:
        """The whole page."""
        place, shown = self.demo.place, await self._parts()
        self.notice = ""
        html = self._templates.get_template("index.html").render(
            name=place.full_name,
            branch=place.default_branch,
            path=self.demo.path,
            parts={name: Markup(part) for name, part in shown.items()},  # noqa: S704  rendered, escaped, by our own templates
            issues={name: Markup(part) for name, part in self._issues()},  # noqa: S704
            document=self._document(),
            palette=_digest(self._palette()),
        )
        return Response(html, media_type="text/html")

    async def state(self, request: Request) -> Response:
        """What may have changed since, as JSON for script.js; 204 if nothing did."""
        shown = {
            "parts": await self._parts(),
            "issues": list(self._issues()),
            "document": self._document(),
            "palette": _digest(self._palette()),
        }
        seen = _digest(json.dumps(shown))
        if request.query_params.get("seen") == seen:
            return Response(status_code=204)
        return JSONResponse(shown | {"seen": seen})

    async def palette(self, _request: Request) -> Response:
        """The colours of the labels, which come from GitHub, as a stylesheet."""
        return Response(self._palette(), media_type="text/css")

    def _palette(self) -> str:
        return "\n".join(f".l{label.id} {{ --hue: #{label.color}; }}" for label in self.demo.place.labels.values())

    async def _parts(self) -> dict[str, str]:
        macros: Any = self._templates.get_template("parts.html").module
        issues = [one for one in self.demo.place.issues.values() if one.pull is None]
        opened = sum(one.open for one in issues)
        return {
            "status": str(macros.status(await self.demo.busy())),
            "notice": str(macros.notice(self.notice)),
            "commit": str(macros.commit(self._head())),
            "counts": str(macros.counts(opened, len(issues) - opened)),
            "deliveries": str(macros.deliveries([_delivery_row(one) for one in self.demo.hooks.log[: -ROWS - 1 : -1]])),
            "calls": str(
                macros.calls([_call_row(one, self.demo.place.full_name) for one in self.demo.api.calls[: -ROWS - 1 : -1]])
            ),
        }

    def _issues(self) -> Iterator[tuple[str, str]]:
        """The issues, open ones first; an empty list says so."""
        macros: Any = self._templates.get_template("parts.html").module
        shown = [one for one in self.demo.place.issues.values() if one.pull is None]
        for one in sorted(shown, key=lambda one: (not one.open, one.number)):
            yield f"issue-{one.number}", str(macros.issue(self._issue_row(one))).strip()
        if not shown:
            yield "", str(macros.nothing())

    def _issue_row(self, one: Issue) -> dict[str, Any]:
        names = [label.name for label in one.labels]
        family = [label.name for label in self.demo.place.labels.values() if label.name.lower().startswith("priority: ")]
        choices = sorted({name.lower(): name for name in (*PRIORITIES, *family)}.values(), key=str.lower)
        row = {
            "number": one.number,
            "title": one.title,
            "open": one.open,
            "state": "open" if one.open else (one.state_reason or "completed").replace("_", " "),
            "labels": [{"id": label.id, "name": label.name} for label in one.labels],
            "lines": list(lines(one.body or "")),
            "talk": [_talk_row(said) for said in one.comments.values()],
            "choices": choices,
            "priority": next((name for name in names if name in choices), ""),
        }
        return row | {"version": _digest(repr(row))}

    def _head(self) -> dict[str, str] | None:
        place = self.demo.place
        if not place.branches:
            return None
        head = place.head()
        return {"sha": head.sha, "subject": head.message.partition("\n")[0], "author": head.author.login or head.author.name}

    def _document(self) -> dict[str, str]:
        """The document at the head of the branch; `fault` tells why a text field could not give its bytes back."""
        place, path = self.demo.place, self.demo.path
        entry = place.files().get(path)
        if entry is None:
            return {"sha": "", "text": "", "fault": ""}
        data = place.git.blobs[entry.sha]
        text = data.decode("utf-8", "replace")
        plain = text.replace("\r\n", "\n")
        one_ending = text in {plain, plain.replace("\n", "\r\n")}
        safe = text.encode() == data and "\0" not in text and "\r" not in plain and one_ending
        fault = "" if safe else "This file holds bytes that a text field would change, so it is only shown here."
        return {"sha": entry.sha, "text": text, "fault": fault}

    # What a person may do.

    def acting(self, act: Callable[[Request, dict[str, str]], None]) -> Callable[[Request], Any]:
        """Returns an endpoint that performs an act, and says what GitHub says when it is refused."""

        async def endpoint(request: Request) -> Response:
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_FORM:
                    return Response("Too large for this page", 413)
            form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()}
            self.notice = ""
            try:
                act(request, form)
            except Refusal as refusal:
                told = [error.get("message") or f"{error.get('field')}: {error.get('code')}" for error in refusal.errors or ()]
                self.notice = ": ".join([refusal.message, ", ".join(told)] if told else [refusal.message])
            if "application/json" in request.headers.get("accept", ""):
                return JSONResponse({"problem": self.notice or None, "sha": self._document()["sha"]})
            return RedirectResponse("/", 303)

        return endpoint

    def push(self, _request: Request, form: dict[str, str]) -> None:
        """Push the text, unless the file has changed since it was shown, as git itself would refuse."""
        document = self._document()
        if document["fault"] or form.get("sha", "") != document["sha"]:
            raise Refusal(409, "Updates were rejected: the file has changed since. Load what is on the branch first.")
        text = form.get("text", "").replace("\r\n", "\n")
        if "\r\n" in document["text"]:
            text = text.replace("\n", "\r\n")
        message = form.get("message", "").strip() or f"Update {self.demo.path}"
        self.demo.place.push({self.demo.path: text}, by=YOU, message=message)

    def change_issue(self, request: Request, form: dict[str, str]) -> None:
        """Close, reopen, rename, comment, tick a box or set the priority."""
        place, number = self.demo.place, int(request.path_params["number"])
        match request.path_params["act"]:
            case "close":
                place.close_issue(number, by=YOU, reason=form.get("reason", "completed"))
            case "reopen":
                place.reopen_issue(number, by=YOU)
            case "title":
                place.edit_issue(number, by=YOU, title=form.get("title", ""))
            case "comment":
                place.comment(number, form.get("body", ""), by=YOU)
            case "task":
                index = form.get("line", "")
                body = toggled(place.issue(number).body or "", int(index) if index.isdecimal() else -1)
                place.edit_issue(number, by=YOU, body=body)
            case "priority":
                others = (label.name for label in place.issue(number).labels if not label.name.lower().startswith("priority: "))
                place.set_labels(number, [*others, *filter(None, [form.get("label", "")])], by=YOU)
            case other:
                raise Refusal(404, f"There is no {other!r} to do with an issue.")

    def redeliver(self, request: Request, _form: dict[str, str]) -> None:
        """Send a delivery again, as the App's settings on GitHub do."""
        self.demo.hooks.redeliver(int(request.path_params["number"]))


def _talk_row(said: Comment) -> dict[str, Any]:
    shown = [_EMOJI.get(reaction.content, reaction.content) for reaction in said.reactions]
    return {"by": said.user.login, "lines": list(lines(said.body)), "reactions": " ".join(shown)}


def _delivery_row(one: Delivery) -> dict[str, Any]:
    payload = one.payload
    about = payload.get("ref") or next(
        (f"#{payload[kind]['number']}" for kind in ("issue", "pull_request") if kind in payload), ""
    )
    if "label" in payload:
        about = f"{about} {payload['label']['name']}".strip()
    over = one.status != "pending"
    return {
        "id": one.id,
        "guid": one.guid,
        "name": f"{one.event} {one.action}" if one.action else one.event,
        "about": about,
        "sender": payload.get("sender", {}).get("login", ""),
        "over": over,
        "good": 200 <= one.status_code < 300,
        "outcome": str(one.status_code or one.status) if over else "…",
        "again": one.redelivery,
    }


def _call_row(one: Call, full_name: str) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in one.query.items())
    path = one.path.replace(f"/repos/{full_name}", "…", 1) + (f"?{query}" if query else "")
    good = 200 <= one.status < 400
    body = one.body if isinstance(one.body, dict) else {}
    detail = str(body.get("title") or body.get("name") or "")
    return {
        "method": one.method,
        "path": path,
        "detail": detail,
        "status": one.status or "cut off",
        "good": good,
        "writes": one.writes,
    }


def _asset(name: str, kind: str) -> Callable[[Request], Response]:
    data = (resources.files("bot.sandbox") / "page" / name).read_bytes()

    def endpoint(_request: Request) -> Response:
        return Response(data, media_type=kind)

    return endpoint


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
