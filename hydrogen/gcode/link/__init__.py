"""The link: one conversation with one printer, as a pure state machine. Start at link.py."""
