"""What small boards say about temperatures, line by line. Pure.

Shapes that are read without a pattern, each with the channels it gives:

=====================================  ==================================================
``23.50``, ``23.5 C``, ``-40F``        a bare number: channel `1`
``T1:23.5 T2:41.0``                    labels, with ``:`` or ``=``: channels `T1`, `T2`
``Humidity: 45.0 %  Temp: 23.5 *C``    the same with words and units: `Humidity`, `Temp`
``23.50,41.00``, ``1;2``, tabs         a table's line: channels `1`, `2`
``{"t1": 23.5, "air": {"rh": 40}}``    JSON: channels `t1`, `air.rh`; of a list `1`, `2`
=====================================  ==================================================

A board that has lost its probe says ``nan``, ``---``, ``err`` or ``null`` in the place of a number: that is a measurement
without a value. A line in which nothing is understood is None: boards say hello, and a line may be damaged.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement

MOST_LINE_BYTES = 256
"""Longer lines are cut: nothing that measures says so much, and a pattern is looked for in all of it."""

MOST_CHANNELS = 32

NO_NUMBER = "it said that it has no reading"

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
_NOTHING = r"(?:nan|[-+]?inf(?:inity)?|null|none|n/?a|ovf|err(?:or)?|fault|open|-{2,})"
_UNIT = r"(?:[°º*]|deg )?(?:%(?:rh)?|[cfk]\b|℃|℉|hpa\b|mbar\b|ppm\b|rpm\b|[vaw]\b)"

_FIGURE = rf"(?P<figure>{_NUMBER}(?![\d.])|{_NOTHING}(?!\w))"
_bare = re.compile(rf"{_FIGURE}\s*(?P<unit>{_UNIT})?", re.IGNORECASE).fullmatch
_labelled = re.compile(
    rf"(?P<label>[A-Za-z](?:[\w.-]| (?=[\w.-])){{0,31}})\s*[:=]\s*{_FIGURE}\s*(?P<unit>{_UNIT})?", re.IGNORECASE
).finditer
_cells = re.compile(r"[,;\t]").split


class LineReader:
    """Reads lines of one board."""

    def __init__(self, pattern: str = "") -> None:
        """pattern: with a named group for each channel; "" for the shapes above. Raises re.error."""
        self._search = re.compile(pattern).search if pattern else None

    def read(self, line: str) -> dict[str, Measurement] | None:
        """Channels of the line by name, in order; None where there is nothing to read. Never raises."""
        text = line[:MOST_LINE_BYTES].strip()
        if not text:
            return None
        found = dict(self._by_pattern(text) if self._search is not None else _by_shape(text))
        return {name: found[name] for name in list(found)[:MOST_CHANNELS]} or None

    def _by_pattern(self, text: str) -> Iterator[tuple[str, Measurement]]:
        match = self._search(text) if self._search is not None else None
        if match is None:
            return
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        for name, value in groups.items():
            if name != "unit" and not name.endswith("_unit"):
                unit = groups.get(f"{name}_unit", groups.get("unit", ""))
                # A comma in a single figure is how half of Europe writes a point.
                yield name, measurement_from(value.replace(",", "."), unit)


def pick_channel(channels: Mapping[str, Measurement], wanted: str) -> Measurement | None:
    """The channel of this name, upper and lower case alike; the first one for FIRST_CHANNEL; None if it is not there."""
    if wanted == FIRST_CHANNEL:
        return next(iter(channels.values()), None)
    exact = channels.get(wanted)
    if exact is not None:
        return exact
    return next((found for name, found in channels.items() if name.lower() == wanted.lower()), None)


def measurement_from(figure: str, unit: str = "") -> Measurement:
    """A figure as a device writes it. What is no number, or none that is finite, is a measurement without a value."""
    unit = unit.strip().lstrip("*°º").removeprefix("deg ").strip()
    try:
        value = float(figure.strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        return Measurement(value=None, unit=unit, fault=NO_NUMBER)
    return Measurement(value=value, unit=unit)


def _by_shape(text: str) -> Iterator[tuple[str, Measurement]]:
    if text[0] in "{[":
        yield from _by_json(text)
        return
    bare = _bare(text)
    if bare is not None:
        yield "1", measurement_from(bare["figure"], bare["unit"] or "")
        return
    labelled = list(_labelled(text))
    if labelled:
        for match in labelled:
            yield match["label"].strip(), measurement_from(match["figure"], match["unit"] or "")
        return
    texts = [cell.strip() for cell in _cells(text)]
    if len(texts) == 1:
        texts = text.split()
    cells = [(number, _bare(cell)) for number, cell in enumerate(texts, 1) if cell]
    if all(cell for _, cell in cells):  # a greeting may hold a figure, too
        for number, cell in cells:
            if cell is not None:
                yield str(number), measurement_from(cell["figure"], cell["unit"] or "")


def _by_json(text: str) -> Iterator[tuple[str, Measurement]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _of_json("", told, depth=3)


def _of_json(name: str, told: Any, *, depth: int) -> Iterator[tuple[str, Measurement]]:
    """Numbers, and what stands where a number should, under their path; a `null` is a sensor without a reading."""
    if depth and isinstance(told, dict | list):
        inner = told.items() if isinstance(told, dict) else enumerate(told, 1)
        for key, value in inner:
            yield from _of_json(f"{name}.{key}" if name else str(key), value, depth=depth - 1)
    elif told is None:
        yield name, Measurement(value=None, fault=NO_NUMBER)
    elif isinstance(told, int | float) and not isinstance(told, bool):
        try:
            yield name, measurement_from(str(float(told)))
        except OverflowError:
            yield name, Measurement(value=None, fault=NO_NUMBER)
    elif isinstance(told, str) and (bare := _bare(told.strip())) is not None:
        yield name, measurement_from(bare["figure"], bare["unit"] or "")
