"""The front door: the webhook, and the two pages by which an operator's machinery sees whether we live."""
