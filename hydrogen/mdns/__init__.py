"""Floor 6: announcement in the local network. The library is loaded where something is announced, off the loop."""
