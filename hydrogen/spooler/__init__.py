"""Floor 3: the process beside the printer: port, link, job, journal."""
