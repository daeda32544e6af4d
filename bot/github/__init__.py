"""GitHub as Gapkeeper uses it: every request, its authentication and pace, and the JSON of REST and webhooks as core values."""
