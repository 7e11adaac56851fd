"""A recording becomes a persona: the printer that somebody has, in anybody's tests.

What is learnt from a talk (``endpoints/recording.py`` tells the format): the greeting, the identity word for word, the form of
temperatures and of ``ok``, whether it says that it is busy, which commands it does not know, which it runs without a word, and
what it answers to questions whose answers do not change (``QUESTIONS``). Everything else, such as how lines are judged and
what a resend looks like, comes from the persona whose firmware has the same name; where none has, from ``marlin-2-avr``.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.firmware.speech import Power, TemperatureForm
from hydrogen_simulators.personas import PERSONAS, Persona, persona_named

FORMAT_VERSION = 1
"""The recordings that are understood."""

QUESTIONS = frozenset(
    {"M119", "M503", "M20", "M21", "M92", "M203", "M201", "M204", "M205", "M206", "M851", "M420", "M412"}
)
"""Commands whose answers are said again word for word."""

TALKATIVE = frozenset({"G92", "M106", "M107", "M110", "M73", "M140", "M117", "M220", "M31", "M500", "M501", "M502"})
"""Commands that a Marlin may or may not answer with words of its own."""

PLACES = frozenset({"M114", "G92", "G28", "G29"})
"""Commands whose answer is a position; otherwise such a line is an automatic report."""

_NUMBERED = re.compile(r"N-?\d+ *")
_OK = re.compile(r"ok(?: N\d+)?( P\d+ B\d+)?(.*)")
_ASIDE = re.compile(r"(?:echo:busy|//action:|wait$| ?T:.*@:.*|X:.* Count )")
_TOOL = re.compile(r"\bT:(-?\d+(?:\.(\d+))?) */(-?\d+(?:\.(\d+))?)")
_OTHER = re.compile(r" ([AP]):(-?[\d.]+)(?: */-?[\d.]+)?")
_UNKNOWN = "Unknown command"

LONGEST_GREETING = 60
"""A greeting of more lines is cut: it is no greeting."""


class RecordingRefused(ValueError):
    """The file is no recording, or nothing can be learnt from it; the message says why."""


@dataclass(slots=True)
class _Talk:
    """What was heard: greeting, the answers to each command, forms of ok."""

    greeting: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    oks: list[str] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)


def persona_from_file(path: Path) -> Persona:
    """The printer of a recording; raises RecordingRefused, OSError."""
    records: list[Mapping[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise RecordingRefused(f"{path} line {number} is not JSON: {error}") from error
        if not isinstance(record, dict):
            raise RecordingRefused(f"{path} line {number} is not an object")
        records.append(record)
    if not records or records[0].get("recording") != FORMAT_VERSION:
        raise RecordingRefused(f'{path} is no recording: its first line must have "recording": {FORMAT_VERSION}')
    return persona_from_recording(path.stem, records[1:])


def persona_from_recording(name: str, records: Iterable[Mapping[str, Any]]) -> Persona:
    """The printer of a talk; raises RecordingRefused where it never said who it is."""
    talk = _listen(records)
    identity = talk.answers.get("M115", [])
    about = next((line for line in identity if "FIRMWARE_NAME" in line), None)
    if about is None:
        raise RecordingRefused("the printer never answered M115 in this recording: nobody knows who it is")
    firmware = _value(about, "FIRMWARE_NAME")
    base = _closest(firmware, talk)
    settings = replace(base.settings, **_learnt(talk, base.settings, about, firmware))
    return Persona(name=name, title=f"{firmware} (a recording)", sources=(f"recording {name}",), settings=settings)


def _listen(records: Iterable[Mapping[str, Any]]) -> _Talk:
    """Give each answer to the command it belongs to: the oldest one without an ok."""
    talk = _Talk()
    waiting: deque[tuple[str, list[str]]] = deque()
    is_greeting = True  # words before ``start`` belong to it too (a boot loader's)
    for record in records:
        text = str(record.get("text", "")).rstrip("\r")
        if record.get("from") == "host":
            is_greeting = False
            command = _NUMBERED.sub("", text, count=1).partition("*")[0].strip()
            if command:
                waiting.append((command, []))
            continue
        if text == "start":
            talk.greeting = talk.greeting if is_greeting and "start" not in talk.greeting else []
            is_greeting = True
            waiting.clear()
        if is_greeting and len(talk.greeting) < LONGEST_GREETING and not text.startswith("ok"):
            talk.greeting.append(text)
            continue
        _hear(talk, waiting, text)
    if "start" not in talk.greeting:
        talk.greeting = []
    return talk


def _hear(talk: _Talk, waiting: deque[tuple[str, list[str]]], text: str) -> None:
    found = _OK.fullmatch(text)
    if found is None:
        if _ASIDE.match(text) and not (waiting and waiting[0][0].split()[0] in PLACES and text.startswith("X:")):
            talk.asides.append(text)
        elif waiting:
            waiting[0][1].append(text)
        return
    talk.oks.append(text)
    if waiting:
        command, lines = waiting.popleft()
        rest = found.group(2).strip()
        if rest:
            lines.insert(0, rest)
        talk.answers.setdefault(command, lines)


def _closest(firmware: str, talk: _Talk) -> Persona:
    """The persona of the same name, of those the one whose ok has the same form."""
    word = re.split(r"[ _\d]", firmware, maxsplit=1)[0]
    is_advanced = _is_advanced(talk)
    alike = [
        each for each in PERSONAS.values() if re.split(r"[ _\d]", each.settings.firmware_name, maxsplit=1)[0] == word
    ]
    for persona in alike:
        if persona.settings.advanced_ok == is_advanced:
            return persona
    return alike[0] if alike else persona_named("marlin-2-avr")


def _is_advanced(talk: _Talk) -> bool:
    """True if an ok carries ``P`` and ``B``: planner blocks and command slots."""
    return any(found.group(1) for ok in talk.oks if (found := _OK.fullmatch(ok)))


def _learnt(talk: _Talk, base: MarlinSettings, about: str, firmware: str) -> dict[str, Any]:
    """Changes of the base persona's settings."""
    identity = talk.answers["M115"]
    capabilities = {line[4:].rpartition(":")[0]: line.endswith(":1") for line in identity if line.startswith("Cap:")}
    extruders = _value(about, "EXTRUDER_COUNT")
    speech = replace(
        base.speech,
        identity=tuple(_literal(line) for line in identity),
        capabilities=(),
        greeting=tuple(_literal(line) for line in talk.greeting) or base.speech.greeting,
        settings_loaded=(),
        temperatures=_temperature_form(talk, base.speech.temperatures),
        mutes=base.speech.mutes | frozenset(_words(talk, TALKATIVE, has_lines=False)),
        answers=MappingProxyType(
            dict(base.speech.answers)
            | {
                name: tuple(_literal(line) for line in talk.answers[name])
                for name in sorted(QUESTIONS & talk.answers.keys())
                if talk.answers[name] and not _is_unknown(talk.answers[name])
            }
        ),
    )
    temperatures = " ".join(talk.answers.get("M105", []))
    return {
        "speech": speech,
        "firmware_name": firmware,
        "machine_name": _value(about, "MACHINE_TYPE") or base.machine_name,
        "extruder_count": int(extruders) if extruders.isdecimal() and int(extruders) else base.extruder_count,
        "has_bed": "B:" in temperatures if temperatures else base.has_bed,
        "has_chamber": "C:" in temperatures,
        "auto_report": capabilities.get("AUTOREPORT_TEMP", base.auto_report),
        "emergency_parser": capabilities.get("EMERGENCY_PARSER", base.emergency_parser),
        "host_prompts": capabilities.get("PROMPT_SUPPORT", base.host_prompts),
        "has_leveling": capabilities.get("AUTOLEVEL", base.has_leveling),
        "meatpack": capabilities.get("MEATPACK", False),
        "advanced_ok": _is_advanced(talk),
        "lacks": base.lacks | {command.split()[0] for command, lines in talk.answers.items() if _is_unknown(lines)},
    }


