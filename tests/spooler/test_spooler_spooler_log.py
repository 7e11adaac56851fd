from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from hydrogen.spooler.spooler_log import SpoolerLog
from hydrogen.spooler.wire.frame import encode_frame


def test_everything_goes_up_and_what_matters_goes_to_stderr() -> None:
    stream = io.StringIO()
    sent: list[tuple[str, str, Mapping[str, Any]]] = []
    log = SpoolerLog(stream)
    log.info("nobody listens")
    log.sink = lambda level, event, fields: sent.append((level, event, fields))
    log.debug("line sent")
    log.info("printer connected", baud=115200, waited_seconds=1.25)
    log.warning("printer was slow")
    log.error("port did not close", port="/dev/p")
    assert [level for level, _, _ in sent] == ["debug", "info", "warning", "error"]
    assert sent[1][2] == {"baud": 115200, "waited_seconds": 1.25}
    assert stream.getvalue().splitlines() == [
        "warning: printer was slow {}",
        'error: port did not close {"port": "/dev/p"}',
    ]


def test_log_line_always_fits_a_frame_and_never_raises() -> None:
    sent: list[Mapping[str, Any]] = []
    stream = io.StringIO()
    log = SpoolerLog(stream)
    log.sink = lambda level, event, fields: sent.append({"level": level, "event": event, "fields": fields})
    log.warning("odd", value=object(), number=float("nan"), **{f"f{n}": "\x00" * 10_000 for n in range(100)})
    assert encode_frame("log", sent[0])
    stream.close()
    log.error("stderr is gone")
