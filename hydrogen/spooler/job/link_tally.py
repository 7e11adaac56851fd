"""What the link counted while one job ran, over all the connections that the job had."""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen.devices.driver import PrinterConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFigures:
    """Field meanings are those of LinkStatistics."""

    resends: int = 0
    stalls: int = 0
    possible_duplicates: int = 0


class LinkTally:
    """Counters of a connection rise from its handshake; a job owns what they rose by while it ran."""

    def __init__(self, connection: PrinterConnection | None) -> None:
        self._connection: PrinterConnection | None = None
        self._before = self._ended = LinkFigures()
        if connection is not None:
            self.begin(connection)

    def begin(self, connection: PrinterConnection) -> None:
        """The job runs on this connection from now on."""
        self.end()
        self._connection = connection
        self._before = _figures_of(connection)

    def end(self) -> None:
        """The connection is over; what it counted stays. May be called twice."""
        self._ended, self._connection = self.total, None

    @property
    def total(self) -> LinkFigures:
        """Since the job began."""
        if self._connection is None:
            return self._ended
        now, before, ended = _figures_of(self._connection), self._before, self._ended
        return LinkFigures(
            resends=ended.resends + now.resends - before.resends,
            stalls=ended.stalls + now.stalls - before.stalls,
            possible_duplicates=ended.possible_duplicates + now.possible_duplicates - before.possible_duplicates,
        )


def _figures_of(connection: PrinterConnection) -> LinkFigures:
    counted = connection.statistics
    return LinkFigures(resends=counted.resends, stalls=counted.stalls, possible_duplicates=counted.possible_duplicates)
