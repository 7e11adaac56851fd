"""`hydrogen audit`: who did what, and whether the record of it is whole. Reads the data folder of this machine."""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

from hydrogen.auth.audit_files import AuditFiles
from hydrogen.cli.address import data_dir, places_of
from hydrogen.cli.exit_code import ExitCode


def verify(options: argparse.Namespace) -> ExitCode:
    """Read the whole chain; every break is told on its line, and the exit code is then 6."""
    check = _files(options).verify(options.expect or ())
    for sentence in check.breaks:
        print(sentence, file=sys.stderr)
    if check.breaks:
        print(f"the audit log is not whole: {len(check.breaks)} break(s) in {check.records} records", file=sys.stderr)
        return ExitCode.FAILED
    if check.end is None:
        print("the audit log is empty")
    else:
        print(f"the audit log is whole: {check.records} records, up to number {check.end.number}")
        print(check.end.digest)
    return ExitCode.DONE


def show(options: argparse.Namespace) -> ExitCode:
    """The last records, the oldest first; damaged lines are shown as such."""
    last: deque[Mapping[str, Any]] = deque(maxlen=options.number)
    for line, where in _files(options).lines():
        record = _record_from(line)
        if _is_asked_for(record, options):
            last.append(record or {"damaged": where})
    for record in last:
        print(json.dumps(record) if options.json else _sentence(record))
    return ExitCode.DONE


def _is_asked_for(record: Mapping[str, Any], options: argparse.Namespace) -> bool:
    asked = {"actor": options.actor, "action": options.action}
    return all(value is None or record.get(name) == value for name, value in asked.items())


def _sentence(record: Mapping[str, Any]) -> str:
    if "damaged" in record:
        return f"(damaged: {record['damaged']})"
    params = json.dumps(record.get("params") or {}, separators=(",", ":"))
    printer = record.get("printer") or "-"
    fields = ("at", "actor", "source", "action")
    return "  ".join([*(str(record.get(name)) for name in fields), printer, params, str(record.get("result"))])


def _record_from(line: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _files(options: argparse.Namespace) -> AuditFiles:
    return AuditFiles(data_dir(places_of(options)))
