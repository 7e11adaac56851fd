"""Firmware without wires: pure state machines in printer time. Nothing here reads a clock or a port."""

from __future__ import annotations
