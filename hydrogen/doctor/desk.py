"""Brings the evidence together: what was noted, what is so now, what the kernel and the machine say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.doctor.diagnosis import Diagnosis, diagnose
from hydrogen.doctor.evidence import Evidence, PortFacts
from hydrogen.doctor.kernel_log import KernelMessage
from hydrogen.doctor.notebook import Notebook
from hydrogen.doctor.surroundings import Surroundings
from hydrogen.model.printer import PrinterState


@dataclass(frozen=True, slots=True)
class _Look:
    """What a thread has found."""

    kernel: tuple[KernelMessage, ...] | None
    programs: frozenset[str] | None
    ports: dict[str, PortFacts | None]


class DoctorDesk:
    """Belongs to one event loop."""

    def __init__(
        self,
        *,
        context: Context,
        notebook: Notebook,
        clock: Clock,
        read_kernel: Callable[[], tuple[KernelMessage, ...] | None],
        surroundings: Surroundings | None = None,
    ) -> None:
        """read_kernel: may block."""
        self._context = context
        self._notebook = notebook
        self._clock = clock
        self._read_kernel = read_kernel
        self._surroundings = surroundings or Surroundings()
        self._turn = asyncio.Lock()

    async def diagnose(self, printers: tuple[str, ...]) -> tuple[Diagnosis, ...]:
        """One for each. Looking takes some hundredths of a second, in a thread; one at a time."""
        states = {name: self._context.state.printers.get(name, PrinterState()) for name in printers}
        async with self._turn:
            look = await asyncio.to_thread(self._look, {state.port for state in states.values()})
        return tuple(diagnose(self._evidence(name, state, look)) for name, state in states.items())

    def _look(self, ports: set[str]) -> _Look:
        around = self._surroundings
        return _Look(self._read_kernel(), around.programs(), {port: around.port(port) for port in ports})

    def _evidence(self, name: str, state: PrinterState, look: _Look) -> Evidence:
        notes, now = self._notebook.of(name), self._clock.wall()
        return Evidence(
            printer=name,
            now=now,
            port=state.port,
            status=state.status,
            link=notes.link(now),
            incidents=tuple(notes.incidents),
            switchings=tuple(notes.switchings),
            kernel=look.kernel,
            host=self._context.state.host,
            host_troubles=self._notebook.troubles,
            port_facts=look.ports.get(state.port),
            programs=look.programs,
        )
