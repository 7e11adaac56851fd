"""Virtual sensors that print nothing: a thermometer on a serial port, a tree of 1-Wire sensors."""

from __future__ import annotations
