"""A running Hydrogen for a test: a process of its own, reached by its command line and its ports as anybody reaches it.

Nothing of the host's code is imported here: what works through this class works for a program in any language.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
"""Generous: a busy machine that runs tests may be slow. A service is usually there within a second."""

IDLE_SECONDS = 30.0
"""For the printer to be connected, identified and tried out."""

STOP_SECONDS = 15.0
"""The service promises ten."""

COMMAND_SECONDS = 120.0
"""For a command of the command line, printing with ``--wait`` included."""

LOOK_SECONDS = 0.05
"""Between two looks at what another process does."""


class ServiceFailed(RuntimeError):
    """The service did not do what a test relies on; the message ends with its log."""


class HydrogenService:
    """A service with its own folders, one key, and one printer for each port given; ``stop`` may be called twice.

    ``url`` is its WebSocket, ``http_url`` its HTTP port, ``key`` opens both. ``files`` is the folder of printable files.
    Spoolers end with the service: nothing of it is left behind.
    """

    def __init__(self, folder: Path, ports: Mapping[str, str], sections: Mapping[str, str] | None = None) -> None:
        """``ports``: the port of each printer by name. ``sections``: further TOML tables by name (``printers.NAME.heat``)."""
        self.folder = folder
        self.key = secrets.token_urlsafe(16)
        self.files = folder / "data" / "files"
        self.config = folder / "hydrogen.toml"
        self._log = folder / "service.log"
        self._record: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.files.mkdir(parents=True, exist_ok=True)
        self.config.write_text(self._toml(ports, sections or {}), encoding="utf-8")

    def start(self) -> None:
        """Return when it takes connections; raises ServiceFailed."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hydrogen", "serve", "--config", str(self.config), "--own-spoolers"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not self._is_up(self._process):
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise ServiceFailed(f"the service did not start:\n{self.log[-2000:]}")
            time.sleep(LOOK_SECONDS)

    def stop(self) -> int | None:
        """End it as a service manager does; its exit code. A service that hangs is killed."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServiceFailed(f"the service did not end in {STOP_SECONDS:g} s:\n{self.log[-2000:]}") from None

    @property
    def url(self) -> str:
        """``ws://127.0.0.1:PORT/``."""
        return f"ws://127.0.0.1:{self._record['websocket_port']}/"

    @property
    def http_url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._record['web_port']}"

    @property
    def headers(self) -> dict[str, str]:
        """What a client shows on either port."""
        return {"Authorization": f"Key {self.key}"}

    @property
    def log(self) -> str:
        """Everything that the service has logged."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def put(self, name: str, text: str) -> Path:
        """Put a printable file into the service's folder."""
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``hydrogen ARGUMENTS`` against this service: ``run("print", "cube.gcode", "--wait")``.

        With ``check`` a command that fails raises ServiceFailed; exit codes are told by ``hydrogen --help``.
        """
        environment = {**os.environ, "HYDROGEN_URL": self.url, "HYDROGEN_API_KEY": self.key}
        done = subprocess.run(
            [sys.executable, "-m", "hydrogen", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        if check and done.returncode:
            raise ServiceFailed(
                f"hydrogen {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def printers(self) -> dict[str, Any]:
        """The state of every printer, as ``hydrogen status --json`` tells it."""
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)["printers"]
        return found

    def await_status(self, status: str, printer: str | None = None) -> None:
        """Return when this printer, or the first one, is ``idle``, ``printing``, ...; raises ServiceFailed."""
        until = time.monotonic() + IDLE_SECONDS
        while True:
            printers = self.printers()
            state = printers.get(printer or next(iter(printers), ""), {})
            if state.get("status") == status:
                return
            if time.monotonic() > until:
                raise ServiceFailed(f"the printer did not become {status}: {state}\n{self.log[-2000:]}")
            time.sleep(LOOK_SECONDS)

    def _is_up(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            record = json.loads((self.folder / "run" / "hydrogen.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        self._record = record
        return bool(record.get("pid") == process.pid)

    def _toml(self, ports: Mapping[str, str], sections: Mapping[str, str]) -> str:
        folders = f'data_dir = "{self.folder / "data"}"\nruntime_dir = "{self.folder / "run"}"'
        tables = {
            "server": f'environment = "development"\n{folders}',
            "websocket": 'host = "127.0.0.1"\nport = 0',
            "web": 'host = "127.0.0.1"\nport = 0',
            "auth": f'keys = ["{self.key}"]',
            **{f"printers.{name}": f'driver = "marlin"\nport = "{port}"' for name, port in ports.items()},
            **sections,
        }
        return "\n".join(f"[{name}]\n{body}" for name, body in tables.items()) + "\n"
