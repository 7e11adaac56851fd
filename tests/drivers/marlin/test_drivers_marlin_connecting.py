"""Connecting over a real pty, from the closed port to a printer that takes commands, or to words that say why not."""

from __future__ import annotations

import asyncio
import fcntl
import termios
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from hydrogen.errors import DeviceError, PortBusy, PrinterBusy, PrinterGarbled, PrinterSilent
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.meatpack import TURN_ON
from hydrogen_drivers.marlin import baud_detection, handshake
from hydrogen_drivers.marlin.baud_detection import SPEEDS
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver
from hydrogen_drivers.transports import serial_port
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.connection_listener import RememberingJournal, RememberingListener
from tests.support.speed_peer import SpeedPeer
from tests.support.waiting import wait_until

MakePeer = Callable[..., SpeedPeer]

MODEM_REQUESTS = (termios.TIOCMBIS, termios.TIOCMBIC, termios.TIOCMSET)


@pytest.fixture
async def make_peer() -> AsyncIterator[MakePeer]:
    peers: list[SpeedPeer] = []

    def make(baud: int | None, **more: Any) -> SpeedPeer:
        peers.append(SpeedPeer(baud, **more))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pty answers within a millisecond; what is waited for elsewhere is scaled down for the tests."""
    monkeypatch.setattr(baud_detection, "FIRST_SECONDS", 0.2)
    monkeypatch.setattr(baud_detection, "TRY_SECONDS", 0.05)
    monkeypatch.setattr(baud_detection, "LAST_TRY_SECONDS", 0.05)
    monkeypatch.setattr(baud_detection, "SHORTEST_TRY_SECONDS", 0.02)


@pytest.fixture
def patient(hasty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As much time for an answer as in life, but for the first try: a busy machine needs it for the printer's part too."""
    monkeypatch.undo()
    monkeypatch.setattr(baud_detection, "FIRST_SECONDS", baud_detection.TRY_SECONDS)


def driver(peer: SpeedPeer, **more: Any) -> MarlinDriver:
    settings = {
        "port": peer.path,
        "baud": "auto",
        "connect_timeout_seconds": 0.6,
        "temperature_interval_seconds": 1,
        "receive_buffer_bytes": 0,
        **more,
    }
    return MarlinDriver(settings)


async def connected(marlin: MarlinDriver) -> MarlinConnection:
    return await marlin.connect(RememberingListener(), RememberingJournal())


async def refused(marlin: MarlinDriver) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        await connected(marlin)
    return caught.value


