"""Reads gap documents: text in, gaps with exact spans and problems out. Entry point: `bot.core.gaps.parse`."""
