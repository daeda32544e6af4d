"""The words of states, priorities, labels and headings, a module of plain data per language; `bot.core.gaps.vocabulary` joins them.

Every module has the same seven tables. A phrase is in lower case, words apart by blanks, phrases apart by commas.
To teach the reader a word, add it here.

- `STATES`: a state -> the phrases that say it, in a status field, a suffix or a heading.
- `WEAK`: phrases of state that also are everyday words: they count in a status field, not in a suffix or a heading.
- `PRIORITIES`: the words of urgency that authors use; they are reported as written.
- `LABELS`: what a field is for -> the labels it goes by.
- `LACKING`: words that say, anywhere in a text, that something is missing or wrong.
- `DEMANDS`: words with which a text starts that says what is to be done.
- `SECTIONS`: what a heading announces -> the phrases with which it starts or ends.
"""

from __future__ import annotations

from bot.core.gaps.words import de, en, es, fr, it, pt, ru, zh

LANGUAGES = (en, de, es, fr, it, pt, ru, zh)
