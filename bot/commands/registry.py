"""All verbs, and what the commands of one comment come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands import deciding, entries, fields, people, state, undoing
from bot.commands.values import ON_ALL, Ask, Deed, Handled, Place, ShowHelp, ShowPlan, ShowStatus, Situation, Spec
from bot.core.command import AT_MOST, nearest, unknown_verb
from bot.core.errors import Problem
from bot.core.replies import NOT_HERE, Who, not_permitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.command import Command

_SHOWN = (ShowHelp, ShowStatus, ShowPlan)


def _help(command: Command, _: Situation) -> Handled:
    verb = command.argument.lower()
    if verb and verb not in SPECS:
        near = nearest(verb, SPECS)
        hint = f"did you mean `{near}`?" if near else "`/gap help` lists all verbs"
        return command.problem("unknown-verb", "this is no verb that Gapkeeper knows", hint=hint)
    return (ShowHelp(verb or None),)


_HELP = Spec(
    verb="help",
    usage="help [verb]",
    who=Who.EVERYONE,
    description="A comment lists the verbs, or says what one of them does.",
    examples=("/gap help", "/gap help priority"),
    places=ON_ALL,
    handle=_help,
)
SPECS: Mapping[str, Spec] = {
    spec.verb: spec
    for spec in (
        _HELP,
        *deciding.SPECS[:1],
        *fields.SPECS,
        *state.SPECS,
        *entries.SPECS,
        *people.SPECS,
        *deciding.SPECS[1:],
        *undoing.SPECS,
    )
}
"""Every verb by its name, in the order in which people read of them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done for a comment, and what is wrong with it. `refused` says that nothing but replies is to be done.

    The commands of a comment are done all or not at all, so that nobody must find out which of them were (fault #91).
    """

    deeds: tuple[Deed, ...]
    problems: tuple[Problem, ...]
    refused: bool


def decide(commands: Sequence[Command], situation: Situation) -> Decision:
    """Returns what the commands of one comment come to, in their order."""
    taken = commands[:AT_MOST]
    problems = [problem for command in taken if (problem := _unfit(command, situation))]
    refused = _not_permitted(taken, situation)
    problems += [refused] if refused else []
    deeds: list[Deed] = []
    for command in taken:
        spec = SPECS.get(command.verb)
        if spec is None or situation.place not in spec.places or not _may(spec, situation):
            continue
        handled = spec.handle(command, situation)
        if situation.one_way and isinstance(handled, tuple) and any(isinstance(deed, Ask) for deed in handled):
            handled = command.problem(
                "one-way", "documents are not written in this repository: `write_back` in its config is `off`"
            )
        if isinstance(handled, Problem):
            problems.append(handled)
        else:
            deeds.extend(handled)
    done = tuple(deed for deed in deeds if not problems or isinstance(deed, _SHOWN))
    message = f"at most {AT_MOST} commands of a comment are taken; this one and what follows were left"
    too_many = [command.problem("too-many", message) for command in commands[AT_MOST : AT_MOST + 1]]
    ordered = sorted(problems, key=lambda problem: problem.line)
    return Decision(done, (*ordered, *too_many), refused=bool(problems))


def needs_permission(commands: Sequence[Command]) -> bool:
    """Tells whether it matters who asks."""
    return any((spec := SPECS.get(command.verb)) and spec.who is Who.WRITERS for command in commands[:AT_MOST])


def _unfit(command: Command, situation: Situation) -> Problem | None:
    """Returns what is wrong with a command whoever says it: no verb of ours, or not here."""
    spec = SPECS.get(command.verb)
    if spec is None:
        return unknown_verb(command, SPECS)
    if situation.place not in spec.places:
        where = {Place.PULL: "pull", Place.NOTICE: "notice"}.get(situation.place, "other")
        return Problem("not-here", NOT_HERE[where], command.line, command.verb_span, "`/gap help` works everywhere")
    return None


def _may(spec: Spec, situation: Situation) -> bool:
    return spec.who is Who.EVERYONE or situation.writer


def _not_permitted(commands: Sequence[Command], situation: Situation) -> Problem | None:
    """Returns one refusal for all the commands that this person may not use here (fault #84)."""
    verbs = [
        command
        for command in commands
        if (spec := SPECS.get(command.verb)) and situation.place in spec.places and not _may(spec, situation)
    ]
    if not verbs:
        return None
    everyone = [spec.verb for spec in SPECS.values() if spec.who is Who.EVERYONE]
    named = list(dict.fromkeys(command.verb for command in verbs))
    message, hint = not_permitted(situation.commenter, named, everyone, situation.permission)
    return Problem("not-permitted", message, verbs[0].line, None, hint)
