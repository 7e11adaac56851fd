"""Drivers that ship with Hydrogen; found by the entry-point group `hydrogen.drivers`."""
