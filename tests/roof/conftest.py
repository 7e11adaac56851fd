"""What every test of the roof needs: an environment without ours in it, and signals as they were."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def untouched_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("HYDROGEN_") or name == "WEBSOCKET_KEY":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
