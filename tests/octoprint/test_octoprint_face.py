from __future__ import annotations

from types import MappingProxyType

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.core.bus import Bus
from hydrogen.core.context import Context
from hydrogen.errors import Forbidden, NotFound
from hydrogen.model.events import FileChanged, FileMoved, FileRemoved, JobFinished, JobStarted
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.octoprint.face import Face, Faces

OWNER = Principal(name="owner")
BENCH = Face(printer="a")


def faces_of(*names: str) -> tuple[Faces, Context]:
    bus = Bus(lambda _name, error: pytest.fail(str(error)))
    printers = {name: PrinterState(driver=name) for name in names}
    context = Context(epoch="e", initial=State(printers=MappingProxyType(printers)), bus=bus)
    faces = Faces(context)
    bus.listen(faces.on_published, name="faces")
    return faces, context


def test_the_first_printer_that_the_caller_may_see_is_at_the_root() -> None:
    faces, _ = faces_of("a", "b")
    assert faces.for_caller(None, OWNER) == Face(printer="a")
    guest = Principal(name="guest", printers=frozenset({"b"}))
    assert faces.for_caller(None, guest) == Face(printer="b")
    assert faces.for_caller("b", guest) == Face(printer="b", prefix="/printers/b")
    with pytest.raises(Forbidden):
        faces.for_caller("a", guest)
    with pytest.raises(NotFound):
        faces.for_caller("c", OWNER)


def test_a_house_without_printers_has_one_face_that_is_offline() -> None:
    faces, _ = faces_of()
    face = faces.for_caller(None, OWNER)
    assert faces.printer(face).status is PrinterStatus.OFFLINE
    assert faces.selected(face) is None


def test_the_selected_file_is_the_one_that_prints_or_was_chosen_last() -> None:
    faces, context = faces_of("a", "b")
    faces.select(BENCH, "x.gcode")
    assert faces.selected(BENCH) == "x.gcode"
    assert faces.selected(Face(printer="b")) is None
    context.publish(JobStarted(at=1.0, printer="a", job="j", file="y.gcode", lines_total=1, bytes_total=1))
    assert faces.selected(BENCH) == "y.gcode"
    context.publish(_finished("y.gcode"))
    assert faces.selected(BENCH) == "y.gcode"
    assert faces.last_run(BENCH) is not None
    faces.select(BENCH, None)
    assert faces.selected(BENCH) is None
    assert faces.last_run(BENCH) is None


def test_what_becomes_of_the_selected_file_is_followed() -> None:
    faces, context = faces_of("a")
    faces.select(BENCH, "x.gcode")
    context.publish(FileMoved(at=1.0, path="z.gcode", moved_from="x.gcode", size_bytes=1, modified_at=1.0))
    assert faces.selected(BENCH) == "z.gcode"
    context.publish(_finished("z.gcode"))
    context.publish(FileChanged(at=1.0, path="z.gcode", size_bytes=1, modified_at=1.0))
    assert faces.last_run(BENCH) is None
    context.publish(FileRemoved(at=1.0, path="z.gcode", size_bytes=1, modified_at=1.0))
    assert faces.selected(BENCH) is None


def _finished(file: str) -> JobFinished:
    return JobFinished(at=2.0, printer="a", job="j", file=file, outcome=JobOutcome.COMPLETED, reason="", actor="")
