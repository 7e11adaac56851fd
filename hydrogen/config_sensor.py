"""The tables of sensors: what is read, what can be believed, what follows from it (docs/sensors.md)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hydrogen.config_driver import checked_driver
from hydrogen.config_problem import Problem, Refused, refusal
from hydrogen.config_section import PrinterSection, Section, typed_by_field
from hydrogen.fleet.plugins import PluginShelf
from hydrogen.fleet.sensors.conversion import SOURCE_UNITS
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.model.ids import is_printer_name
from hydrogen.model.sensor import MOST_LABEL, MOST_LIMITS, SensorAction, SensorLimit

Figure = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


class SensorLimitSection(Section):
    """What happens while the sensor is beyond a limit; up to three for each sensor, one for each action."""

    above: Figure | None = Field(
        default=None,
        description="The value above which it counts, in the sensor's unit: degrees Celsius for temperatures.",
    )
    below: Figure | None = Field(default=None, description="The value below which it counts; either this or `above`.")
    action: Literal["warn", "pause", "cancel_and_cool"] = Field(
        default="warn",
        description="`warn`: an error is told. `pause`: and what prints is paused. `cancel_and_cool`: and what prints is "
        "cancelled, heaters go off. Of the sensor's own printer, else of all printers. Once for each job: who resumes a job "
        "against it has the last word, a job that starts under it is stopped as well.",
    )
    for_seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = Field(
        default=5.0,
        description="Seconds that every reading must be beyond it. Five: one bad reading is no reason to stop a print.",
    )
    hysteresis: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = Field(
        default=1.0,
        description="How far the value must come back before the alarm ends, in the sensor's unit.",
    )

    @model_validator(mode="after")
    def _has_one_side(self) -> SensorLimitSection:
        if (self.above is None) == (self.below is None):
            raise ValueError("either above or below, not both")
        return self

    def limit(self) -> SensorLimit:
        """As the model has it."""
        return SensorLimit(**{**self.model_dump(), "action": SensorAction(self.action)})


class SensorTable(BaseModel):
    """One sensor. All keys but these belong to its driver."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, hide_input_in_errors=True)

    driver: str = Field(
        description="Name of an installed driver of sensors: `thermometer` (a serial port), `onewire` (DS18B20), "
        "`host_sensors`, `command`, or another one of the entry-point group `hydrogen.drivers`.",
    )
    label: Annotated[str, Field(max_length=MOST_LABEL)] = Field(
        default="",
        description="What people call it; its name by default.",
    )
    printer: str | None = Field(
        default=None,
        description="The printer that it belongs to: it is shown there, and what follows from its limits is done there. None "
        "by default: it belongs to the house, and its limits are about all printers.",
    )
    channel: Annotated[str, Field(max_length=64)] = Field(
        default="",
        description="Which value of a device that has several, as the driver names them. Tables with the same driver and the "
        "same keys of the driver are one device, which is opened once. Empty: the only one, or the first.",
    )
    unit: str = Field(
        default="celsius",
        description=f"What the device's figures are in: {', '.join(f'`{unit}`' for unit in SOURCE_UNITS)}. Temperatures are "
        "shown in degrees Celsius. A unit of temperature that the device names itself counts in its place.",
    )
    scale: Figure = Field(default=1.0, description="What the device's figure is multiplied with, before `offset`.")
    offset: Figure = Field(
        default=0.0,
        description="What is added to it then, in the device's unit: how far the sensor is off.",
    )
    minimum: Figure | None = Field(
        default=None,
        description="The least value that can be, in the unit that is shown. What is less is flagged `implausible` and not "
        "shown. None: what the unit allows, -60 for temperatures, 0 for percent.",
    )
    maximum: Figure | None = Field(
        default=None,
        description="The greatest value that can be. None: what the unit allows, 500 for temperatures, 100 for percent.",
    )
    interval_seconds: Annotated[float, Field(ge=0.2, le=3600, allow_inf_nan=False)] = Field(
        default=2.0,
        description="Seconds from reading to reading; of several sensors of one device the shortest counts. Two: chambers are "
        "slow, and a DS18B20 takes most of a second.",
    )
    stale_after_seconds: Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)] = Field(
        default=30.0,
        description="Seconds without a reading until the value is thrown away. At least twice the interval.",
    )
    limits: Annotated[tuple[SensorLimitSection, ...], Field(strict=False, max_length=MOST_LIMITS)] = Field(
        default=(),
        description="Tables, `[[sensors.NAME.limits]]`: what happens when it gets too warm, or too cold.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_environment_text(cls, table: Any) -> Any:
        return typed_by_field(cls, table)

    @field_validator("unit")
    @classmethod
    def _is_known(cls, unit: str) -> str:
        if unit not in SOURCE_UNITS:
            raise ValueError(f"one of {', '.join(SOURCE_UNITS)}")
        return unit

    @model_validator(mode="after")
    def _make_sense(self) -> SensorTable:
        if self.stale_after_seconds < 2 * self.interval_seconds:
            raise ValueError("stale_after_seconds of at least twice interval_seconds")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError("a minimum below the maximum")
        if self.scale == 0:
            raise ValueError("a scale other than 0")
        if len({limit.action for limit in self.limits}) < len(self.limits):
            raise ValueError("limits with an action each of their own")
        return self


def configured_sensors(
    tables: Mapping[str, SensorTable],
    printers: Mapping[str, PrinterSection],
    source: str = "",
    *,
    shelf: PluginShelf | None = None,
) -> tuple[ConfiguredSensor, ...]:
    """The sensors with their tables checked by their drivers. Raises ConfigurationInvalid. printers: those that there are."""
    shelf = shelf or PluginShelf()
    problems: list[Problem] = []
    sensors: list[ConfiguredSensor] = []
    held = {_device((table.model_extra or {}).get("port")): f"printers.{name}" for name, table in printers.items()}
    for name, table in tables.items():
        try:
            sensor = _configured_sensor(name, table, printers, source, shelf)
            _check_port(sensor, held, sensors, source)
            sensors.append(sensor)
        except Refused as refused:
            problems.extend(refused.problems)
    if problems:
        raise refusal(problems)
    return tuple(sensors)


def _check_port(
    sensor: ConfiguredSensor, held: Mapping[str, str], before: Sequence[ConfiguredSensor], source: str
) -> None:
    """A port has one holder: a sensor that takes a printer's would keep it from printing."""
    port = _device(sensor.settings.get("port"))
    if not port:
        return
    others = [
        other.name
        for other in before
        if _device(other.settings.get("port")) == port and not other.is_of_same_device(sensor)
    ]
    holder = held.get(port) or (f"sensors.{others[0]}" if others else "")
    if holder:
        key = f"sensors.{sensor.name}.port"
        expected = f"a port of its own ({holder} has this one), or the same driver's keys as a sensor of the same board"
        raise Refused([Problem(source=source, key=key, found=repr(sensor.settings["port"]), expected=expected)])


def _device(port: object) -> str:
    """Where a port's name leads to now; two names may lead to one device."""
    text = str(port or "")
    return os.path.realpath(text) if text.startswith("/") else text


def _configured_sensor(
    name: str, table: SensorTable, printers: Collection[str], source: str, shelf: PluginShelf
) -> ConfiguredSensor:
    where = f"sensors.{name}"
    if not is_printer_name(name):
        expected = "a name of 1 to 32 characters a-z, 0-9, - and _, the first a letter or digit"
        raise Refused([Problem(source=source, key=where, found=repr(name), expected=expected)])
    if table.printer is not None and table.printer not in printers:
        expected = f"a configured printer ({', '.join(printers) or 'there is none'})"
        raise Refused([Problem(source=source, key=f"{where}.printer", found=repr(table.printer), expected=expected)])
    driver = checked_driver(
        table.driver, table.model_extra or {}, kind="sensor", place=("sensors", name), source=source, shelf=shelf
    )
    return ConfiguredSensor(
        name=name,
        driver=table.driver,
        settings=driver.settings,
        channel=table.channel,
        unit=table.unit,
        scale=table.scale,
        offset=table.offset,
        minimum=table.minimum,
        maximum=table.maximum,
        interval_seconds=table.interval_seconds,
        stale_after_seconds=table.stale_after_seconds,
        label=table.label,
        printer=table.printer,
        limits=tuple(section.limit() for section in table.limits),
    )
