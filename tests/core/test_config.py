from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.config import (
    Additions,
    Allow,
    Commands,
    Config,
    Limits,
    Rule,
    When,
    alike,
    check,
    is_own,
    matches,
    parse,
    place,
)
from bot.core.messages import HELD_LABEL
from bot.core.names import DocumentPath
from bot.core.triage import CONFLICT


@pytest.mark.parametrize(
    ("text", "config"),
    [
        pytest.param("", Config(), id="#100 empty"),
        pytest.param("# only a comment\n", Config(), id="comment"),
        pytest.param("files: [a.md, 'docs/**/*.md']", Config(files=("a.md", "docs/**/*.md")), id="files"),
        pytest.param("files: a.md", Config(files=("a.md",)), id="one file"),
        pytest.param("limits: {import: 100}", Config(limits=Limits(imports=100)), id="import"),
        pytest.param("limits:\n  open: 9\n  close: 0\n", Config(limits=Limits(open=9, close=0)), id="open and close"),
        pytest.param("on_remove: not_planned\non_defer: close", Config(on_remove="not_planned", on_defer="close"), id="words"),
        pytest.param("\ufefffiles: a.md", Config(files=("a.md",)), id="#58 BOM"),
        pytest.param("files: []", Config(files=()), id="no file at all"),
        pytest.param("codeowners: true", Config(), id="without effect yet"),
        pytest.param("dashboard: true\ncheck: false", Config(dashboard=True, check=False), id="dashboard and check"),
        pytest.param("commands: {permission: admin}", Config(commands=Commands("admin")), id="permission"),
        pytest.param(
            "commands: {allow: {users: '@Carol', teams: [Acme/Core], bots: [7]}}",
            Config(commands=Commands(allow=Allow(frozenset({"carol"}), frozenset({"acme/core"}), frozenset({7})))),
            id="allow",
        ),
        pytest.param(
            "rules: [{when: {section: S*, field: {Impact: [high, top]}}, add: {labels: [a, B], assignees: '@Al', milestone: '3'}}]",
            Config(
                rules=(
                    Rule(
                        When(section=("S*",), fields=(("Impact", ("high", "top")),)),
                        Additions(("a", "B"), ("al",), "3"),
                    ),
                )
            ),
            id="rule",
        ),
        pytest.param(
            "rules: [{when: {}, add: {milestone: 3}}]", Config(rules=(Rule(When(), Additions(milestone=3)),)), id="number"
        ),
    ],
)
def test_a_good_config(text: str, config: Config):
    assert parse(text.encode()) == config


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        pytest.param(b"\tfiles: a", "config-yaml", 1, id="#100 tab"),
        pytest.param(b"- a", "config-type", 1, id="#100 no mapping"),
        pytest.param(b"a: !!python/object:os.system x", "config-tag", 1, id="#100 tag"),
        pytest.param(b"x: 1\na: *nowhere", "config-alias", 2, id="#100 undefined alias"),
        pytest.param(b"files: a\nfils: b", "config-unknown-key", 2, id="#101 unknown key"),
        pytest.param(b"limits:\n  imprt: 1", "config-unknown-key", 2, id="#101 unknown limit"),
        pytest.param(b"files: a\nfiles: b", "config-duplicate-key", 2, id="#101 duplicate key"),
        pytest.param(b"files: 3", "config-type", 1, id="#101 type"),
        pytest.param(b"files:", "config-type", 1, id="#101 nothing"),
        pytest.param(b"limits: {open: yes}", "config-value", 1, id="#101 yes is a text, not a number"),
        pytest.param(b"limits: {open: true}", "config-value", 1, id="#101 true is no number"),
        pytest.param(b"limits: {open: -1}", "config-value", 1, id="#101 negative"),
        pytest.param(b"limits: {open: 12:30}", "config-value", 1, id="#101 12:30"),
        pytest.param(b"on_remove: close", "config-value", 1, id="#101 word"),
        pytest.param(b"files: ['../x.md']", "config-value", 1, id="#69 traversal"),
        pytest.param(b"limits: {open: 012}", "config-value", 1, id="#101 012"),
        pytest.param(b"limits: {open: 0o7}", "config-value", 1, id="#101 octal"),
        pytest.param(b"limits: {open: 1_000}", "config-value", 1, id="#101 1_000"),
        pytest.param(b"dashboard: on", "config-value", 1, id="#101 on is a text"),
        pytest.param(b"%YAML 1.1\n---\nlimits: {open: yes}", "config-value", 3, id="#101 yes in YAML 1.1"),
        pytest.param(b"commands: {permission: none}", "config-value", 1, id="a permission to nobody"),
        pytest.param(b"commands: {allow: {bots: [dependabot]}}", "config-value", 1, id="#85 bots by id, not by name"),
        pytest.param(b"commands: {allow: {teams: [core]}}", "config-value", 1, id="a team without its organization"),
        pytest.param(b"rules: [{when: {}}]", "config-value", 1, id="a rule that adds nothing"),
        pytest.param(b"rules:\n- when: {}\n  add: {labels: ['Priority: P0']}", "config-value", 3, id="a label of ours"),
        pytest.param(b"rules: [{when: {}, add: {labels: ['a,b']}}]", "config-value", 1, id="#77 comma"),
        pytest.param(b"rules: [{when: {}, add: {labels: [" + b"x" * 51 + b"]}}]", "config-value", 1, id="#77 long label"),
        pytest.param(
            b"rules: [{when: {}, add: {assignees: [a,b,c,d,e,f,g,h,i,j,k]}}]", "config-value", 1, id="#77 eleven assignees"
        ),
        pytest.param(b"rules: [{when: {field: {Impact: 3}}, add: {}}]", "config-type", 1, id="3 is no text"),
        pytest.param(b"files: a\n---\nfiles: b", "config-yaml", 2, id="two documents"),
        pytest.param(b"a: &a [1]", "config-alias", 1, id="#102 anchor"),
        pytest.param(b"[" * 500, "config-depth", 1, id="#102 depth"),
        pytest.param(b"a: " + b"x" * 70_000, "config-too-large", 0, id="#102 size"),
        pytest.param(b"files: \xff", "config-encoding", 0, id="not UTF-8"),
    ],
)
def test_a_bad_config_is_a_problem_with_its_line(text: bytes, code: str, line: int):
    problems = parse(text)
    assert isinstance(problems, tuple)
    assert (problems[0].code, problems[0].line) == (code, line)