def _words(talk: _Talk, names: frozenset[str], *, has_lines: bool) -> list[str]:
    heard: dict[str, bool] = {}
    for command, lines in talk.answers.items():
        word = command.split()[0]
        if word in names:
            heard[word] = heard.get(word, False) or bool(lines)
    return [word for word, spoke in heard.items() if spoke is has_lines]


def _temperature_form(talk: _Talk, base: TemperatureForm) -> TemperatureForm:
    text = " ".join(talk.answers.get("M105", []))
    found = _TOOL.search(text)
    if found is None:
        return base
    before, at, behind = text.partition("@")
    others = "".join(match.group(0) for match in _OTHER.finditer(before))
    return replace(
        base,
        decimals=len(found.group(2) or ""),
        target_decimals=len(found.group(4) or ""),
        repeats_tool=" T0:" in text,
        power=base.power if "@" in text else Power.NONE,
        extra=others,
        suffix="".join(match.group(0) for match in _OTHER.finditer(behind)) if at else "",
    )


def _value(about: str, key: str) -> str:
    """What stands behind ``KEY:``, up to the next key (values have blanks and colons in them)."""
    found = re.search(rf"\b{key}:(.*?)(?= [A-Z][A-Z0-9_-]+:|$)", about)
    return found.group(1).strip() if found else ""


def _literal(line: str) -> str:
    """A template of ``str.format`` that says exactly this."""
    return line.replace("{", "{{").replace("}", "}}")


def _is_unknown(lines: Sequence[str]) -> bool:
    return bool(lines) and _UNKNOWN in lines[0]
