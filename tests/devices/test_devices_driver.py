"""Who signs the driver contract keeps it."""

from __future__ import annotations

from typing import Protocol

from hydrogen.devices.driver import ConnectionListener, LineJournal, PrinterConnection, PrinterDriver
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver
from tests.support.connection_listener import RememberingJournal, RememberingListener
from tests.support.contract import missing_from


def test_marlin_signs_driver_and_connection() -> None:
    assert missing_from(MarlinConnection, PrinterConnection) == []
    assert missing_from(MarlinDriver, PrinterDriver) == []


def test_the_tests_own_listener_and_journal_sign_too() -> None:
    assert missing_from(RememberingListener, ConnectionListener) == []
    assert missing_from(RememberingJournal, LineJournal) == []


def test_a_broken_signature_is_found() -> None:
    class Promise(Protocol):
        async def close(self) -> None: ...
        def wake(self) -> None: ...

    class Forgetful:
        def close(self, really: bool) -> None: ...

    assert len(missing_from(Forgetful, Promise)) == 2
