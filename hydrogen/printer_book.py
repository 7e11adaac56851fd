"""Adds printers to the configuration that clients ask for, and takes them out: checked first, then written, then begun anew.

Beginning anew in place (SIGHUP) is how every change of the configuration comes into force: prints go on in their own processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hydrogen.config import Configuration, with_added
from hydrogen.config_added import FILE_NAME, MOST_ADDED, Replacement, Tables, read_added
from hydrogen.errors import ConfigurationInvalid, Conflict, HydrogenError, InvalidMessage, NotFound
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State

DISMISS_SECONDS = 10.0
"""For a spooler without a job to turn its heaters off and to end."""


class PrinterBook:
    """Signs PrinterShelf (operations/printer_setup.py). Belongs to one event loop."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        state: Callable[[], State],
        may_restart: Callable[[], object],
        restart: Callable[[], Awaitable[None]],
        dismiss: Callable[[str], Awaitable[None]],
        keeps_changes: bool = True,
    ) -> None:
        """configuration: as it was read for this life. may_restart: reads it anew, and raises HydrogenError for one that would
        not start. restart: begins anew, soon. dismiss: ends a printer's spooler. keeps_changes: False for a house whose data
        folder does not outlive it."""
        self._configuration = configuration
        self._data_dir = configuration.server.data_dir
        self._state = state
        self._may_restart = may_restart
        self._restart = restart
        self._dismiss = dismiss
        self._keeps_changes = keeps_changes
        self._turn = asyncio.Lock()

    async def added(self) -> Tables:
        """See PrinterShelf."""
        return await asyncio.to_thread(read_added, self._data_dir)

    async def add(self, name: str, table: Mapping[str, Any]) -> None:
        """See PrinterShelf."""
        if not self._keeps_changes:
            raise Conflict("this service keeps nothing (hydrogen serve --simulate): start it with `hydrogen serve`")
        async with self._turn:
            before = await self.added()
            if name in before or name in self._configuration.printers:
                raise Conflict(f"there is a printer {name} already: choose another name", printer=name)
            if len(before) >= MOST_ADDED:
                raise Conflict(f"{len(before)} printers were added already, and more are not kept: remove one first")
            replacement = await asyncio.to_thread(self._write, before, {**before, name: table})
            await asyncio.to_thread(replacement.settle)
            await self._restart()

    async def remove(self, name: str) -> None:
        """See PrinterShelf."""
        async with self._turn:
            before = await self.added()
            if name not in before:
                self._refuse_unknown(name)
            _refuse_needed(name, self._state().printers.get(name))
            after = {key: table for key, table in before.items() if key != name}
            replacement = await asyncio.to_thread(self._write, before, after)
            try:
                async with asyncio.timeout(DISMISS_SECONDS):
                    await self._dismiss(name)
            except Conflict:  # a job has begun since we looked
                await asyncio.to_thread(replacement.take_back)
                raise
            except (TimeoutError, HydrogenError):
                pass  # a spooler that is gone, or does not answer, ends by itself when nobody needs it
            await asyncio.to_thread(replacement.settle)
            await self._restart()

    def _refuse_unknown(self, name: str) -> None:
        if name in self._configuration.printers:
            raise Conflict(
                f"{name} is named in the configuration's own file: take it out there, then restart", printer=name
            )
        raise NotFound(f"no printer {name[:40]!r} was added", printer=name[:40])

    def _write(self, before: Tables, after: Tables) -> Replacement:
        """All or nothing: what is returned can still be taken back. Blocks."""
        source = str(self._data_dir / FILE_NAME)
        base = self._configuration.model_copy(
            update={"printers": {name: one for name, one in self._configuration.printers.items() if name not in before}}
        )
        try:
            with_added(base, after, source)
        except ConfigurationInvalid as error:
            raise InvalidMessage(str(error).removeprefix(f"{source}: "), **error.details) from None
        replacement = Replacement(self._data_dir, after)
        try:
            self._may_restart()
        except HydrogenError as error:
            replacement.take_back()
            raise Conflict(f"the service could not begin anew, so nothing was changed: {error}") from error
        return replacement


def _refuse_needed(name: str, printer: PrinterState | None) -> None:
    if printer is not None and printer.job is not None:
        raise Conflict(f"{name} has a job: cancel it first", printer=name)
    if printer is not None and printer.recoverable is not None:
        raise Conflict(f"{name} has a print that can be recovered: recover it or give it up first", printer=name)
