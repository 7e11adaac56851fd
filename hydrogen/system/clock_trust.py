"""Is the host's wall clock right? The kernel knows: whoever keeps the time (chrony, timesyncd, ntpd) tells it."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable

TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""

_TIMEX_BYTES = 512
"""More than `struct timex` has anywhere (208 on 64-bit Linux); all zero asks and changes nothing."""


def is_clock_synchronised() -> bool:
    """False too where the kernel cannot be asked: who does not know the time must not refuse anybody for it."""
    adjtimex = _adjtimex()
    return adjtimex is not None and 0 <= adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) < TIME_ERROR


def _adjtimex() -> Callable[[object], int] | None:
    try:
        return ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
