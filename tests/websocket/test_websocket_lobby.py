"""Seats, in all and by address."""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen.websocket.lobby import Lobby, Room


@dataclass(eq=False)
class Visitor:
    address: str


def lobby_with(places: int, places_per_address: int) -> Lobby:
    room = Room(places=places, places_per_address=places_per_address)
    return Lobby(seats=room, door=room)


def test_seats_are_counted_by_address_and_in_all() -> None:
    lobby = lobby_with(3, 2)
    for address in ("a", "a", "b"):
        assert lobby.has_room_for(address)
        lobby.seat(Visitor(address))
    assert not lobby.has_room_for("c")


def test_one_address_cannot_take_all_seats() -> None:
    lobby = lobby_with(3, 1)
    lobby.seat(Visitor("a"))
    assert not lobby.has_room_for("a")
    assert lobby.has_room_for("b")


def test_seat_is_free_again_when_its_guest_leaves_and_only_once() -> None:
    lobby = lobby_with(1, 1)
    guest = Visitor("a")
    lobby.enter(guest)
    lobby.seat(guest)
    lobby.seat(guest)
    assert not lobby.has_room_for("b")
    lobby.leave(guest)
    lobby.leave(guest)
    assert lobby.has_room_for("a") and lobby.has_room_for("b")
    assert lobby.guests == frozenset()


def test_guest_at_the_door_takes_no_seat() -> None:
    lobby = lobby_with(1, 1)
    lobby.enter(Visitor("a"))
    assert lobby.has_room_for("a")
    assert len(lobby.guests) == 1


def test_door_has_room_for_so_many_and_is_free_when_they_come_in_or_leave() -> None:
    lobby = lobby_with(2, 1)
    first, second, third = Visitor("a"), Visitor("a"), Visitor("b")
    assert lobby.enter(first)
    assert not lobby.enter(second)
    assert lobby.enter(third)
    assert not lobby.enter(Visitor("c"))
    lobby.leave(second)
    assert lobby.guests == {first, third}
    lobby.seat(first)
    assert lobby.enter(Visitor("a")) and lobby.guests >= {first, third}
    lobby.leave(third)
    assert lobby.enter(Visitor("b"))
