"""The service's log: structlog, set up in one place, with secrets masked. Imported by the roof only.

In a terminal lines for people, otherwise one JSON object per line. What other packages write with the standard library's
logging (warnings and above) goes the same way.

Nothing given to this log can make it raise: values are turned into plain ones without calling code that is not trusted to
work, and are bounded in depth, number and length before structlog sees them.
"""

from __future__ import annotations

import importlib
import logging
import math
import re
import reprlib
import sys
import traceback
from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, TextIO

from hydrogen.core.log import Log
from hydrogen.core.log_ring import LogRing
from hydrogen.errors import HydrogenError

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger

MASK = "***"
"""What stands in place of a secret."""

MAX_TEXT = 8192
"""Characters of one value; a frame that a stranger sent must not fill the disk."""

MAX_ITEMS = 64
"""Entries of one mapping or list."""

MAX_DEPTH = 5
"""Levels of nesting; also ends cycles."""

SECRET_NAME = re.compile(r"key|ticket|token|pass|secret|auth|cred|cert|jwt", re.IGNORECASE)
"""A field so called is masked, whatever it holds: one fact too few in a log is cheaper than one secret too many."""

_NAME_IN_TEXT = r"\w*(?:key|ticket|token|secret|passw(?:or)?d)\w*"

_SECRETS_IN_TEXT = (
    (re.compile(rf"\b({_NAME_IN_TEXT})=[^&\s\"'<>#;,)\]}}]+", re.IGNORECASE), rf"\1={MASK}"),
    (re.compile(rf"([\"']{_NAME_IN_TEXT}[\"']\s*:\s*[\"'])[^\"']*", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b(Authorization['\"]?\s*[:=,]\s*['\"]?\w+) +[^\s\"',]+", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"\b(Bearer) +[^\s\"',]+"), rf"\1 {MASK}"),
    (re.compile(r"\b(hyd_)[A-Za-z0-9_-]{16,}"), rf"\1{MASK}"),
    (re.compile(r"\b(eyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]*"), rf"\1{MASK}"),
    (re.compile(r"(\w+://[^/\s:@]*):[^/\s@]+@"), rf"\1:{MASK}@"),
)
"""Secrets that travel in URLs, JSON and headers, and so in messages and exceptions that quote them; and what looks like a key
or a signed token of ours, wherever it stands."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that would act on a terminal; line feed and tab are harmless, the renderers quote them."""

_RESERVED = frozenset({"event", "level", "timestamp", "exc_info", "stack_info", "stack", "exception", "logger", "self"})

_LEVELS: Mapping[str, int] = MappingProxyType(
    {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR},
)

_LEVEL_NAMES: Mapping[int, str] = MappingProxyType({number: name for name, number in _LEVELS.items()})


def configure_log(
    *, level: str = "info", json: bool | None = None, stream: TextIO | None = None, ring: LogRing | None = None
) -> Log:
    """The log of this process. Call it once, at the roof.

    level: debug, info, warning or error. json: None means lines for people if `stream` (default stderr) is a terminal, JSON
    otherwise. ring: where the last lines are kept too, those of level info at the least. Raises ValueError for a level that is
    unknown.
    """
    threshold = _LEVELS.get(level.lower())
    if threshold is None:
        raise ValueError(f"unknown log level {level!r}; one of {', '.join(_LEVELS)}")
    structlog = _import_structlog()
    target = sys.stderr if stream is None else stream
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if json is False or (json is None and target.isatty()):
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=target.isatty(), sort_keys=False, exception_formatter=plain)
    logger = structlog.wrap_logger(
        _LineWriter(target),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _head_first,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        context_class=dict,
        cache_logger_on_first_use=True,
    )
    log = StructuredLog(logger.bind(), ring)
    _adopt_standard_logging(log)
    return log


def _import_structlog() -> ModuleType:
    """structlog without rich, which it loads wherever that is installed: 4.7 MiB and 0.1 s for tracebacks we do not show."""
    absent: Any = None
    if "rich" not in sys.modules:
        sys.modules["rich"] = absent  # importing it fails now (the import system's own convention)
    try:
        return importlib.import_module("structlog")
    finally:
        if sys.modules.get("rich", absent) is absent:
            sys.modules.pop("rich", None)


def _head_first(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """When, how grave and what first, then the facts."""
    head = {name: entry.pop(name) for name in ("timestamp", "level", "event")}
    return {**head, **entry}


class StructuredLog:
    """A `Log` that makes every field plain and masks secrets before structlog sees them."""

    def __init__(self, logger: FilteringBoundLogger, ring: LogRing | None = None) -> None:
        self._logger = logger
        self._ring = ring

    def debug(self, event: str, /, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        is_shown = self._logger.is_enabled_for(level)
        ring = self._ring if is_shown or level >= logging.INFO else None
        if not is_shown and ring is None:
            return
        text, shown = redact_text(event), redact_fields(fields)
        if ring is not None:
            ring.add(_LEVEL_NAMES[level], text, shown)
        if is_shown:
            self._logger.log(level, text, **shown)


def redact_fields(fields: Mapping[str, object]) -> dict[str, Any]:
    """The fields as JSON values with secrets masked; names that structlog uses itself get a `_` behind.

    The traceback of an exception that is nobody's expectation (not ours, not the operating system's) goes into `exception`.
    """
    shown = {f"{name}_" if name in _RESERVED else name: _redact_field(name, item, 0) for name, item in fields.items()}
    for value in fields.values():
        if isinstance(value, Exception) and value.__traceback__ and not isinstance(value, HydrogenError | OSError):
            shown["exception"] = redact_text("".join(traceback.format_exception(value, limit=-8)).strip())
    return shown


def redact_text(text: object) -> str:
    """Text without secrets, control characters and lone surrogates, at most MAX_TEXT characters."""
    # "".join gives the characters of a str subclass without calling its methods.
    shown = "".join((text,)) if isinstance(text, str) else reprlib.repr(text)
    shown = shown[:MAX_TEXT] + ("…" if len(shown) > MAX_TEXT else "")
    for pattern, replacement in _SECRETS_IN_TEXT:
        shown = pattern.sub(replacement, shown)
    shown = _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", shown)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def _redact_field(name: str, value: object, depth: int) -> Any:
    return MASK if SECRET_NAME.search(name) and value is not None else _redact(value, depth)


def _redact(value: object, depth: int) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int):
        return value if kind is not int or abs(value) < 2**63 else reprlib.repr(value)  # type: ignore[arg-type]
    if isinstance(value, float):
        number = float.__float__(value)
        return number if math.isfinite(number) else str(number)
    if isinstance(value, PurePath):
        return redact_text(str(value))
    if isinstance(value, BaseException):
        return redact_text(_describe_error(value))
    if isinstance(value, dict | MappingProxyType | list | tuple | set | frozenset):
        return "…" if depth >= MAX_DEPTH else _redact_collection(value, depth + 1)
    return redact_text(value)


def _redact_collection(value: Any, depth: int) -> Any:
    if isinstance(value, dict | MappingProxyType):
        pairs = dict.items(value) if isinstance(value, dict) else value.items()
        shown = [(redact_text(name), item) for _, (name, item) in zip(range(MAX_ITEMS), pairs, strict=False)]
        return {name: _redact_field(name, item, depth) for name, item in shown}
    return [_redact(item, depth) for _, item in zip(range(MAX_ITEMS), value, strict=False)]


def _describe_error(error: BaseException) -> str:
    """Its type and message; our own errors with their code. The standard library survives a broken `__str__`."""
    if isinstance(error, HydrogenError):
        return f"{error.code}: {error.message}"
    return "".join(traceback.format_exception_only(error)).strip()


class _LineWriter:
    """Where the rendered lines go; structlog calls the method that is named like the level."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except UnicodeEncodeError:
            self.msg(line.encode("ascii", "backslashreplace").decode("ascii"))
        except (OSError, ValueError):
            # A closed pipe or a full disk: the log is not worth the print.
            return

    debug = info = warning = error = msg


class _StandardLogBridge(logging.Handler):
    """Hands records of the standard library's logging to our log."""

    def __init__(self, log: Log) -> None:
        super().__init__(level=logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = str(record.msg)
        fields: dict[str, object] = {"source": record.name, "text": message}
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = record.exc_info[1]
        tell = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        tell("foreign code logged", **fields)


def _adopt_standard_logging(log: Log) -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _StandardLogBridge):
            root.removeHandler(handler)
    root.addHandler(_StandardLogBridge(log))
