from __future__ import annotations

import inspect

from hydrogen.core.log import Log, SilentLog


def test_a_silent_log_takes_everything_and_says_nothing() -> None:
    log: Log = SilentLog()
    for write in (log.debug, log.info, log.warning, log.error):
        write("printer connected", baud=115200, self="even this", event="and this")


def test_every_level_of_the_contract_takes_one_constant_and_fields() -> None:
    for level in ("debug", "info", "warning", "error"):
        _, event, fields = inspect.signature(getattr(Log, level)).parameters.values()
        assert event.kind is inspect.Parameter.POSITIONAL_ONLY
        assert fields.kind is inspect.Parameter.VAR_KEYWORD
