"""`python -m bot` is `gapkeeper`."""

from bot.cli import main

main()
