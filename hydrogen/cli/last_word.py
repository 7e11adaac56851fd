"""The last word to a printer: M112, said by whoever can open its port, when neither the service nor the spooler answers.

The order matters. The port is opened first, while its holder still has it open: so the kernel raises no DTR (which would reset
many boards, and leave their heaters as they are for seconds), and the speed stays as the holder set it. Then the holder is
killed, so that nothing of it comes behind or between; then the word is written.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import select
import struct
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydrogen.cli.last_word_network import say_over_network
from hydrogen.core.clock import Clock
from hydrogen.devices.port_address import PortAddress, PortKind, parse_port
from hydrogen.devices.port_identity import DeviceTree, resolve_port
from hydrogen.errors import ConfigurationInvalid, DeviceError, PortForbidden, PortMissing, PortUnusable, Unavailable
from hydrogen.gcode.meatpack import TURN_OFF
from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen.spooler.wire.holder import Holder

LAST_WORD = b"\x18\nM112\n" + TURN_OFF + b"\nM112\n"
"""Ctrl-X halts Smoothieware on arrival and is an unknown command elsewhere; the line end ends whatever was half sent. A dead
host may have left the printer unpacking MeatPack: then the first M112 is noise, and the second one is read."""

KILLED_SECONDS = 0.5
"""For the killed holder to be gone; then the word is written whether it is or not."""

WRITE_SECONDS = 0.5
"""A port that takes nothing for so long is held by flow control."""

CONFIRM_SECONDS = 1.0
"""For the firmware to say that it has halted; one that reads M112 in turn says so later, or never."""

_CONFIRMED = (b"kill() called", b"Printer halted", b"M112 Shutdown", b"HALTED", b"Shutdown due to M112")
"""Marlin (twice), its M112, Smoothieware, Klipper."""

_TCGETS2, _TCSETS2 = 0x802C542A, 0x402C542B
_TERMIOS2 = struct.Struct("4I20s2I")
_CBAUD, _BOTHER = 0o010017, 0o010000
"""asm-generic/ioctls.h and termbits.h, as on x86 and ARM: termios2 takes any speed, also 250000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """killed_pid: who held the printer until then. is_confirmed: the firmware said that it has halted."""

    printer: str
    port: str
    killed_pid: int | None
    is_confirmed: bool


def say_last_word(files: RuntimeFiles, clock: Clock, tree: DeviceTree | None = None) -> Spoken:
    """Blocks for two seconds at most, three for a bridge on the network. tree: where devices are; the machine's own.

    Raises ConfigurationInvalid when `NAME.json` cannot be read, PortMissing, PortForbidden, PortUnusable when the port cannot
    be opened (then nobody was killed), DeviceError when it takes no bytes.
    """
    address, baud = _port_of(files)
    if address.is_network:
        killed, is_confirmed = say_over_network(
            address,
            LAST_WORD,
            baud=baud,
            take_from_holder=lambda: _take_from_holder(files),
            is_confirmed=_is_halt,
            clock=clock,
        )
        return Spoken(printer=files.name, port=address.text, killed_pid=killed, is_confirmed=is_confirmed)
    if address.kind is PortKind.VIRTUAL:  # it ends with its holder
        return Spoken(printer=files.name, port=address.text, killed_pid=_take_from_holder(files), is_confirmed=True)
    return _say_to_device(files, resolve_port(address, tree or DeviceTree()), baud, clock)


def _say_to_device(files: RuntimeFiles, port: str, baud: int | None, clock: Clock) -> Spoken:
    descriptor = _open(port)
    try:
        killed = _take_from_holder(files)
        _prepare(descriptor, None if killed is not None else baud)
        termios.tcflush(descriptor, termios.TCIOFLUSH)
        _write(descriptor, port, clock)
        is_confirmed = _is_confirmed(descriptor, clock)
    except (OSError, termios.error) as error:
        raise DeviceError(f"{port} takes no bytes ({error}): cut the printer's power", port=port) from error
    finally:
        os.close(descriptor)
    return Spoken(printer=files.name, port=port, killed_pid=killed, is_confirmed=is_confirmed)


def _port_of(files: RuntimeFiles) -> tuple[PortAddress, int | None]:
    try:
        body = json.loads(files.settings.read_bytes())
        settings: Mapping[str, Any] = body["settings"]
        port, baud = str(settings["port"]), settings.get("baud")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationInvalid(f"{files.settings} does not tell the port of {files.name}: {error!r}") from error
    try:
        address = parse_port(port)
    except ValueError as error:
        raise Unavailable(f"{port} is no port of this machine ({error}): cut the printer's power", port=port) from None
    return address, baud if isinstance(baud, int) else None


def _open(port: str) -> int:
    try:
        return os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
            raise PortMissing(f"there is no port {port}: cut the printer's power", port=port) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise PortForbidden(f"no permission to open {port}: cut the printer's power", port=port) from error
        raise PortUnusable(f"{port} cannot be opened ({error.strerror}): cut the printer's power", port=port) from error


def _take_from_holder(files: RuntimeFiles) -> int | None:
    holder = Holder.find(files)
    if holder is None:
        return None
    with holder:
        holder.kill()
        holder.has_ended(within_seconds=KILLED_SECONDS)
        return holder.pid


def _prepare(descriptor: int, baud: int | None) -> None:
    """Raw, no flow control, closing drops no DTR; the speed only if nobody has set it before us."""
    packed = fcntl.ioctl(descriptor, _TCGETS2, bytes(_TERMIOS2.size))
    _, _, control, _, rest, speed_in, speed_out = _TERMIOS2.unpack(packed)
    control = (control | termios.CS8 | termios.CREAD | termios.CLOCAL) & ~(termios.HUPCL | termios.CRTSCTS)
    if baud is not None:
        control, speed_in, speed_out = (control & ~_CBAUD) | _BOTHER, baud, baud
    fcntl.ioctl(descriptor, _TCSETS2, _TERMIOS2.pack(0, 0, control, 0, rest, speed_in, speed_out))


def _write(descriptor: int, port: str, clock: Clock) -> None:
    left, ends_at = LAST_WORD, clock.monotonic() + WRITE_SECONDS
    while left:
        if not _is_ready(descriptor, select.POLLOUT, ends_at - clock.monotonic()):
            raise DeviceError(f"{port} takes no bytes: cut the printer's power", port=port)
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            continue


def _is_confirmed(descriptor: int, clock: Clock) -> bool:
    heard, ends_at = b"", clock.monotonic() + CONFIRM_SECONDS
    while _is_ready(descriptor, select.POLLIN, ends_at - clock.monotonic()):
        try:
            data = os.read(descriptor, 4096)
        except OSError:
            return False
        heard = (heard + data)[-4096:]
        if not data:
            return False
        if _is_halt(heard):
            return True
    return False


def _is_halt(heard: bytes) -> bool:
    return any(words in heard for words in _CONFIRMED)


def _is_ready(descriptor: int, what: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, what)
    return seconds > 0 and any(events & what for _, events in poll.poll(seconds * 1000))


def printers_in(folder: Path) -> tuple[str, ...]:
    """The printers that a service has prepared in this runtime folder."""
    names = []
    for file in sorted(folder.glob("*.json")):
        try:
            body = json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(body, dict) and "factory" in body and body.get("printer") == file.stem:
            names.append(file.stem)
    return tuple(names)
