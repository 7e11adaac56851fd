"""A Unix socket through which a script plays the person at the printer: a JSON object a line, an answer a line.

``{"do": "pull_cable"}`` is answered ``{"ok": true}``; what tells something, such as ``state``, has it as ``result``; what
cannot be done is answered ``{"ok": false, "error": "..."}``. Where several printers run, ``"printer"`` names one by its
port's last name or its number from 0; without it the first is meant.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydrogen_simulators.action import ActionRefused, Deed, read_action

LONGEST_REQUEST_BYTES = 65_536
"""A longer line is no request: the connection ends."""

ANSWER_SECONDS = 10.0
"""A printer that has not obeyed after this time has ended, or is a bug."""


class ControlRefused(OSError):
    """The socket cannot be made, or nobody listens there."""


class Puppet:
    """A printer whose loop runs in another thread. ``do`` lets that loop call something; ``stage`` is what actions get."""

    def __init__(self, name: str, do: Callable[[Callable[[], None]], None], stage: Any) -> None:
        self.name = name
        self._do = do
        self._stage = stage

    def perform(self, deed: Deed) -> object:
        """Do it in the printer's own thread and return what it tells; raises ActionRefused."""
        done = threading.Event()
        told: list[object] = []
        refusals: list[str] = []

        def act() -> None:
            try:
                told.append(deed(self._stage))
            except ActionRefused as refusal:
                refusals.append(str(refusal))
            done.set()

        self._do(act)
        if not done.wait(ANSWER_SECONDS):
            raise ActionRefused(f"the printer {self.name} does not answer")
        if refusals:
            raise ActionRefused(refusals[0])
        return told[0]


class ControlSocket:
    """Listens in threads of its own; ``close`` may be called twice."""

    def __init__(self, path: Path, puppets: Sequence[Puppet]) -> None:
        """Make the socket; one that nobody listens on any more is replaced. Raises ControlRefused."""
        self.path = path
        self._puppets = tuple(puppets)
        self._listener: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if path.is_socket():
                path.unlink()
            self._listener.bind(str(path))
            os.chmod(path, 0o600)  # noqa: PTH101
            self._listener.listen(8)
        except OSError as error:
            self._listener.close()
            raise ControlRefused(f"{path} cannot be made: {error.strerror or error}") from error
        threading.Thread(target=self._serve, name="control socket", daemon=True).start()

    def close(self) -> None:
        """Stop listening, remove the socket; connections end with the process."""
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        self.path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while (listener := self._listener) is not None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer_all, args=(connection,), name="control", daemon=True).start()

    def _answer_all(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream, contextlib.suppress(OSError):
            while line := stream.readline(LONGEST_REQUEST_BYTES):
                if not line.endswith(b"\n"):
                    return
                stream.write(json.dumps(answer_to(line, self._puppets)).encode() + b"\n")
                stream.flush()


def answer_to(line: bytes, puppets: Sequence[Puppet]) -> dict[str, object]:
    """Obey one request."""
    try:
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ActionRefused('a request is a JSON object, such as {"do": "state"}')
        puppet = _puppet_for(record, puppets)
        result = puppet.perform(read_action({key: value for key, value in record.items() if key != "printer"}))
    except ValueError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True} if result is None else {"ok": True, "result": result}


def _puppet_for(record: Mapping[str, Any], puppets: Sequence[Puppet]) -> Puppet:
    wanted = record.get("printer", 0)
    for number, puppet in enumerate(puppets):
        if wanted in (number, puppet.name, Path(puppet.name).name):
            return puppet
    raise ActionRefused(f"no printer {wanted!r}: there are {', '.join(puppet.name for puppet in puppets)}")


def ask(path: Path, record: Mapping[str, object]) -> dict[str, Any]:
    """Send one request to a simulator's control socket and return its answer; raises ControlRefused."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2 * ANSWER_SECONDS)
            connection.connect(str(path))
            with connection.makefile("rwb") as stream:
                stream.write(json.dumps(record).encode() + b"\n")
                stream.flush()
                answer = json.loads(stream.readline() or b"{}")
    except (OSError, ValueError) as error:
        raise ControlRefused(f"no simulator answers at {path}: {error}") from error
    return dict(answer)
