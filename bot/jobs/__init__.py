"""Durable jobs: deliveries in, one sync at a time for each repository, nothing lost by a crash.

Why so, and on which engine: docs/decisions/0001-job-engine.md.
"""

from bot.jobs.outcome import Done, Handler, Later, Outcome

__all__ = ["Done", "Handler", "Later", "Outcome"]
