"""Floor 4: printers: the keepers of their spoolers, and the drivers that are installed."""
