"""What the documentation says of the verbs, made from the registry: docs/commands.md and the table in README.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.registry import SPECS
from bot.core.command import AT_MOST
from bot.core.replies import verbs_table

if TYPE_CHECKING:
    from bot.commands.values import Spec

BEGIN, END = "<!-- commands:begin -->", "<!-- commands:end -->"
_HEAD = f"""# Commands

Write them in a comment on the issue of a gap, one a line, at the beginning of the line:

```text
I looked into it; this is urgent.
/gap priority P0
/gap assign @alice
```

`@gapkeeper …`, with the name of your App, does the same as `/gap …`; the case of letters does not matter. Commands in code, quotes,
HTML comments, tables and link texts are not looked at, nor are those of bots that the settings do not name.

- At most {AT_MOST} commands of a comment are taken, in their order. They are done all or not at all: where one is wrong, or not yours
  to give, nothing is done.
- 👀 says that a command is taken up, 👍 that it is done. 👎 comes with one comment that says what was wrong.
- An edited comment runs only the commands that it did not have before.
- Who may is looked up when the command is carried out. Everyone may `help` and `status`; all else takes write access, unless
  `commands` in [the settings](config.md) says otherwise.
- What a command changes on the issue goes into the document by the same way as a change by hand, as a commit in the App's name, or
  in its pull request where the branch or the config asks for one.

On pull requests only `help` is answered; on issues that belong to no gap also `link` and `unlink`, and on the issue of a plan that
waits `approve`, `plan` and `sync`.
"""


def page() -> str:
    """Returns docs/commands.md."""
    return "\n".join([_HEAD, verbs_table(SPECS.values()), "", *(_section(spec) for spec in SPECS.values())])


def in_readme(readme: str) -> str:
    """Returns README.md with the table between its markers made anew; ValueError where it has not exactly one pair of them."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise ValueError(f"README.md needs {BEGIN} and {END}, once each")
    return f"{before}{BEGIN}\n{verbs_table(SPECS.values())}\n{END}{after}"


def _section(spec: Spec) -> str:
    examples = "\n".join(spec.examples)
    return f"## `{spec.verb}`\n\n`/gap {spec.usage}`, for {spec.who}. {spec.description}\n\n```text\n{examples}\n```\n"
