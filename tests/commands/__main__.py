"""`python -m tests.commands`: write docs/commands.md, the table of README.md and the expected replies anew; review the diff."""

from __future__ import annotations

from bot.commands.pages import in_readme, page
from tests.commands.test_pages import PAGE, README
from tests.commands.test_replies import CORPUS, REPLIES

PAGE.write_text(page(), encoding="utf-8")
README.write_text(in_readme(README.read_text(encoding="utf-8")), encoding="utf-8")
for name, made in REPLIES.items():
    (CORPUS / f"{name}.md").write_text(made, encoding="utf-8")
