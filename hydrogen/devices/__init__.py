"""Floor 3: what a driver signs."""
