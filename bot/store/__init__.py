"""What Gapkeeper remembers: repositories, pairs, intents and deliveries.

The records are here, light to import; `bot.store.store` brings SQLAlchemy.
"""

from bot.store.records import Arrival, Delivery, RepositoryState

__all__ = ["Arrival", "Delivery", "RepositoryState"]
