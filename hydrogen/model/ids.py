"""Names and ids: what they may look like."""

from __future__ import annotations

import re

PRINTER_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""A printer's name: it becomes a file name, a socket name and a systemd instance, so nothing else is let in."""

HEATER_NAME = re.compile(r"tool\d{1,2}|bed|chamber|probe|cooler|board|redundant")
"""The heaters of the model; the driver translates its firmware's letters into these."""


RESERVED_NAMES = frozenset({"hydrogen"})
"""The service's own files in the runtime folder are called so."""


def is_printer_name(text: str) -> bool:
    """May a printer be called so?"""
    return PRINTER_NAME.fullmatch(text) is not None and text not in RESERVED_NAMES


def is_heater_name(text: str) -> bool:
    """Is this one of the model's heater names?"""
    return HEATER_NAME.fullmatch(text) is not None
