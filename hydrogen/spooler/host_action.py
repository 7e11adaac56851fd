"""Host action commands: `//action:pause` and its kin, by which a firmware speaks to its host.

Sources: Marlin `host_actions.cpp`, transcripts in `facts/marlin.md` (M76, M600, M0, M24). A printer's wish to resume or
to cancel is a person's wish at its buttons, so it is obeyed like one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hydrogen.core.log import Log
from hydrogen.model.events import PrinterPromptClosed, PrinterPromptShown
from hydrogen.spooler.announcer import Announcer

ACTOR = "printer"
"""Who acts when the firmware asks."""

PROMPT_CHARACTERS = 500
"""A prompt's text with its buttons is cut here."""


class JobControl(Protocol):
    """The job that runs, as far as a firmware may steer it. Each does nothing when it does not fit the job's state."""

    def printer_paused(self) -> None: ...

    def printer_resumed(self) -> None: ...

    def printer_cancelled(self) -> None: ...


class HostActions:
    """Turns actions into job control and prompts; what is unknown is logged."""

    def __init__(self, control: JobControl, announcer: Announcer, log: Log) -> None:
        self._announcer = announcer
        self._log = log
        self._message = ""
        self._buttons: list[str] = []
        self._steps: dict[str, Callable[[str], None]] = {
            "pause": lambda _: control.printer_paused(),
            "paused": lambda _: control.printer_paused(),
            "resume": lambda _: control.printer_resumed(),
            "resumed": lambda _: control.printer_resumed(),
            "cancel": lambda _: control.printer_cancelled(),
            "prompt_begin": self._prompt_began,
            "prompt_button": self._button_named,
            "prompt_choice": self._button_named,
            "prompt_show": lambda _: self._show(),
            "prompt_end": lambda _: self._close(),
        }

    def handle(self, action: str, text: str) -> None:
        """One action command, in the order the firmware sent them."""
        step = self._steps.get(action)
        if step is None:
            self._log.info("printer action ignored", action=action[:40], text=text[:200])
        else:
            step(text)

    def _prompt_began(self, text: str) -> None:
        self._message, self._buttons = text, []

    def _button_named(self, text: str) -> None:
        if len(self._buttons) < 16:
            self._buttons.append(text)

    def _show(self) -> None:
        choices = f" [{'] ['.join(self._buttons)}]" if self._buttons else ""
        message = f"{self._message}{choices}"[:PROMPT_CHARACTERS]
        self._announcer.publish(PrinterPromptShown(at=self._announcer.now, message=message))

    def _close(self) -> None:
        self._message, self._buttons = "", []
        if self._announcer.state.prompt is not None:
            self._announcer.publish(PrinterPromptClosed(at=self._announcer.now))
