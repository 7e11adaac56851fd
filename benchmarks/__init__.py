"""How fast, how light, how late: the figures of Hydrogen, measured on loopback. `python -m benchmarks --help`."""
