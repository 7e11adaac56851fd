"""Jobs that were cut off: found, planned, and taken up after approval."""
