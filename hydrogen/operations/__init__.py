"""Floor 5: what a client may ask, declared once and served by every surface."""
