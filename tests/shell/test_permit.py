"""Who may use commands: the permission that the settings ask for, and whom they let in besides; when in doubt, nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.core.config import Allow, Commands
from bot.core.errors import NotFound, Refused, Unavailable
from bot.core.names import BlobSha, CommitSha, DocumentPath, InstallationId, RepositoryId, RepositoryName
from bot.github.gateway import ReadGateway
from bot.github.model import File
from bot.jobs.permit import commands_in_force, may_command
from bot.sandbox import Role
from bot.store.records import RepositoryState
from tests.by_hand import CONFIG, ByHand, by_hand
from tests.shell.hub import NAME, REPO, Hub, no, ok

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.model import Comment

pytestmark = pytest.mark.anyio

GAPS = "# Known gaps\n\n- [ ] [P1] Limit the rate\n"
WORDS = ("none", "read", "triage", "write", "maintain", "admin")


class Reader(ReadGateway):
    """GitHub's word for one person, and the teams they are in."""

    def __init__(
        self, permission: str | Exception, teams: frozenset[str] | Exception = frozenset(), settings: bytes | Exception = b""
    ) -> None:
        self.said, self.teams, self.settings = permission, teams, settings
        self.asked: list[str] = []

    async def file(self, name: RepositoryName, path: DocumentPath, ref: str) -> File:
        if isinstance(self.settings, Exception):
            raise self.settings
        return File(BlobSha("a" * 40), self.settings)

    async def permission(self, name: RepositoryName, login: str) -> str:
        self.asked.append(login)
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    async def is_member(self, organization: str, team: str, login: str) -> bool:
        self.asked.append(f"{organization}/{team}")
        if isinstance(self.teams, Exception):
            raise self.teams
        return team in self.teams


@pytest.mark.parametrize("needed", WORDS[1:])
@pytest.mark.parametrize("word", WORDS)
async def test_a_permission_lets_in_who_has_it_or_more(needed: str, word: str):
    allowed = await may_command(Reader(word), RepositoryName("acme/app"), "carol", None, Commands(needed))
    assert allowed is (WORDS.index(word) >= WORDS.index(needed))


ROWS: list[Any] = [
    ("a user by login in any case", Reader("none"), "Carol", None, Allow(users=frozenset({"carol"})), True),
    ("another user", Reader("none"), "carol2", None, Allow(users=frozenset({"carol"})), False),
    ("a member", Reader("read", frozenset({"core"})), "carol", None, Allow(teams=frozenset({"acme/core"})), True),
    ("no member", Reader("read"), "carol", None, Allow(teams=frozenset({"acme/core"})), False),
    ("of another organization", Reader("read", frozenset({"core"})), "carol", None, Allow(teams=frozenset({"evil/core"})), False),
    (
        "teams cannot be seen",
        Reader("read", Refused("no", status=403)),
        "carol",
        None,
        Allow(teams=frozenset({"acme/core"})),
        False,
    ),
    ("#84 the lookup is refused", Reader(Refused("no", status=403)), "carol", None, Allow(), False),
    ("#84 nobody of that name", Reader(NotFound("none", status=404)), "ghost", None, Allow(), False),
    ("#85 a bot by its id", Reader("none"), "ci[bot]", 7, Allow(bots=frozenset({7})), True),
    ("#85 a bot of another id", Reader("admin"), "ci[bot]", 77, Allow(bots=frozenset({7})), False),
    ("#85 a bot by its name", Reader("admin"), "ci[bot]", 7, Allow(users=frozenset({"ci[bot]"})), False),
    ("a word that GitHub has added since", Reader("owner"), "carol", None, Allow(), False),
]


@pytest.mark.parametrize(("reader", "person", "robot", "allow", "may"), [pytest.param(*row, id=name) for name, *row in ROWS])
async def test_who_else(reader: Reader, person: str, robot: int | None, allow: Allow, *, may: bool):
    assert await may_command(reader, RepositoryName("Acme/app"), person, robot, Commands(allow=allow)) is may


async def test_a_passing_fault_is_raised_and_the_job_comes_back():
    with pytest.raises(Unavailable):
        await may_command(Reader(Unavailable("502")), RepositoryName("acme/app"), "carol", None, Commands())


async def test_who_may_anyway_costs_no_further_question():
    reader = Reader("write")
    await may_command(reader, RepositoryName("acme/app"), "carol", None, Commands(allow=Allow(teams=frozenset({"acme/core"}))))
    assert reader.asked == ["carol"]


READ = b"commands: {permission: triage}\n"
SETTINGS: list[Any] = [
    ("#84 they cannot be read", Refused("no", status=403), "", "admin"),
    ("#84 bad ones, and no good ones are known", b"commands: {permission: anyone}\n", "", "admin"),
    (
        "#100 bad ones, and good ones are known",
        b"commands: {permission: anyone}\n",
        "commands: {permission: maintain}\n",
        "maintain",
    ),
    ("there are none", NotFound("none", status=404), "commands: {permission: maintain}\n", "write"),
    ("good ones", READ, "commands: {permission: maintain}\n", "triage"),
]


