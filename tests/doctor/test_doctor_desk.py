"""The evidence comes together: what was noted, what is so now, what the machine says."""

from __future__ import annotations

from pathlib import Path

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.doctor.desk import DoctorDesk
from hydrogen.doctor.notebook import Notebook
from hydrogen.doctor.surroundings import Surroundings
from hydrogen.model.events import ErrorRaised, HostMeasured, LinkMeasured, PrinterConnected, PrinterStateChanged
from hydrogen.model.host import HostState
from hydrogen.model.printer import ErrorReport, LinkStatistics, PrinterState, PrinterStatus
from hydrogen.model.state import State
from tests.doctor.patient import NOW, kernel


async def test_each_printer_is_judged_by_its_own_evidence(tmp_path: Path) -> None:
    bus = Bus(lambda _name, _error: None)
    missing = str(tmp_path / "ttyUSB9")
    printers = {"well": PrinterState(port="tcp://there"), "gone": PrinterState(port=missing)}
    context = Context(epoch="e", initial=State(printers=printers), bus=bus)
    notebook = Notebook()
    bus.listen(notebook.on_published, name="doctor")
    asked: list[int] = []

    def read_kernel() -> object:
        asked.append(1)
        return kernel()

    desk = DoctorDesk(
        context=context,
        notebook=notebook,
        clock=ManualClock(wall=NOW),
        read_kernel=read_kernel,  # type: ignore[arg-type]
        surroundings=Surroundings(proc=tmp_path),
    )
    context.publish(HostMeasured(at=NOW, host=HostState(throttling=())))
    context.publish(PrinterConnected(at=NOW - 60, printer="well", port="tcp://there"))
    context.publish(PrinterStateChanged(at=NOW - 60, printer="well", status=PrinterStatus.IDLE))
    context.publish(LinkMeasured(at=NOW - 5, printer="well", statistics=LinkStatistics(lines_sent=5000)))
    error = ErrorReport(code="port_missing", message=f"there is no port {missing}")
    context.publish(ErrorRaised(at=NOW - 5, printer="gone", error=error))
    well, gone = await desk.diagnose(("well", "gone"))
    assert (well.printer, well.verdicts[0].cause, well.verdicts[0].confidence) == ("well", "nothing_wrong", "high")
    assert (gone.printer, gone.verdicts[0].cause, gone.verdicts[0].confidence) == ("gone", "unplugged", "high")
    assert len(asked) == 1