class ModemLines:
    """What an adapter's driver would be asked to do with DTR and RTS; a pty has none. `on_rise` runs when they rise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, on_rise: Callable[[], None]) -> None:
        self.requests: list[int] = []
        self._on_rise = on_rise
        self._real = fcntl.ioctl
        monkeypatch.setattr(fcntl, "ioctl", self._ioctl)

    def _ioctl(self, descriptor: int, request: int, argument: Any = 0, mutate: bool = True) -> Any:
        if request not in MODEM_REQUESTS:
            return self._real(descriptor, request, argument, mutate)
        self.requests.append(request)
        if request == termios.TIOCMBIS:
            self._on_rise()
        return 0


# ------------------------------------------------------------------------------------------------------------- speed


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("answers_noise", [True, False], ids=["noise at wrong speeds", "silence at wrong speeds"])
@pytest.mark.parametrize("baud", [115200, 250000, 57600])
async def test_speed_is_found_on_the_open_port_and_the_printer_names_itself(
    make_peer: MakePeer, baud: int, answers_noise: bool
) -> None:
    peer = make_peer(baud, answers_noise=answers_noise)
    connection = await connected(driver(peer, connect_timeout_seconds=15.0))
    assert connection.baud == baud == peer.host_speed()
    assert connection.firmware.name.startswith("Marlin")
    assert peer.speeds == list(SPEEDS[: SPEEDS.index(baud) + 1])
    await connection.close()


@pytest.mark.usefixtures("patient")
async def test_speed_that_worked_is_the_first_one_the_next_time(make_peer: MakePeer) -> None:
    peer = make_peer(38400)
    marlin = driver(peer, connect_timeout_seconds=15.0)
    await (await connected(marlin)).close()
    peer.speeds.clear()
    connection = await connected(marlin)
    assert peer.speeds == [38400]
    await connection.close()


async def test_configured_speed_is_the_only_one_and_its_failure_names_it(make_peer: MakePeer) -> None:
    peer = make_peer(250000)
    error = await refused(driver(peer, baud=115200))
    assert isinstance(error, PrinterGarbled)
    assert "% of them printable" in str(error)
    assert 'baud = "auto"' in str(error)
    assert error.details["baud"] == 115200
    assert error.details["printable_percent"] < 70
    assert peer.speeds == [115200]


# ------------------------------------------------------------------------------------------------------------ resets


async def test_board_is_not_reset_and_will_not_be_when_the_port_is_closed(
    make_peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = make_peer(250000)
    lines = ModemLines(monkeypatch, lambda: None)
    connection = await connected(driver(peer))
    assert termios.tcgetattr(peer.slave)[2] & termios.HUPCL == 0
    await connection.close()
    assert lines.requests == []
    assert peer.printer.ledger.counts["resets"] == 0


async def test_board_is_reset_where_that_is_wished_and_its_greeting_is_heard(
    make_peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_port, "RESET_PULSE_SECONDS", 0.02)
    peer = make_peer(115200)

    def boot() -> None:
        peer.printer.reset(asyncio.get_running_loop().time())
        peer.say(peer.printer.data_to_send())

    lines = ModemLines(monkeypatch, boot)
    connection = await connected(driver(peer, baud=115200, reset_on_connect=True))
    assert lines.requests == [termios.TIOCMBIC, termios.TIOCMBIS]
    assert peer.printer.ledger.counts["resets"] == 1
    assert connection.firmware.name.startswith("Marlin")
    await connection.close()


async def test_board_that_says_nothing_after_its_reset_is_asked_all_the_same(
    make_peer: MakePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_port, "RESET_PULSE_SECONDS", 0.02)
    monkeypatch.setattr(handshake, "GREETING_SECONDS", 0.05)
    ModemLines(monkeypatch, lambda: None)
    connection = await connected(driver(make_peer(250000), reset_on_connect=True))
    assert connection.baud == 250000
    await connection.close()


# ------------------------------------------------------------------------------------------------------ what was seen


async def test_second_owner_is_refused_while_the_first_goes_on(make_peer: MakePeer) -> None:
    peer = make_peer(115200)
    connection = await connected(driver(peer))
    assert isinstance(await refused(driver(peer)), PortBusy)
    assert (await connection.send_gcode(["M114"]))[0].startswith("X:")
    await connection.close()


async def test_silence_is_told_as_silence(make_peer: MakePeer) -> None:
    error = await refused(driver(make_peer(None), baud=115200))
    assert isinstance(error, PrinterSilent)
    assert "no byte came" in str(error)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"Espresso or Lungo?\r\n", '"Espresso or Lungo?"'),
        (b"Explorer stk500V2 by MLS\r\nBootloader>", 'a bootloader answers instead of a firmware ("Bootloader>")'),
    ],
    ids=["text", "bootloader"],
)
async def test_strangers_are_quoted(make_peer: MakePeer, said: bytes, words: str) -> None:
    peer = make_peer(None)
    asyncio.get_running_loop().call_later(0.2, peer.say, said)
    error = await refused(driver(peer, baud=115200))
    assert isinstance(error, PrinterGarbled)
    assert words in str(error)


async def test_printer_that_talks_but_hears_nothing_is_told_from_a_silent_one(make_peer: MakePeer) -> None:
    peer = make_peer(None)
    asyncio.get_running_loop().call_later(0.2, peer.say, b"echo:busy: paused for user\n")
    error = await refused(driver(peer, baud=115200))
    assert isinstance(error, PrinterBusy)
    assert "paused for user" in str(error)


@pytest.mark.parametrize("baud", ["auto", 115200])
async def test_print_from_the_card_goes_on_and_is_told_with_its_progress(make_peer: MakePeer, baud: int | str) -> None:
    file = b"G1 X1 F6000\nG1 X0\n" * 200
    settings = MarlinSettings(greets_on_power=False, card={"owner.gco": file})
    peer = make_peer(115200, settings=settings)
    peer.printer.start_card_print("owner.gco", asyncio.get_running_loop().time())
    error = await refused(driver(peer, baud=baud, connect_timeout_seconds=5.0))
    assert isinstance(error, PrinterBusy)
    assert error.details["byte_total"] == len(file)
    assert 0 < error.details["byte_done"] < len(file)
    assert set(bytes(peer.received).splitlines()) <= {b"", PROBE.rstrip(), b"M27"}
    before = len(peer.printer.ledger.card_lines)
    await wait_until(lambda: len(peer.printer.ledger.card_lines) > before)
    assert peer.printer.is_printing_card
    assert peer.speeds == [115200]


@pytest.mark.parametrize("baud", ["auto", 115200])
async def test_printer_that_a_dead_host_left_unpacking_is_found_again(make_peer: MakePeer, baud: str | int) -> None:
    kind = MarlinSettings(instant_motion=True, instant_heating=True, greets_on_power=False, meatpack=True)
    peer = make_peer(115200, settings=kind)
    peer.printer.receive(TURN_ON, asyncio.get_running_loop().time())
    peer.printer.data_to_send()
    assert peer.printer.is_unpacking
    connection = await connected(driver(peer, baud=baud, connect_timeout_seconds=3.0))
    assert not peer.printer.is_unpacking
    assert connection.firmware.dialect == "marlin"
    await connection.close()
