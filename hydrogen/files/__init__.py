"""Floor 4: the folder of files that can be printed."""
