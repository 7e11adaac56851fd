"""Who is in the house: every TCP connection at the door, and the seats that those who were let in take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol


class Guest(Protocol):
    """A TCP connection, from its acceptance to its end."""

    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many there is place for, in all and from one address."""

    places: int
    places_per_address: int


class Lobby:
    """Counts who is at the door and who has a seat, in all and by address.

    At the door stands everybody from the TCP connection to the end of the handshake; a seat is taken when a handshake passes.
    Both are free when the TCP connection ends.
    """

    def __init__(self, *, seats: Room, door: Room) -> None:
        self._seats = _Count(seats)
        self._door = _Count(door)

    @property
    def guests(self) -> frozenset[Guest]:
        """All connections, seated or still at the door."""
        return frozenset((*self._seats.guests, *self._door.guests))

    def enter(self, guest: Guest) -> bool:
        """Somebody came to the door. False: too many stand there already, and this one must go."""
        if not self._door.has_room_for(guest.address):
            return False
        self._door.add(guest)
        return True

    def leave(self, guest: Guest) -> None:
        """The connection is over. May be called twice."""
        self._door.remove(guest)
        self._seats.remove(guest)

    def has_room_for(self, address: str) -> bool:
        """Is there a seat?"""
        return self._seats.has_room_for(address)

    def seat(self, guest: Guest) -> None:
        """Take a seat; check `has_room_for` before."""
        self._door.remove(guest)
        self._seats.add(guest)


class _Count:
    """Guests of one kind, and how many of them come from each address."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._by_address: Counter[str] = Counter()
        self.guests: dict[Guest, str] = {}

    def has_room_for(self, address: str) -> bool:
        return len(self.guests) < self._room.places and self._by_address[address] < self._room.places_per_address

    def add(self, guest: Guest) -> None:
        if guest not in self.guests:
            self.guests[guest] = guest.address
            self._by_address[guest.address] += 1

    def remove(self, guest: Guest) -> None:
        address = self.guests.pop(guest, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
