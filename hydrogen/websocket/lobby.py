"""Who is in the house: every TCP connection, and the seats that those who were let in take."""

from __future__ import annotations

from collections import Counter
from typing import Protocol


class Guest(Protocol):
    """A TCP connection, from its acceptance to its end."""

    @property
    def address(self) -> str: ...


class Lobby:
    """Counts seats, in all and by address. A seat is taken when a handshake passes and is free when its TCP connection ends."""

    def __init__(self, *, seats: int, seats_per_address: int) -> None:
        self._seats = seats
        self._seats_per_address = seats_per_address
        self._guests: set[Guest] = set()
        self._seated: dict[Guest, str] = {}
        self._by_address: Counter[str] = Counter()

    @property
    def guests(self) -> frozenset[Guest]:
        """All connections, seated or still at the door."""
        return frozenset(self._guests)

    def enter(self, guest: Guest) -> None:
        self._guests.add(guest)

    def leave(self, guest: Guest) -> None:
        """The connection is over. May be called twice."""
        self._guests.discard(guest)
        address = self._seated.pop(guest, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def has_room_for(self, address: str) -> bool:
        return len(self._seated) < self._seats and self._by_address[address] < self._seats_per_address

    def seat(self, guest: Guest, address: str) -> None:
        """Take a seat; check `has_room_for` before."""
        if guest not in self._seated:
            self._seated[guest] = address
            self._by_address[address] += 1
