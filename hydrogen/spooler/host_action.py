"""Host action commands: `//action:pause` and its kin, by which a firmware speaks to its host.

Sources: Marlin `host_actions.cpp` and `runout.cpp` (`paused filament_runout T0`), transcripts in `facts/marlin.md` (M76, M600,
M0, M24). A printer's wish to resume or to cancel is a person's wish at its buttons, so it is obeyed like one.

`pause` asks the host to pause; `paused` says that the firmware has done so, and will park, wait and go on by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hydrogen.core.log import Log
from hydrogen.devices.driver import PERSON_AWAITED
from hydrogen.spooler.prompt import Prompts

ACTOR = "printer"
"""Who acts when the firmware asks."""

_RUNOUT = ("filament_runout", "out_of_filament")


class JobControl(Protocol):
    """The job that runs, as far as a firmware may steer it. Each does nothing when it does not fit the job's state."""

    def printer_paused(self, reason: str, *, is_its_own: bool) -> None: ...

    def printer_resumed(self) -> None: ...

    def printer_cancelled(self) -> None: ...


class HostActions:
    """Turns actions into job control and prompts; what is unknown is logged."""

    def __init__(self, control: JobControl, prompts: Prompts, log: Log) -> None:
        self._control = control
        self._log = log
        self._steps: dict[str, Callable[[str], None]] = {
            "pause": lambda text: self._paused(text, is_its_own=False),
            "paused": lambda text: self._paused(text, is_its_own=True),
            **{word: lambda text: self._paused(f"filament_runout {text}", is_its_own=False) for word in _RUNOUT},
            "resume": lambda _: control.printer_resumed(),
            "resumed": lambda _: control.printer_resumed(),
            "cancel": lambda _: control.printer_cancelled(),
            "prompt_begin": prompts.begin,
            "prompt_button": prompts.name_button,
            "prompt_choice": prompts.name_button,
            "prompt_show": lambda _: prompts.show(),
            "prompt_end": lambda _: prompts.end(),
            PERSON_AWAITED: lambda _: prompts.on_person_awaited(),
        }

    def handle(self, action: str, text: str) -> None:
        """One action command, in the order the firmware sent them. Older firmwares write `pause: filament_runout`."""
        step = self._steps.get(action.rstrip(":"))
        if step is None:
            self._log.info("printer action ignored", action=action[:40], text=text[:200])
        else:
            step(text)

    def _paused(self, text: str, *, is_its_own: bool) -> None:
        word, _, tool = text.strip().partition(" ")
        if word in _RUNOUT:
            reason = f"the printer is out of filament{f' ({tool.strip()[:40]})' if tool.strip() else ''}"
        else:
            reason = "the printer has paused by itself" if is_its_own else "the printer asked for a pause"
        self._control.printer_paused(reason, is_its_own=is_its_own)
