"""A running Hydrogen for a test: a process of its own, reached by its command line and its ports as anybody reaches it.

Nothing of the host's code is imported here: what works through this class works for a program in any language.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Container, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
"""Generous: a busy machine that runs tests may be slow. A service is usually there within a second."""

IDLE_SECONDS = 30.0
"""For the printer to be connected, identified and tried out."""

STOP_SECONDS = 15.0
"""The service promises ten."""

ANSWER_SECONDS = 20.0
"""For an answer over HTTP; the first one waits until the libraries of that port are loaded."""

COMMAND_SECONDS = 120.0
"""For a command of the command line, printing with ``--wait`` included."""

LOOK_SECONDS = 0.05
"""Between two looks at what another process does."""

ASK_SECONDS = 0.2
"""Between two questions over HTTP: well below what the service allows, whatever else the test asks."""


class ServiceFailed(RuntimeError):
    """The service did not do what a test relies on; the message ends with its log."""


class HydrogenService:
    """A service with its own folders, one key, and one printer for each port given; ``stop`` may be called twice.

    ``url`` is its WebSocket, ``http_url`` its HTTP port, ``key`` opens both. ``files`` is the folder of printable files.
    Spoolers end with the service: nothing of it is left behind. With ``own_spoolers=False`` they outlive it, as in a real
    house, and ``clean_up`` ends them.
    """

    def __init__(
        self,
        folder: Path,
        ports: Mapping[str, str],
        sections: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
        own_spoolers: bool = True,
    ) -> None:
        """``ports``: the port of each printer by name. ``sections``: further TOML tables by name (``printers.NAME.heat``)."""
        self.folder = folder
        self.key = key or secrets.token_urlsafe(16)
        self.data_dir, self.runtime_dir = folder / "data", folder / "run"
        self.files = self.data_dir / "files"
        self.config = folder / "hydrogen.toml"
        self.log_file = folder / "service.log"
        self._own_spoolers = own_spoolers
        self._record: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(self._toml(ports, sections or {}), encoding="utf-8")

    def start(self) -> None:
        """Return when it takes connections; raises ServiceFailed."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.arguments(*(["--own-spoolers"] if self._own_spoolers else []))],
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

    def arguments(self, *more: str) -> list[str]:
        """What a Python is told so that it is this service."""
        return ["-m", "hydrogen", "serve", "--config", str(self.config), *more]

    def stop(self) -> int | None:
        """End it as a service manager does; its exit code. A service that hangs is killed, with its spoolers."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.clean_up()
            raise ServiceFailed(f"the service did not end in {STOP_SECONDS:g} s:\n{self.log[-2000:]}") from None

    def kill(self) -> None:
        """Let it die without a word (SIGKILL), as a machine's lack of memory does; ``start`` brings up the next one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def spooler_pid(self, printer: str) -> int | None:
        """The process that holds the printer's lock; None: there is none."""
        with suppress(OSError, ValueError):
            pid = int((self.runtime_dir / f"{printer}.lock").read_text(encoding="ascii").strip() or 0)
            if pid in self.spooler_pids():
                return pid
        return None

    def spooler_pids(self, strangers: Container[int] = ()) -> list[int]:
        """Every spooler of this folder, also one that has no lock yet, or none any more; ``strangers`` are not looked at."""
        return [pid for pid in processes() if pid not in strangers and self._is_spooler(pid)]

    def clean_up(self) -> None:
        """Kill every process of this folder that is left: the service, and its spoolers."""
        self.kill()
        for _ in range(3):  # one that was being launched may fork once more under our eyes
            for pid in self.spooler_pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(LOOK_SECONDS)

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
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

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
        """The state of every printer by name, as ``GET /api/printers`` tells it; raises ServiceFailed."""
        request = urllib.request.Request(self.http_url + "/api/printers", headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)["printers"]
        except (OSError, ValueError, KeyError) as error:
            raise ServiceFailed(f"the service does not tell its printers: {error}\n{self.log[-2000:]}") from error
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
            time.sleep(ASK_SECONDS)

    def _is_spooler(self, pid: int) -> bool:
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return b"hydrogen.spooler_process" in words and str(self.runtime_dir).encode() in words
        return False

    def _is_up(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            record = json.loads((self.runtime_dir / "hydrogen.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        self._record = record
        return bool(record.get("pid") == process.pid)

    def _toml(self, ports: Mapping[str, str], sections: Mapping[str, str]) -> str:
        folders = f'data_dir = "{self.data_dir}"\nruntime_dir = "{self.runtime_dir}"'
        tables = {
            "server": f'environment = "development"\n{folders}',
            "websocket": 'host = "127.0.0.1"\nport = 0',
            "web": 'host = "127.0.0.1"\nport = 0',
            "auth": f'keys = ["{self.key}"]',
            **{f"printers.{name}": f'driver = "marlin"\nport = "{port}"' for name, port in ports.items()},
            **sections,
        }
        return "\n".join(f"[{name}]\n{body}" for name, body in tables.items()) + "\n"


def processes() -> list[int]:
    """The process ids of everything that runs."""
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