def test_all_faults_are_reported_at_once_with_the_nearest_word():
    problems = parse(b"fles: a\non_remove: complete\nlimits: {clos: 1}\n")
    assert isinstance(problems, tuple)
    assert [problem.hint for problem in problems] == [
        "did you mean `files`?",
        "did you mean `completed`?",
        "did you mean `close`?",
    ]


@given(st.binary(max_size=200) | st.text(alphabet="files: limt[]{}&*!|>-#\n'\"\\", max_size=80).map(str.encode))
def test_fault_100_no_text_raises(data: bytes):
    result = parse(data)
    assert isinstance(result, Config) or (len(result) > 0 and all(problem.code.startswith("config-") for problem in result))


@pytest.mark.parametrize(
    ("glob", "path", "meant"),
    [
        ("a.md", "a.md", True),
        ("a.md", "docs/a.md", False),
        ("A.md", "a.md", False),
        ("*.md", "a.md", True),
        ("*.md", "docs/a.md", False),
        ("**/*.md", "a.md", True),
        ("**/*.md", "x/y/a.md", True),
        ("docs/**", "docs/a/b", True),
        ("docs/**/gap?.md", "docs/gaps.md", True),
        ("docs/**/x/**/y.md", "docs/a/x/b/c/y.md", True),
        ("docs/**/x/**/y.md", "docs/a/b/y.md", False),
        ("./a.md", "a.md", True),
        ("/a.md", "a.md", True),
        ("[ab].md", "b.md", True),
        ("a#?%.md", "a#b%.md", True),
    ],
)
def test_globs(glob: str, path: str, meant: bool):
    assert matches(glob, path) is meant


def test_fault_104_globs_are_linear():
    assert not matches("/".join(["**"] * 60 + ["x"]), "/".join(["a"] * 200))
    assert not matches("*a" * 50 + "b", "a" * 2_000)


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("KNOWN_GAPS.md", True),
        ("known-gaps.md", True),
        ("docs/TECH_DEBT.md", True),
        ("docs/team/gap-report-2026.md", True),
        (".github/gaps.md", True),
        ("tech-debt.md", True),
        ("TODO.md", False),
        ("ROADMAP.md", False),
        ("src/KNOWN_GAPS.md", False),
        ("README.md", False),
    ],
)
def test_well_known_names(path: str, covered: bool):
    assert Config().covers(DocumentPath(path)) is covered


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param(b"files: a\nlimits: {imprt: 1}", ":2:10", id="a key"),
        pytest.param(b"\xef\xbb\xbfon_remove: close", ":1:13", id="a value behind a BOM"),
        pytest.param("files: ä\r\non_remove: close".encode(), ":2:12", id="CRLF and two bytes"),
        pytest.param(b"files: [a\n", ":2:1", id="YAML"),
        pytest.param(b"files: \xff", "", id="not readable"),
    ],
)
def test_fault_101_a_problem_has_its_line_and_column(text: bytes, where: str):
    problems = parse(text)
    assert isinstance(problems, tuple)
    assert place(problems[0], text.decode("utf-8", "replace")) == where


def test_keys_without_effect_are_told_of_unless_something_is_wrong():
    assert [(problem.code, problem.line) for problem in check(b"files: a\ncodeowners: true\nlabels: {area: area}")] == [
        ("config-later", 2),
        ("config-later", 3),
    ]
    assert [problem.code for problem in check(b"codeowners: true\nfils: a")] == ["config-unknown-key"]


@pytest.mark.parametrize(
    ("glob", "text", "meant"),
    [
        ("Security*", "security & privacy", True),
        ("security", "Security", True),
        ("sec", "Security", False),
        ("*auth*", "OAuth  login", True),
        ("P?", "p0", True),
        ("STRASSE", "Straße", True),
        ("a*b", "a/x/b", True),
    ],
)
def test_globs_over_words(glob: str, text: str, meant: bool):
    assert alike(glob, text) is meant


def test_fault_104_globs_over_words_are_linear():
    assert not alike("*a" * 90 + "b", "a" * 2_000)


@pytest.mark.parametrize("label", ["gap", "GAP", "priority: P1", "Effort: m", "status: deferred", CONFLICT.name, HELD_LABEL.name])
def test_our_labels_are_told_from_those_of_people(label: str):
    assert is_own(label)
    assert not is_own(f"my {label}")
