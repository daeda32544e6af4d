"""What Gapkeeper decides, as pure functions over values: no I/O, clock, randomness, logging or async in here."""
