"""What the printer asks a person, as state that opens and closes, and the way back for the answer.

A firmware with prompts opens a dialog by `//action:prompt_…` and mostly forgets to close it: after M108, after M876 and at the
end of `M0 S10` no `prompt_end` comes (facts/marlin.md, "User waits and prompts"). So a prompt is tied to the line that was in
progress when it appeared, and closes with that line's `ok`, with `prompt_end`, with an answer, or with the next prompt.
A firmware without prompts waits all the same: then the prompt is made from its busy line, or from the line itself.

An answer can be lost on the wire. The prompt is closed when it is given, because the firmware's own next one may follow at
once; if the firmware goes on saying that it waits for a person, it is opened again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hydrogen.devices.driver import LineInProgress, PrinterConnection
from hydrogen.errors import Conflict, HydrogenError, InvalidMessage
from hydrogen.gcode.link.awaited import person_awaited
from hydrogen.model.events import PrinterPromptClosed, PrinterPromptShown
from hydrogen.spooler.announcer import Announcer

PROMPT_CHARACTERS = 500
"""A prompt's text with its buttons is cut here."""

BUTTONS = 16
"""More of them are left out; nobody reads so many."""

BUTTON_CHARACTERS = 60

BUSY_AGAIN = 2
"""So many busy lines behind an answer say that it was lost: one can have been on its way already."""

QUIET_SECONDS = 10.0
"""Without a busy line for so long, a prompt that no line of ours explains is over, unless it has an answer worth giving; a
firmware says it every 2 s."""

CONTINUE = "Continue"

DISMISS = "Dismiss"
"""The one button of Marlin's announcements ("Resuming"): nobody is waited for."""

_WAYS_ON = ("continue", "resume", "dismiss", "ok", "done")


class Prompts:
    """The one dialog of one printer. `line` tells what the printer works on; `check` is called a few times a second."""

    def __init__(self, announcer: Announcer, line: Callable[[], LineInProgress | None]) -> None:
        self._announcer = announcer
        self._line = line
        self._message = ""
        self._buttons: list[str] = []
        self._shown_for: int | None = None
        self._settled_for: int | None = None
        self._seen: int | None = None
        self._busy_lines = 0
        self._is_heard = False
        self._is_hopeless = False
        self._quiet_since = 0.0

    @property
    def is_shown(self) -> bool:
        """Is a person asked?"""
        return self._announcer.state.prompt is not None

    # ----------------------------------------------------------------------------------------- what the firmware says

    def begin(self, text: str) -> None:
        """A dialog is being described."""
        self._message, self._buttons = text, []
        self._is_hopeless = False

    def name_button(self, text: str) -> None:
        """Its next button."""
        if len(self._buttons) < BUTTONS:
            self._buttons.append(text[:BUTTON_CHARACTERS])

    def show(self) -> None:
        """It is open."""
        line = self._line()
        self._shown_for = None if line is None else line.number
        self._busy_lines, self._is_heard = 0, True
        choices = f" [{'] ['.join(self._buttons)}]" if self._buttons else ""
        message = f"{self._message}{choices}"[:PROMPT_CHARACTERS]
        at = self._announcer.now
        self._announcer.publish(PrinterPromptShown(at=at, message=message, buttons=tuple(self._buttons)))
        if self._announcer.state.job is not None and self._buttons != [DISMISS]:
            self._announcer.set_status(self._announcer.state.status, f"waiting for a person: {message}")

    def end(self) -> None:
        """It is closed by the firmware."""
        self._settle()
        self._message, self._buttons = "", []

    def on_person_awaited(self) -> None:
        """`busy: paused for user`."""
        self._is_heard = True
        if self.is_shown:
            return
        line = self._line()
        self._busy_lines += 1
        is_settled = line is not None and line.number == self._settled_for
        if is_settled and self._busy_lines < BUSY_AGAIN:
            return
        if not (is_settled and self._message):
            self._describe(line)
        self.show()

    # --------------------------------------------------------------------------------------------------- what goes on

    def check(self, now: float) -> None:
        """Close what the printer has left behind; open what it waits for without a word. now: monotonic seconds."""
        if self._is_heard:
            self._is_heard, self._quiet_since = False, now
        line = self._line()
        number = None if line is None else line.number
        if self.is_shown:
            is_quiet = now - self._quiet_since > QUIET_SECONDS and self._buttons in ([], [DISMISS])
            if is_quiet if self._shown_for is None else number != self._shown_for:
                self._settle()
        elif line is not None and number == self._seen != self._settled_for and person_awaited(line.body) is not None:
            self._describe(line)
            self.show()
        self._seen = number

    def forget(self) -> None:
        """Another connection: whoever waited does not any more."""
        self.end()
        self._shown_for = self._settled_for = self._seen = None

    async def answer(self, button: str, connection: PrinterConnection) -> Mapping[str, Any]:
        """Press `button`: its name, or its number from 0; "" where there is no choice.

        Returns `{"button", "emergency"}`: the number, and what became of the word. Raises Conflict when nothing is asked, or
        the firmware hears no answer; InvalidMessage for a button that is not there.
        """
        if not self.is_shown:
            raise Conflict("the printer asks nothing")
        index = _index_of(button, self._buttons)
        self._settle()
        try:
            word = await connection.answer_prompt(index)
        except HydrogenError:
            self._settled_for, self._is_hopeless = None, True
            if not self.is_shown:
                self.show()
            raise
        return {
            "button": index,
            "emergency": [{"line": word.line, "seen": word.notice.value, "confirmed": word.is_confirmed}],
        }

    async def go_on(self, connection: PrinterConnection) -> None:
        """Press what ends the wait: for a job that nobody wants any more. Once, where the firmware hears no answer."""
        if self._is_hopeless:
            return
        names = [name.casefold() for name in self._buttons]
        index = next((names.index(way) for way in _WAYS_ON if way in names), max(len(names) - 1, 0))
        await self.answer(str(index), connection)

    def _describe(self, line: LineInProgress | None) -> None:
        told = None if line is None else person_awaited(line.body)
        self._message = told or "the printer waits for a person"
        self._buttons = [CONTINUE] if line is not None else []
        self._is_hopeless = False

    def _settle(self) -> None:
        line = self._line()
        self._settled_for = None if line is None else line.number
        self._busy_lines = 0
        if self.is_shown:
            self._announcer.publish(PrinterPromptClosed(at=self._announcer.now))


def _index_of(button: str, buttons: Sequence[str]) -> int:
    wanted = button.strip()
    if not wanted and len(buttons) <= 1:
        return 0
    if wanted.isascii() and wanted.isdigit() and int(wanted) < max(len(buttons), 1):
        return int(wanted)
    names = [name.casefold() for name in buttons]
    if wanted and wanted.casefold() in names:
        return names.index(wanted.casefold())
    choices = ", ".join(buttons) or "0"
    asked = f"there is no button {wanted!r}" if wanted else "there is a choice"
    raise InvalidMessage(f"{asked}: name one of {choices}", field="button", buttons=list(buttons))
