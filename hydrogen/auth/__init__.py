"""Floor 4: who is asking, and what they may."""
