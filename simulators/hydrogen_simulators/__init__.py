"""Virtual printers: what Hydrogen's tests and demos stand in front of instead of hardware.

This package uses the standard library only and shares no code with the host, so that an error of
the host cannot hide behind the same error here. ``firmware/`` is pure (bytes and printer time in,
bytes and deadlines out), ``endpoints/`` puts a printer behind a port, ``faults`` makes bad weather,
``ledger`` proves what was executed.
"""

from __future__ import annotations
