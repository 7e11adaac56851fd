"""Which speed does the printer talk at?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from hydrogen.errors import LinkLost, PortUnusable, PrinterGarbled, PrinterSilent
from hydrogen.gcode.link.evidence import score
from hydrogen_drivers.marlin import baud_detection
from hydrogen_drivers.marlin.baud_detection import PATIENCE_SECONDS, SPEEDS, Ear, detect_baud, failure, schedule
from hydrogen_drivers.transports.serial_port import SerialWire, open_serial_port
from tests.support.speed_peer import SpeedPeer

MakePeer = Callable[..., SpeedPeer]


@pytest.fixture
async def make_peer() -> AsyncIterator[MakePeer]:
    peers: list[SpeedPeer] = []

    def make(baud: int | None, **more: Any) -> SpeedPeer:
        peers.append(SpeedPeer(baud, **more))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pty answers within a millisecond; what is waited for elsewhere is scaled down for the tests."""
    monkeypatch.setattr(baud_detection, "FIRST_SECONDS", 0.2)
    monkeypatch.setattr(baud_detection, "TRY_SECONDS", 0.05)
    monkeypatch.setattr(baud_detection, "LAST_TRY_SECONDS", 0.05)
    monkeypatch.setattr(baud_detection, "SHORTEST_TRY_SECONDS", 0.02)


async def detected(peer: SpeedPeer, **more: Any) -> tuple[int, SerialWire]:
    ear = Ear()
    wire = await open_serial_port(peer.path, 115200, lambda: ear)
    try:
        return await detect_baud(wire, ear, port=peer.path, **more), wire
    finally:
        wire.close()
        await ear.gone


async def test_first_guess_that_is_right_takes_no_time_and_no_other_is_tried(make_peer: MakePeer) -> None:
    peer = make_peer(115200)
    began = asyncio.get_running_loop().time()
    assert (await detected(peer))[0] == 115200
    assert asyncio.get_running_loop().time() - began < 1.0
    assert peer.speeds == [115200]


@pytest.mark.parametrize("baud", SPEEDS)
async def test_every_usual_speed_is_found_amid_noise(make_peer: MakePeer, baud: int) -> None:
    await _is_found(make_peer(baud), baud)


@pytest.mark.parametrize("baud", [115200, 250000, 57600])
async def test_speed_is_found_amid_silence(make_peer: MakePeer, monkeypatch: pytest.MonkeyPatch, baud: int) -> None:
    monkeypatch.setattr(baud_detection, "FIRST_SECONDS", baud_detection.TRY_SECONDS)
    await _is_found(make_peer(baud, answers_noise=False), baud)


async def _is_found(peer: SpeedPeer, baud: int) -> None:
    assert (await detected(peer))[0] == baud
    assert peer.speeds == list(SPEEDS[: SPEEDS.index(baud) + 1])
    assert peer.host_speed() == baud


async def test_only_what_executes_nothing_is_sent(make_peer: MakePeer, hasty: None) -> None:
    peer = make_peer(500000)
    await detected(peer)
    assert bytes(peer.received) == b"\nN9999999 M105*46\n"
    assert peer.printer.ledger.lines == []


async def test_board_that_boots_during_the_first_round_is_found_in_a_later_one(
    make_peer: MakePeer, hasty: None
) -> None:
    peer = make_peer(115200, boots_in=0.3)
    assert (await detected(peer))[0] == 115200
    assert len(peer.speeds) > 1


async def test_busy_printer_names_itself_at_the_first_speed_before_another_is_tried(make_peer: MakePeer) -> None:
    peer = make_peer(115200, boots_in=60.0)
    asyncio.get_running_loop().call_later(0.7, peer.say, b"echo:busy: processing\n")
    assert (await detected(peer))[0] == 115200
    assert peer.speeds == [115200]


async def test_speed_that_worked_last_is_tried_first(make_peer: MakePeer) -> None:
    peer = make_peer(9600)
    assert (await detected(peer, speeds=(9600, 115200)))[0] == 9600
    assert peer.speeds == [9600]


async def test_silence_at_all_speeds_is_told_as_silence(make_peer: MakePeer, hasty: None) -> None:
    peer = make_peer(None)
    with pytest.raises(PrinterSilent, match="any of 9 speeds") as caught:
        await detected(peer)
    assert [tried["baud"] for tried in caught.value.details["tried"]] == list(SPEEDS)
    assert {tried["saw"] for tried in caught.value.details["tried"]} == {"nothing"}


async def test_noise_at_all_speeds_is_told_with_what_each_showed(make_peer: MakePeer, hasty: None) -> None:
    peer = make_peer(74880)
    with pytest.raises(PrinterGarbled, match=r"at 115200: .* % of them printable") as caught:
        await detected(peer)
    assert "baud" in str(caught.value)
    shares = [tried["printable_percent"] for tried in caught.value.details["tried"]]
    assert len(shares) == 9
    assert max(shares) < 70


async def test_impatience_bounds_the_search(make_peer: MakePeer) -> None:
    peer = make_peer(None)
    began = asyncio.get_running_loop().time()
    with pytest.raises(PrinterSilent):
        await detected(peer, patience_seconds=0.5)
    assert 0.4 < asyncio.get_running_loop().time() - began < 2.0


async def test_port_that_vanishes_is_told_at_once(make_peer: MakePeer) -> None:
    peer = SpeedPeer(None)
    asyncio.get_running_loop().call_later(0.1, peer.close)
    with pytest.raises(LinkLost):
        await detected(peer)


async def test_speed_that_the_port_refuses_is_passed_over(
    make_peer: MakePeer, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SerialWire.change_speed

    async def picky(wire: SerialWire, baud: int) -> None:
        if baud != 57600:
            raise PortUnusable(f"no {baud}")
        await real(wire, baud)

    monkeypatch.setattr(SerialWire, "change_speed", picky)
    assert (await detected(make_peer(57600)))[0] == 57600
    with pytest.raises(PortUnusable, match="no 9600"):
        await detected(make_peer(57600), speeds=(115200, 9600))


def test_whole_search_stays_below_its_limit_and_every_speed_gets_three_tries() -> None:
    tries = list(schedule(SPEEDS, PATIENCE_SECONDS))
    assert 13.0 < sum(seconds for _, seconds, _ in tries) < PATIENCE_SECONDS - 0.3
    assert all(sum(baud == tried for tried, _, _ in tries) == 3 for baud in SPEEDS)
    assert tries[0][1] > 2.0
    assert [baud for baud, _, is_left in tries if is_left] == list(SPEEDS)


def test_less_patience_shortens_every_try_and_more_lengthens_none() -> None:
    assert sum(seconds for _, seconds, _ in schedule(SPEEDS, 7.5)) < 7.5
    assert list(schedule(SPEEDS, 300.0)) == list(schedule(SPEEDS, PATIENCE_SECONDS))


def test_bootloader_is_named_in_the_failure() -> None:
    error = failure({115200: score(b"Bootloader>"), 250000: score(b"")}, "/dev/x")
    assert isinstance(error, PrinterGarbled)
    assert 'a bootloader: "Bootloader>"; at the others nothing' in str(error)
    assert "reset the board" in str(error)
