"""Floor 1: the language of the printer. Pure: bytes and `now` in, bytes and events out."""
