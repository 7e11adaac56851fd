"""Floor 0: the words of the house. Pure: no clock, no I/O, no asyncio."""
