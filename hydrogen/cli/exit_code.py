"""How a command ended, in one number."""

from __future__ import annotations

from enum import IntEnum

from hydrogen.errors import (
    AuthFailed,
    ClientError,
    ConfigurationInvalid,
    Conflict,
    DeviceError,
    FileUnreadable,
    Forbidden,
    HydrogenError,
    RateLimited,
    ServiceUnreachable,
    Unavailable,
)


class ExitCode(IntEnum):
    """The exit codes of `hydrogen`; EXIT_CODE_MEANINGS says what they mean."""

    DONE = 0
    NOT_PRINTED = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    NOT_NOW = 5
    FAILED = 6
    INTERRUPTED = 130


EXIT_CODE_MEANINGS: tuple[tuple[ExitCode, str], ...] = (
    (ExitCode.DONE, "done; for a print that was waited for: completed"),
    (ExitCode.NOT_PRINTED, "the print failed or was cancelled; for the doctor: something is wrong"),
    (ExitCode.USAGE, "the command line, the configuration or the file is wrong"),
    (ExitCode.UNREACHABLE, "no service can be reached"),
    (ExitCode.REFUSED, "the service refused the key, or the key may not do this"),
    (ExitCode.NOT_NOW, "the printer, its port or its present state does not allow it"),
    (ExitCode.FAILED, "the service could not start, failed, or did not end cleanly"),
    (ExitCode.INTERRUPTED, "interrupted with Ctrl-C; a print goes on unless it said otherwise"),
)
"""The table of `hydrogen --help`."""


def exit_code_of(error: HydrogenError) -> ExitCode:
    """The exit code for an error that ended a command."""
    match error:
        case ServiceUnreachable():
            return ExitCode.UNREACHABLE
        case AuthFailed() | Forbidden():
            return ExitCode.REFUSED
        case Conflict() | Unavailable() | RateLimited() | DeviceError():
            return ExitCode.NOT_NOW
        case ClientError() | ConfigurationInvalid() | FileUnreadable():
            return ExitCode.USAGE
        case _:
            return ExitCode.FAILED
