"""Stands in for the service manager: a datagram socket where NOTIFY_SOCKET says."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path


class ListeningManager:
    """`with ListeningManager(folder) as manager`; `heard` tells what has come so far."""

    def __init__(self, folder: Path, *, is_abstract: bool = False) -> None:
        self.address = f"@hydrogen-test-{secrets.token_hex(8)}" if is_abstract else str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if is_abstract else self.address)
        self._socket.setblocking(False)
        self._heard: list[dict[str, str]] = []

    def heard(self) -> list[dict[str, str]]:
        """Every message since the beginning, as its `KEY=value` lines."""
        while True:
            try:
                message = self._socket.recv(65_536).decode()
            except BlockingIOError:
                return self._heard
            self._heard.append(dict(line.partition("=")[::2] for line in message.split("\n")))

    def has_heard(self, key: str, value: str = "1") -> bool:
        return any(message.get(key) == value for message in self.heard())

    def __enter__(self) -> ListeningManager:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
