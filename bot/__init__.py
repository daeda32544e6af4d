"""Gapkeeper: keeps gap documents and GitHub issues the same thing. Reading order: docs/reading-order.md."""
