"""The table `[printers.NAME]` of a Marlin printer. Only the service loads this; the spooler gets the result as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hydrogen.devices.port_address import parse_port
from hydrogen.gcode.dialect import DIALECTS

SLOWEST_BAUD, FASTEST_BAUD = 1200, 4_000_000
MOST_RECEIVE_BUFFER = 4096


class MarlinConfig(BaseModel):
    """Every field has its unit in the name or the description; defaults suit a stock Marlin board."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    port: str = Field(
        min_length=1,
        max_length=255,
        description="the printer's port: a device file (a stable one below /dev/serial/by-id, ttyUSB numbers change), "
        "`usb:VENDOR:PRODUCT:SERIAL` for the adapter itself, `usb-socket:VENDOR:PRODUCT:SOCKET` for one without a serial "
        "number in its socket, or a bridge on the network, `tcp://host:port` or `rfc2217://host:port`. `hydrogen ports` shows "
        "what is there (docs/ports.md)",
    )
    baud: Annotated[int, Field(ge=SLOWEST_BAUD, le=FASTEST_BAUD)] | Literal["auto"] = Field(
        default="auto",
        description="speed of the port in baud, or `auto`: find it out. Auto begins with the speed that worked last, then "
        "115200, and tries others only when nothing readable came within 2 s, so that it costs a printer with the usual "
        "speed nothing. A number is right for a printer that must never get bytes at a wrong speed",
    )
    connect_timeout_seconds: float = Field(
        default=15.0,
        ge=2.0,
        le=300.0,
        description="how long to wait for a sign of life; bootloaders and SD cards take up to 10 s",
    )
    reset_on_connect: bool = Field(
        default=False,
        description="reset the board by a pulse on DTR and RTS whenever the port is opened, and wait for its greeting. Off: "
        "these lines are never touched, so that connecting interrupts nothing",
    )
    receive_buffer_bytes: Annotated[int, Field(ge=0, le=MOST_RECEIVE_BUFFER)] | Literal["auto"] = Field(
        default="auto",
        description="bytes that the printer's serial port holds (Marlin: RX_BUFFER_SIZE); bounds how many lines may be on "
        "their way at once. Auto measures it after connecting, with dwells that move nothing; where it cannot be proven, and "
        "with 0, each line waits for the one before. A number that is too high makes the printer lose bytes in silence",
    )
    dialect: str = Field(
        default="auto",
        description="firmware dialect the link goes by (docs/dialects.md); auto recognises it by greeting and M115, which is "
        "right unless a fork calls itself something else",
    )
    meatpack: bool = Field(
        default=True,
        description="pack a job's lines, two characters in a byte, where the firmware says that it can unpack them (MEATPACK): "
        "more than half as many moves again over a slow port. Tested before each job, and given up at the first doubt",
    )
    temperature_interval_seconds: int = Field(
        default=1,
        ge=1,
        le=60,
        description="how often temperatures are reported; the firmware reports by itself where it can (M155)",
    )

    @field_validator("port")
    @classmethod
    def _known_kind_of_port(cls, value: str) -> str:
        parse_port(value)
        return value

    @field_validator("receive_buffer_bytes", mode="before")
    @classmethod
    def _size_or_auto(cls, value: Any) -> Any:
        """One complaint instead of one for each half of the union."""
        if value == "auto":
            return value
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_RECEIVE_BUFFER:
            raise ValueError(f'an integer from 0 to {MOST_RECEIVE_BUFFER}, or "auto"')
        return value

    @field_validator("dialect")
    @classmethod
    def _known_dialect(cls, value: str) -> str:
        if value != "auto" and value not in DIALECTS:
            raise ValueError(f'"auto" or one of {", ".join(DIALECTS)}')
        return value

    @field_validator("baud", mode="before")
    @classmethod
    def _speed_or_auto(cls, value: Any) -> Any:
        """One complaint instead of one for each half of the union."""
        if isinstance(value, str) and value == "auto":
            return "auto"
        if not isinstance(value, int) or isinstance(value, bool) or not SLOWEST_BAUD <= value <= FASTEST_BAUD:
            raise ValueError(f'an integer from {SLOWEST_BAUD} to {FASTEST_BAUD}, or "auto"')
        return value
