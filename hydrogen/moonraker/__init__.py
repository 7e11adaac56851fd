"""Floor 6: Moonraker's door for slicers: they look who is there, bring a file, and have it printed."""