@pytest.mark.parametrize(("answer", "known", "permission"), [pytest.param(*row, id=name) for name, *row in SETTINGS])
async def test_settings_that_moved_are_read_now_and_let_in_nobody_by_mistake(
    answer: bytes | Exception, known: str, permission: str
):
    state = RepositoryState(RepositoryId(1), NAME, InstallationId(1), "main", CommitSha("b" * 40), config_text=known)
    assert (await commands_in_force(Reader("read", settings=answer), state, moved=True)).permission == permission


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        pytest.param({"permission": "write", "role_name": "maintain"}, "maintain", id="maintain"),
        pytest.param({"permission": "read", "role_name": "triage"}, "triage", id="triage"),
        pytest.param({"permission": "read", "role_name": "admin"}, "read", id="a role never says more than the permission"),
        pytest.param({"permission": "write", "role_name": "release manager"}, "write", id="a role of people's own"),
        pytest.param({"permission": "admin"}, "admin", id="no role"),
    ],
)
async def test_the_word_of_a_permission(answer: dict[str, str], word: str):
    hub = Hub()
    hub.answers("GET", f"{REPO}/collaborators/carol/permission", ok(answer))
    assert await hub.reader.permission(NAME, "carol") == word


@pytest.mark.parametrize(
    ("answer", "member"),
    [
        pytest.param(ok({"state": "active", "role": "member"}), True, id="active"),
        pytest.param(ok({"state": "pending", "role": "member"}), False, id="invited"),
        pytest.param(no(404, "Not Found"), False, id="none"),
    ],
)
async def test_membership(answer: Any, *, member: bool):
    hub = Hub()
    hub.answers("GET", "/orgs/acme/teams/core/memberships/carol", answer)
    assert await hub.reader.is_member("acme", "core", "carol") is member


# ── in a repository ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world with one gap; alice administers, bob may triage."""
    async with by_hand(tmp_path) as made:
        made.repository.allow("bob", Role.TRIAGE)
        await made.push({"GAPS.md": GAPS})
        await made.sync()
        yield made


async def say(hand: ByHand, *, by: str, text: str = "/gap priority P0") -> tuple[Comment, list[str]]:
    comment = hand.repository.comment(1, text, by=by)
    await hand.sync()
    return comment, [reaction.content for reaction in comment.reactions]


def word(hand: ByHand) -> str:
    return hand.repository.read("GAPS.md").decode().partition("[P")[2][0]


async def test_i19_a_triager_who_may_command_gets_a_proposal_and_no_commit(hand: ByHand):
    await hand.push({CONFIG: "commands: {permission: triage}\n"})
    _, said = await say(hand, by="bob")
    assert said == ["eyes", "+1"]
    assert "priority: P0" in {label.name for label in hand.issues[1].labels}
    assert word(hand) == "1"
    assert [issue.title for issue in hand.issues.values() if issue.pull] != []


async def test_a_writer_is_refused_where_more_is_asked_for(hand: ByHand):
    hand.repository.allow("bob", Role.WRITE)
    await hand.push({CONFIG: "commands: {permission: maintain}\n"})
    _, said = await say(hand, by="bob")
    assert said == ["eyes", "-1"]
    replies = [one.body for one in hand.issues[1].comments.values() if one.user.login == "gapkeeper[bot]"]
    assert "takes maintain access to this repository" in replies[0]
    assert word(hand) == "1"
    hand.repository.allow("bob", Role.MAINTAIN)
    _, said = await say(hand, by="bob")
    assert said == ["eyes", "+1"]
    assert word(hand) == "0"


async def test_settings_count_though_their_push_comes_with_the_comment(hand: ByHand):
    hand.repository.allow("bob", Role.WRITE)
    await hand.push({CONFIG: "commands: {permission: admin}\n"}, sync=False)
    _, said = await say(hand, by="bob")
    assert (said, word(hand)) == (["eyes", "-1"], "1")


async def test_fault_100_bad_settings_leave_the_last_good_ones_in_force(hand: ByHand):
    hand.repository.allow("bob", Role.WRITE)
    await hand.push({CONFIG: "commands: {permission: admin}\n"})
    await hand.push({CONFIG: "commands: {permission: anyone}\n"})
    _, said = await say(hand, by="bob")
    assert (said, word(hand)) == (["eyes", "-1"], "1")


async def test_fault_85_a_bot_is_heard_only_where_its_account_is_named(hand: ByHand):
    robot = hand.hooks.world.add_user("ci[bot]", "Bot")
    _, said = await say(hand, by="ci[bot]")
    assert said == []
    await hand.push({CONFIG: f"commands: {{allow: {{bots: [{robot.id}]}}}}\n"})
    _, said = await say(hand, by="ci[bot]")
    assert said == ["eyes", "+1"]
    assert "priority: P0" in {label.name for label in hand.issues[1].labels}


async def test_fault_85_we_ourselves_are_never_heard(hand: ByHand):
    ours = hand.hooks.world.user("gapkeeper[bot]")
    await hand.push({CONFIG: f"commands: {{allow: {{bots: [{ours.id}]}}}}\n"})
    _, said = await say(hand, by="gapkeeper[bot]")
    assert said == []
    hand.repository.push({"a.txt": b"a"}, by="alice", branch="work")
    pull = hand.repository.open_pull(by="alice", title="A change", head="work").number
    hand.repository.comment(pull, "/gap help", by="gapkeeper[bot]")
    await hand.sync()
    assert len(hand.issues[pull].comments) == 1
