"""`hydrogen sensors`: what is measured beside the printers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hydrogen.cli.address import find_service
from hydrogen.cli.client import connected
from hydrogen.cli.command import places_of
from hydrogen.cli.exit_code import ExitCode

_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "celsius": " °C",
        "percent": " %",
        "hectopascal": " hPa",
        "ppm": " ppm",
        "volt": " V",
        "ampere": " A",
        "watt": " W",
        "rpm": " rpm",
    }
)


async def sensors(options: argparse.Namespace) -> ExitCode:
    """One line for each, with its value or why there is none."""
    async with connected(find_service(places_of(options))) as client:
        told: Mapping[str, Mapping[str, Any]] = (await client.command("sensor.list", options.printer)).get(
            "sensors", {}
        )
    if options.json:
        print(json.dumps(told, ensure_ascii=False))
        return ExitCode.DONE
    for line in sensor_lines(told):
        print(line)
    return ExitCode.DONE


def sensor_lines(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """For people."""
    if not told:
        return ["no sensor is configured ([sensors.NAME], docs/sensors.md)"]
    width = max(len(name) for name in told)
    return [f"{name:<{width}}  {value_text(sensor):>12}  {_notes(sensor)}".rstrip() for name, sensor in told.items()]


def value_text(sensor: Mapping[str, Any]) -> str:
    """`23.5 °C`, or the word for why there is no value."""
    value = sensor.get("value")
    if value is None:
        return str(sensor.get("quality"))
    return f"{value:.1f}{_SIGNS.get(str(sensor.get('unit')), '')}"


def _notes(sensor: Mapping[str, Any]) -> str:
    alarm = sensor.get("alarm")
    notes = [
        sensor.get("label"),
        f"printer {sensor['printer']}" if sensor.get("printer") else None,
        f"ALARM: {_limit_text(alarm)}" if alarm else None,
        sensor.get("reason"),
        "simulated" if sensor.get("simulated") else None,
    ]
    return ", ".join(str(note) for note in notes if note)


def _limit_text(limit: Mapping[str, Any]) -> str:
    side = "above" if limit.get("above") is not None else "below"
    return f"{side} {limit.get(side):g} ({limit.get('action')})"
