"""A conversation with a virtual Marlin in memory, and the fixtures of the package."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import pytest

from hydrogen_simulators.firmware.marlin import MarlinSettings, VirtualMarlin
from hydrogen_simulators.personas import persona_named


def numbered(number: int, command: str) -> str:
    """A line with number and checksum, and its newline."""
    body = f"N{number} {command}"
    return f"{body}*{reduce(xor, body.encode('latin-1'), 0)}\n"


class Conversation:
    """A printer in memory and its time; what it says is returned by whatever made it say it."""

    def __init__(self, **settings: Any) -> None:
        self.printer = VirtualMarlin(MarlinSettings(**{"ambient_celsius": 19.38} | settings), seed=7)
        self.now = 0.0

    def send(self, *lines: str) -> str:
        """Send all lines in one burst; a newline is added where it is missing."""
        text = "".join(line if line.endswith(("\n", "\r")) else line + "\n" for line in lines)
        return self.send_bytes(text.encode("latin-1"))

    def send_bytes(self, data: bytes) -> str:
        self.printer.receive(data, self.now)
        return self.heard()

    def wait(self, seconds: float) -> str:
        self.now += seconds
        self.printer.handle_deadline(self.now)
        return self.heard()

    def heard(self) -> str:
        return self.printer.data_to_send().decode("latin-1")

    def count_to(self, number: int) -> None:
        """Make ``number`` the last accepted line."""
        self.send(f"M110 N{number}")

    def home(self) -> None:
        self.send("G28")
        self.wait(60)


class PersonaConversation(Conversation):
    """A conversation with a persona, whose settings may be changed; the greeting was said and is kept."""

    def __init__(self, name: str, **changes: Any) -> None:
        settings = replace(persona_named(name).settings, **{"ambient_celsius": 19.38} | changes)
        self.printer = VirtualMarlin(settings, seed=7)
        self.now = 0.0
        self.printer.power_on(0.0)
        self.greeting = self.heard()


class Host:
    """A host in the test: a file descriptor and patience with a deadline."""

    def __init__(self, link: Path) -> None:
        self.fd = os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.heard = b""

    def write(self, text: str) -> None:
        os.write(self.fd, text.encode("latin-1"))

    def read_until(self, wanted: str, seconds: float = 20.0) -> str:
        """Everything up to and with ``wanted``; what follows is kept."""
        needle = wanted.encode("latin-1")
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        while needle not in self.heard:
            left = deadline - time.monotonic()
            assert left > 0, f"did not hear {wanted!r} in {seconds} s, but {self.heard!r}"
            poll.poll(left * 1000)
            try:
                self.heard += os.read(self.fd, 4096)
            except BlockingIOError:
                continue
        end = self.heard.index(needle) + len(needle)
        found, self.heard = self.heard[:end], self.heard[end:]
        return found.decode("latin-1")

    def wait_for_hang_up(self, seconds: float = 20.0) -> bool:
        """True once the other end is gone."""
        poll = select.poll()
        poll.register(self.fd, 0)
        return any(events & select.POLLHUP for _, events in poll.poll(seconds * 1000))

    def ask(self, line: str, until: str = "ok") -> str:
        """Send one line, return the answer up to and with its ok line."""
        self.write(line + "\n")
        return self.read_until(until) + self.read_until("\n")

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@pytest.fixture
def talk() -> Callable[..., Conversation]:
    return Conversation


@pytest.fixture
def talk_to() -> Callable[..., PersonaConversation]:
    return PersonaConversation


@pytest.fixture
def line() -> Callable[[int, str], str]:
    return numbered


@pytest.fixture
def open_host() -> Iterator[Callable[[Path], Host]]:
    hosts: list[Host] = []

    def open_port(link: Path) -> Host:
        hosts.append(Host(link))
        return hosts[-1]

    yield open_port
    for host in hosts:
        host.close()
