"""Every error of the house, by who is at fault.

::

    HydrogenError                     code, message, details; `str()` says what happened, to what, and what to do
    ├── ClientError                   the caller asked for something that cannot be
    │   ├── AuthFailed                auth_failed
    │   ├── InvalidMessage            invalid_message
    │   ├── Forbidden                 forbidden
    │   ├── NotFound                  not_found
    │   ├── Conflict                  conflict
    │   ├── Unavailable               unavailable
    │   ├── RateLimited               rate_limited
    │   ├── Replayed                  replayed
    │   ├── FileRejected              file_rejected
    │   └── LineRefused               line_refused
    ├── DeviceError                   the printer, its port or its wire
    │   ├── PortMissing               port_missing
    │   ├── PortBusy                  port_busy
    │   ├── PortForbidden             port_forbidden
    │   ├── PortUnusable              port_unusable
    │   ├── PrinterSilent             printer_silent
    │   ├── PrinterGarbled            printer_garbled
    │   ├── PrinterBusy               printer_busy
    │   ├── PrinterHalted             printer_halted, thermal_runaway, temperature_limit, homing_failed
    │   ├── PrinterReset              printer_reset
    │   ├── FirmwareComplained        firmware_error, card_error, cold_extrusion, fan_fault, not_homed, printer_not_ready,
    │   │                             probing_failed
    │   ├── HeatAlarm                 heater_fault, heater_frozen, heater_implausible, heater_out_of_band, heater_rising,
    │   │                             heater_silent, heater_turned_off, heater_unasked, heater_unsupervised, heaters_idle
    │   ├── SensorLimitExceeded       sensor_limit_exceeded
    │   ├── SensorLost                sensor_lost
    │   └── LinkLost                  link_lost
    └── HostError                     Hydrogen or the machine it runs on
        ├── ConfigurationInvalid      configuration_invalid
        ├── DiskFull                  disk_full
        ├── DiskLow                   disk_low
        ├── FileUnreadable            file_unreadable
        ├── RecordDamaged             record_damaged
        ├── PortsExhausted            ports_exhausted
        ├── SpoolerLost               spooler_lost
        ├── ProtocolMismatch          protocol_mismatch
        ├── ServiceUnreachable        service_unreachable
        └── ServerFault               server_error

Codes are part of the wire protocol and never change their meaning. An error that crosses a process border is rebuilt with
`error_from_wire`; a code that this version does not know keeps its family.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class HydrogenError(Exception):
    """What went wrong, with a stable `code`, a sentence for people and `details` for programs (JSON values only)."""

    code: str = "server_error"

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = details
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message

    def as_wire(self) -> dict[str, Any]:
        """`{"code", "message", "details"}`, the error object of every surface."""
        return {"code": self.code, "message": self.message, "details": self.details}


class ClientError(HydrogenError):
    """The caller can mend this."""

    code = "invalid_message"


class AuthFailed(ClientError):
    code = "auth_failed"


class InvalidMessage(ClientError):
    code = "invalid_message"


class Forbidden(ClientError):
    code = "forbidden"


class NotFound(ClientError):
    code = "not_found"


class Conflict(ClientError):
    """Right in itself, but not in the present state."""

    code = "conflict"


class Unavailable(ClientError):
    """Try again later; `details` may hold `retry_after_seconds`."""

    code = "unavailable"


class RateLimited(ClientError):
    code = "rate_limited"


class Replayed(ClientError):
    code = "replayed"


class FileRejected(ClientError):
    """A job file that must not be printed; `details` has `file` and, where known, `line` (from 1) and `reason`."""

    code = "file_rejected"


class TooLarge(InvalidMessage):
    """More than a body or a file may have; `details` has `limit`, in bytes."""


class LineRefused(ClientError):
    """A G-code line that would break the link; `details` has `line` and `reason`."""

    code = "line_refused"


class DeviceError(HydrogenError):
    """The printer, its port or its wire."""

    code = "link_lost"


class PortMissing(DeviceError):
    code = "port_missing"


class PortBusy(DeviceError):
    code = "port_busy"


class PortForbidden(DeviceError):
    code = "port_forbidden"


class PortUnusable(DeviceError):
    """The path exists but is not a serial device, or refuses its settings."""

    code = "port_unusable"


class PrinterSilent(DeviceError):
    """Not one byte came within the deadline."""

    code = "printer_silent"


class PrinterGarbled(DeviceError):
    """Bytes come, but nothing a firmware would say: most often the wrong baud rate."""

    code = "printer_garbled"


class PrinterBusy(DeviceError):
    """The printer works for somebody else: it prints from its own card, or waits for a person. It got questions only.

    `details` may have `byte_done` and `byte_total` of the card print.
    """

    code = "printer_busy"


class PrinterHalted(DeviceError):
    """The firmware killed itself; it stays dead until it is reset. The code names the cause where the firmware did."""

    code = "printer_halted"


class PrinterReset(DeviceError):
    """The board restarted: position, targets and line number are gone."""

    code = "printer_reset"


class FirmwareComplained(DeviceError):
    """A complaint that stops nothing. The code names the kind where the words are known (docs/firmware-errors.md)."""

    code = "firmware_error"


class HeatAlarm(DeviceError):
    """The heat guard found something; the code names it. `details` may have `heater`, `celsius` and `remedy`: what is done."""

    code = "heater_fault"


class SensorLimitExceeded(DeviceError):
    """A sensor is beyond a limit; `details` has `sensor`, `value`, `unit`, the limit and `remedy`: what is done."""

    code = "sensor_limit_exceeded"


class SensorLost(DeviceError):
    """A sensor cannot be read; `details` has `sensor` where it guards something."""

    code = "sensor_lost"


class LinkLost(DeviceError):
    code = "link_lost"


class HostError(HydrogenError):
    """Hydrogen or its machine."""

    code = "server_error"


class ConfigurationInvalid(HostError):
    """Names the file, the key, what was found and what was expected."""

    code = "configuration_invalid"


class DiskFull(HostError):
    code = "disk_full"


class DiskLow(HostError):
    """Little room is left; `details` has `level`, `free_bytes` and `below_bytes`. Nothing has failed yet."""

    code = "disk_low"


class FileUnreadable(HostError):
    code = "file_unreadable"


class RecordDamaged(HostError):
    """The database did not pass its check; `details` has `file`, `aside` (where it lies now) and `from_copy`."""

    code = "record_damaged"


class PortsExhausted(HostError):
    code = "ports_exhausted"


class SpoolerLost(HostError):
    code = "spooler_lost"


class ProtocolMismatch(HostError):
    code = "protocol_mismatch"


class ServiceUnreachable(HostError):
    """No service answers where one was looked for; only the command line says so."""

    code = "service_unreachable"


class ServerFault(HostError):
    """A defect of ours; the message holds an incident id, never a traceback."""

    code = "server_error"


class ErrorCodes:
    """The wire codes of every leaf, for those who rebuild an error from its wire form."""

    HALT: ClassVar[tuple[str, ...]] = ("printer_halted", "thermal_runaway", "temperature_limit", "homing_failed")

    COMPLAINT: ClassVar[tuple[str, ...]] = (
        "firmware_error",
        "card_error",
        "cold_extrusion",
        "fan_fault",
        "not_homed",
        "printer_not_ready",
        "probing_failed",
    )

    HEAT: ClassVar[tuple[str, ...]] = (
        "heater_fault",
        "heater_frozen",
        "heater_implausible",
        "heater_out_of_band",
        "heater_rising",
        "heater_silent",
        "heater_turned_off",
        "heater_unasked",
        "heater_unsupervised",
        "heaters_idle",
    )

    @staticmethod
    def known() -> frozenset[str]:
        """All codes of this version."""
        leaves = (leaf for family in (ClientError, DeviceError, HostError) for leaf in family.__subclasses__())
        return frozenset(leaf.code for leaf in leaves).union(ErrorCodes.HALT, ErrorCodes.COMPLAINT, ErrorCodes.HEAT)

    @staticmethod
    def class_of(code: str) -> type[HydrogenError]:
        """The leaf that carries `code`; `HostError` for a code of a newer version."""
        if code in ErrorCodes.HALT:
            return PrinterHalted
        if code in ErrorCodes.COMPLAINT:
            return FirmwareComplained
        if code in ErrorCodes.HEAT:
            return HeatAlarm
        for family in (ClientError, DeviceError, HostError):
            for leaf in family.__subclasses__():
                if leaf.code == code:
                    return leaf
        return HostError


def error_from_wire(error: Mapping[str, Any]) -> HydrogenError:
    """Rebuild an error from `{"code", "message", "details"}`; missing parts become empty, never an exception."""
    code = str(error.get("code", "server_error"))
    details = error.get("details")
    made = ErrorCodes.class_of(code)(str(error.get("message", "")), code=code)
    made.details = dict(details) if isinstance(details, Mapping) else {}
    return made
