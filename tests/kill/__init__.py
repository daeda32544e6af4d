"""The server is killed at every point where it matters, and started again: nothing is lost, nothing is done twice (I4, I12)."""
