"""The front door: a webhook goes in, and what GitHub shows afterwards is what counts.

One suite of scenarios runs on two worlds that know nothing of each other: the in-process sandbox, and the independent emulator of
`tests.peer` (marked `peer`). The bot is the real app, served over HTTP, on a database of its own.
"""
