"""Floor 4: the machine Hydrogen runs on, and what the service says of itself."""
