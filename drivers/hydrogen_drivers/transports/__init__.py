"""Ways to a printer; each signs `hydrogen.devices.transport.Wire`."""
