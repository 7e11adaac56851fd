"""Floor 2: the asyncio kernel: bus, context, supervisor, clock, log."""
