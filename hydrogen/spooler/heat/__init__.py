"""The heat guard: what may be hot, for how long, and what is done about it."""
