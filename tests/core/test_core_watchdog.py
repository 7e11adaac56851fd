"""The watchdog is fed while all is well, and by the loop itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.core.notify import Notifier
from hydrogen.core.watchdog import MEALS, STATUS_SECONDS, Watchdog
from tests.support.listening_manager import ListeningManager
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


def watchdog(notifier: Notifier, log: RecordingLog | None = None) -> Watchdog:
    return Watchdog(notifier, is_healthy=lambda: True, sentence=lambda: "fine", log=log or RecordingLog())


def test_it_is_fed_only_while_the_house_is_healthy_and_that_is_logged_once(tmp_path: Path) -> None:
    health, log = [True, False, False, True], RecordingLog()
    with ListeningManager(tmp_path) as manager:
        notifier = Notifier(manager.address, watchdog_seconds=30.0)
        dog = Watchdog(notifier, is_healthy=lambda: health.pop(0), sentence=lambda: "", log=log)
        for fed in (1, 1, 1, 2):
            dog.look()
            assert len([message for message in manager.heard() if "WATCHDOG" in message]) == fed
    assert log.events() == ["watchdog not fed"]


def test_the_status_is_told_when_it_changes(tmp_path: Path) -> None:
    sentences = ["idle", "idle", "printing"]
    with ListeningManager(tmp_path) as manager:
        dog = Watchdog(
            Notifier(manager.address), is_healthy=lambda: True, sentence=lambda: sentences.pop(0), log=RecordingLog()
        )
        for _ in range(3):
            dog.look()
        assert manager.heard() == [{"STATUS": "idle"}, {"STATUS": "printing"}]


@pytest.mark.parametrize(("allowed", "period"), [(None, STATUS_SECONDS), (3.0, 3.0 / MEALS), (3600.0, STATUS_SECONDS)])
def test_it_looks_often_enough(allowed: float | None, period: float) -> None:
    assert watchdog(Notifier("/run/x", watchdog_seconds=allowed)).period_seconds == period


async def test_it_goes_on_until_it_is_cancelled_and_ends_at_once_where_nobody_listens(tmp_path: Path) -> None:
    await watchdog(Notifier()).run()
    with ListeningManager(tmp_path) as manager:
        running = asyncio.create_task(watchdog(Notifier(manager.address, watchdog_seconds=0.03)).run())
        await wait_until(lambda: len(manager.heard()) > 3, within_seconds=20.0)
        running.cancel()
        await asyncio.wait({running})
