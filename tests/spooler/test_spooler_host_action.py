from __future__ import annotations

from pathlib import Path

from hydrogen.core.clock import ManualClock
from hydrogen.model.events import Event, PrinterPromptClosed, PrinterPromptShown
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.host_action import HostActions
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.prompt import Prompts
from tests.support.recording_log import RecordingLog


class RecordingControl:
    def __init__(self) -> None:
        self.wishes: list[str] = []

    def printer_paused(self, reason: str, *, is_its_own: bool) -> None:
        self.wishes.append(f"{'its own' if is_its_own else 'asked'}: {reason}")

    def printer_resumed(self) -> None:
        self.wishes.append("resume")

    def printer_cancelled(self) -> None:
        self.wishes.append("cancel")


class Desk:
    def __init__(self, folder: Path) -> None:
        self.events: list[Event] = []
        self.control = RecordingControl()
        self.log = RecordingLog()
        announcer = Announcer("p", PrinterState(), Outbox(folder / "p.outbox", instance="i"), ManualClock())
        announcer.listen(lambda event, _: self.events.append(event))
        self.actions = HostActions(self.control, Prompts(announcer, lambda: None), self.log)

    def hear(self, *lines: str) -> None:
        for line in lines:
            action, _, text = line.partition(" ")
            self.actions.handle(action, text)


def test_firmware_steers_the_job(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.hear("pause", "paused", "resume", "resumed", "cancel")
    assert desk.control.wishes == [
        "asked: the printer asked for a pause",
        "its own: the printer has paused by itself",
        *("resume", "resume", "cancel"),
    ]


def test_runout_is_named_as_the_reason_however_the_firmware_says_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.hear("paused filament_runout T0", "pause filament_runout T1", "pause: filament_runout", "out_of_filament T0")
    assert desk.control.wishes == [
        "its own: the printer is out of filament (T0)",
        "asked: the printer is out of filament (T1)",
        "asked: the printer is out of filament",
        "asked: the printer is out of filament (T0)",
    ]


def test_prompt_is_shown_with_its_buttons_and_closed_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.hear(
        "prompt_end",
        "prompt_begin Nozzle Parked",
        "prompt_button Continue",
        "prompt_button PurgeMore",
        "prompt_show",
        "prompt_end",
        "prompt_end",
    )
    assert [type(event) for event in desk.events] == [PrinterPromptShown, PrinterPromptClosed]
    assert desk.events[0].message == "Nozzle Parked [Continue] [PurgeMore]"  # type: ignore[attr-defined]
    assert desk.events[0].buttons == ("Continue", "PurgeMore")  # type: ignore[attr-defined]


def test_flood_of_buttons_is_bounded(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.hear("prompt_begin " + "x" * 1000, *(["prompt_button y"] * 100), "prompt_show")
    assert len(desk.events[0].message) == 500  # type: ignore[attr-defined]
    assert len(desk.events[0].buttons) == 16  # type: ignore[attr-defined]


def test_what_is_unknown_is_logged(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.hear("notification Bed Heating...", "poweroff")
    assert desk.log.events("info") == ["printer action ignored"] * 2
    assert desk.events == []
