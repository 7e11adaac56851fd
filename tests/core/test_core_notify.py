"""What a service manager hears: a socket of ours in its place, as a path and in the abstract namespace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hydrogen.core.notify import STATUS_CHARACTERS, Notifier, notifier_from
from tests.support.listening_manager import ListeningManager


@pytest.mark.parametrize("is_abstract", [False, True])
def test_the_manager_hears_each_word(tmp_path: Path, is_abstract: bool) -> None:
    with ListeningManager(tmp_path, is_abstract=is_abstract) as manager:
        notifier = notifier_from({"NOTIFY_SOCKET": manager.address}, pid=os.getpid())
        assert notifier.is_heard
        notifier.ready("serving on 5001")
        notifier.feed_watchdog()
        notifier.reloading("restarting", 12.5)
        notifier.status("all quiet")
        notifier.stopping("SIGTERM")
        assert manager.heard() == [
            {"READY": "1", "STATUS": "serving on 5001", "MAINPID": str(os.getpid())},
            {"WATCHDOG": "1"},
            {"RELOADING": "1", "MONOTONIC_USEC": "12500000", "STATUS": "restarting"},
            {"STATUS": "all quiet"},
            {"STOPPING": "1", "STATUS": "SIGTERM"},
        ]


def test_a_status_is_one_line_of_bounded_length(tmp_path: Path) -> None:
    with ListeningManager(tmp_path) as manager:
        notifier = Notifier(manager.address)
        notifier.status("READY=1\nWATCHDOG=1")
        notifier.status("x" * 5000)
        assert manager.heard() == [{"STATUS": "READY=1 WATCHDOG=1"}, {"STATUS": "x" * STATUS_CHARACTERS}]


@pytest.mark.parametrize(
    "environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "@"}, {"NOTIFY_SOCKET": "vsock:2:1"}]
)
def test_without_a_manager_nothing_is_said(environment: dict[str, str]) -> None:
    notifier = notifier_from({**environment, "WATCHDOG_USEC": "1000"}, pid=1)
    assert not notifier.is_heard
    assert notifier.watchdog_seconds is None
    notifier.ready("")
    notifier.feed_watchdog()


def test_a_manager_that_is_gone_or_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "nobody")).ready("")
    with ListeningManager(tmp_path) as manager:
        notifier = Notifier(manager.address)
        for _ in range(2000):  # more than any queue of datagrams holds
            notifier.feed_watchdog()
        assert manager.heard()


@pytest.mark.parametrize(
    ("watchdog", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "1500000"}, 1.5),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "often"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_only_if_it_names_us(watchdog: dict[str, str], seconds: float | None) -> None:
    assert notifier_from({"NOTIFY_SOCKET": "/run/x", **watchdog}, pid=7).watchdog_seconds == seconds
