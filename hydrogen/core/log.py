"""What a log is, without saying whose. The service's is made in structured_log.py, the spooler's goes up its socket."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """`event` is a constant in the past tense ("printer connected"); facts go into fields, with units in their names.

    Logging never raises and never waits. Fields whose names smell of a secret are masked (structured_log.py).
    """

    def debug(self, event: str, /, **fields: object) -> None: ...

    def info(self, event: str, /, **fields: object) -> None: ...

    def warning(self, event: str, /, **fields: object) -> None: ...

    def error(self, event: str, /, **fields: object) -> None: ...


class SilentLog:
    """A log that nobody reads."""

    __slots__ = ()

    def debug(self, event: str, /, **fields: object) -> None:
        pass

    def info(self, event: str, /, **fields: object) -> None:
        pass

    def warning(self, event: str, /, **fields: object) -> None:
        pass

    def error(self, event: str, /, **fields: object) -> None:
        pass
