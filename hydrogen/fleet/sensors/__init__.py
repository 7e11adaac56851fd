"""Sensors beside the printers: read, judged, told of, and what follows where a limit is exceeded."""
