"""Seats, in all and by address."""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen.websocket.lobby import Lobby


@dataclass(eq=False)
class Visitor:
    address: str


def test_seats_are_counted_by_address_and_in_all() -> None:
    lobby = Lobby(seats=3, seats_per_address=2)
    for address in ("a", "a", "b"):
        assert lobby.has_room_for(address)
        lobby.seat(Visitor(address), address)
    assert not lobby.has_room_for("c")


def test_one_address_cannot_take_all_seats() -> None:
    lobby = Lobby(seats=3, seats_per_address=1)
    lobby.seat(Visitor("a"), "a")
    assert not lobby.has_room_for("a")
    assert lobby.has_room_for("b")


def test_seat_is_free_again_when_its_guest_leaves_and_only_once() -> None:
    lobby = Lobby(seats=1, seats_per_address=1)
    guest = Visitor("a")
    lobby.enter(guest)
    lobby.seat(guest, "a")
    lobby.seat(guest, "a")
    assert not lobby.has_room_for("b")
    lobby.leave(guest)
    lobby.leave(guest)
    assert lobby.has_room_for("a") and lobby.has_room_for("b")
    assert lobby.guests == frozenset()


def test_guest_at_the_door_takes_no_seat() -> None:
    lobby = Lobby(seats=1, seats_per_address=1)
    lobby.enter(Visitor("a"))
    assert lobby.has_room_for("a")
    assert len(lobby.guests) == 1
