"""Exit codes mean something, and every one of them is documented."""

from __future__ import annotations

import pytest

from hydrogen.cli.exit_code import EXIT_CODE_MEANINGS, ExitCode, exit_code_of
from hydrogen.errors import (
    AuthFailed,
    ConfigurationInvalid,
    Conflict,
    DiskFull,
    FileRejected,
    FileUnreadable,
    Forbidden,
    HydrogenError,
    InvalidMessage,
    NotFound,
    PortMissing,
    PrinterHalted,
    ServerFault,
    ServiceUnreachable,
    SpoolerLost,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServiceUnreachable("x"), ExitCode.UNREACHABLE),
        (AuthFailed("x"), ExitCode.REFUSED),
        (Forbidden("x"), ExitCode.REFUSED),
        (Conflict("x"), ExitCode.NOT_NOW),
        (Unavailable("x"), ExitCode.NOT_NOW),
        (PortMissing("x"), ExitCode.NOT_NOW),
        (PrinterHalted("x"), ExitCode.NOT_NOW),
        (NotFound("x"), ExitCode.USAGE),
        (InvalidMessage("x"), ExitCode.USAGE),
        (FileRejected("x"), ExitCode.USAGE),
        (FileUnreadable("x"), ExitCode.USAGE),
        (ConfigurationInvalid("x"), ExitCode.USAGE),
        (DiskFull("x"), ExitCode.FAILED),
        (SpoolerLost("x"), ExitCode.FAILED),
        (ServerFault("x"), ExitCode.FAILED),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error: HydrogenError, code: ExitCode) -> None:
    assert exit_code_of(error) is code


def test_every_exit_code_is_explained_once() -> None:
    assert [code for code, _ in EXIT_CODE_MEANINGS] == list(ExitCode)
