"""Spoolers of printers that are ours no more: taken out of the configuration by hand while their process lives.

It would hold the port for its five minutes alone, and a printer that was only given another name could not be reached. So at
every start whoever holds a lock in our runtime folder and belongs to no printer of ours is asked to end, heaters off. One with
a job is left alone: a print that was started is finished. No other service shares the folder (runtime.py), so nobody else waits
for it. One that a unit of systemd has started is asked as well: it ends as it does with the service, and its socket starts it
again only when somebody calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path

from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import Conflict, HydrogenError
from hydrogen.fleet.runtime import LOCK_FILE
from hydrogen.model.ids import is_printer_name
from hydrogen.spooler.port import DeafListener, SpoolerPort
from hydrogen.spooler.request import StopSpooler
from hydrogen.spooler.wire.holder import is_held

ASK_SECONDS = 20.0
"""For its answer, its heaters and its end (it promises 8 s); one whose heart has stopped is known by then."""


class LeftSpoolers(Service):
    """Looks once, at the start."""

    name = "left spoolers"

    def __init__(
        self, folder: Path, *, printers: Collection[str], make_port: Callable[[str], SpoolerPort], log: Log
    ) -> None:
        """make_port: the door of a spooler that runs; it must start none."""
        self._folder = folder
        self._printers = frozenset(printers)
        self._make_port = make_port
        self._log = log

    async def run(self) -> None:
        """Returns when each of them has ended, or was let go."""
        names = await asyncio.to_thread(self._find)
        await asyncio.gather(*(self._ask_to_end(name) for name in names))

    def _find(self) -> list[str]:
        """Whose spooler runs, and is none of ours."""
        locks = sorted(path for path in self._folder.glob("*.lock") if path.name != LOCK_FILE)
        names = [path.stem for path in locks if is_printer_name(path.stem) and path.stem not in self._printers]
        return [name for name in names if is_held(self._folder / f"{name}.lock")]

    async def _ask_to_end(self, name: str) -> None:
        port, farewell = self._make_port(name), _Farewell()
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await port.attach(farewell)
                await port.request(StopSpooler(actor="service", only_if_idle=True))
                await farewell.is_gone.wait()
        except Conflict:
            what_to_do = f"put [printers.{name}] back to control its job; 5 min behind it the spooler ends by itself"
            self._log.warning("printer not configured, but printing", printer=name, what_to_do=what_to_do)
        except (TimeoutError, HydrogenError) as error:
            if farewell.is_gone.is_set():
                return
            reason = str(error) or f"no end within {ASK_SECONDS:g} s"
            self._log.warning(
                "spooler of no configured printer left", printer=name, reason=reason, what_to_do="hydrogen stop --all"
            )
        else:
            self._log.info("spooler of no configured printer ended", printer=name)
        finally:
            await port.detach()


class _Farewell(DeafListener):
    """Hears only the end."""

    def __init__(self) -> None:
        self.is_gone = asyncio.Event()

    def on_detached(self, reason: str) -> None:
        self.is_gone.set()
