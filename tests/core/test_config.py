from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.config import Config, Limits, matches, parse
from bot.core.names import DocumentPath


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
