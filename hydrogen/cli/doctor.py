"""`hydrogen doctor [PRINTER]`: what is wrong, how surely, and what to do; with and without a service that runs.

The checks look at this machine. The verdicts are the service's, which has watched the links; where none runs, the kernel's log
and the ports tell what they can.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hydrogen import __version__
from hydrogen.cli.address import default_config_file, find_service
from hydrogen.cli.client import connected
from hydrogen.cli.command import places_of
from hydrogen.cli.exit_code import ExitCode
from hydrogen.config import Configuration, configuration_from_table, configured_printers, load_configuration
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.core.log import SilentLog
from hydrogen.doctor.check import CheckResult, HouseFacts, Patient, run_checks
from hydrogen.doctor.diagnosis import diagnose
from hydrogen.doctor.evidence import Evidence
from hydrogen.doctor.kernel_reader import KernelLogReader
from hydrogen.doctor.surroundings import Surroundings
from hydrogen.errors import ConfigurationInvalid, FileUnreadable, HydrogenError, NotFound, ServiceUnreachable
from hydrogen.fleet.runtime import CONTRACT_VERSION, ServiceRecord, read_service_record
from hydrogen.model.codec import decode_json, plain
from hydrogen.model.host import HostState
from hydrogen.model.printer import PrinterStatus
from hydrogen.system.disk_watch import DiskThresholds, DiskWatch
from hydrogen.system.sampler import measure_host
from hydrogen.system.throttling import ThrottlingReader

MARKS: Mapping[str, str] = {"ok": "ok", "warning": "warning", "failed": "FAILED", "skipped": "skipped"}

ILL = frozenset({"high", "medium"})
"""Of what confidence a verdict must be for an exit code that is not 0; `unknown` counts as well."""


async def doctor(options: argparse.Namespace) -> ExitCode:
    """0 when nothing is wrong, 1 for a check that failed or a verdict."""
    clock, around = SystemClock(), Surroundings()
    configuration, first = _configuration(options)
    host = _host(configuration)
    facts = _facts(configuration)
    checks = [*first, *run_checks(Patient(facts=facts, host=host, now=clock.wall(), around=around))]
    try:
        diagnoses: Sequence[Mapping[str, Any]] = await _asked(options)
    except ServiceUnreachable:
        checks.append(CheckResult(name="service", outcome="skipped", sentence="none runs here", mend="hydrogen serve"))
        diagnoses = _seen_from_here(facts, host, around, clock, options.printer)
    if options.json:
        print(json.dumps({"checks": [asdict(one) for one in checks], "diagnoses": list(diagnoses)}))
    else:
        for line in report_lines(checks, diagnoses):
            print(line)
    return ExitCode.NOT_PRINTED if _is_ill(checks, diagnoses) else ExitCode.DONE


def report_lines(checks: Sequence[CheckResult], diagnoses: Sequence[Mapping[str, Any]]) -> list[str]:
    """For people."""
    lines = []
    for check in checks:
        lines.append(f"{MARKS[check.outcome]:<8} {check.name}: {check.sentence}")
        if check.mend and check.outcome in ("warning", "failed"):
            lines.append(f"         -> {check.mend}")
    for diagnosis in diagnoses:
        lines.append(f"\n{diagnosis['printer']}")
        for verdict in diagnosis["verdicts"]:
            lines.append(f"  {verdict['sentence']} ({verdict['cause']}, {verdict['confidence']} confidence)")
            lines += [f"    seen: {sentence}" for sentence in verdict["evidence"]]
            if verdict["next_step"]:
                lines.append(f"    -> {verdict['next_step']}")
        lines += [f"  not looked at: {sentence}" for sentence in diagnosis["not_seen"]]
    return lines


def _is_ill(checks: Sequence[CheckResult], diagnoses: Sequence[Mapping[str, Any]]) -> bool:
    verdicts = [verdict for diagnosis in diagnoses if not diagnosis["healthy"] for verdict in diagnosis["verdicts"]]
    has_verdict = any(one["confidence"] in ILL or one["cause"] == "unknown" for one in verdicts)
    return has_verdict or any(check.outcome == "failed" for check in checks)


async def _asked(options: argparse.Namespace) -> Sequence[Mapping[str, Any]]:
    async with connected(find_service(places_of(options))) as client:
        told = await client.command("system.diagnose", options.printer)
    return list(told["diagnoses"])


def _configuration(options: argparse.Namespace) -> tuple[Configuration, list[CheckResult]]:
    """The one that is meant; the default one where there is none, or where it cannot be used."""
    path: Path | None = options.client_config or default_config_file()
    name = "configuration"
    try:
        found = load_configuration(path)
    except ConfigurationInvalid as error:
        mend = f"hydrogen check-config {path}" if path is not None else "look at the variables HYDROGEN_…"
        bad = CheckResult(name=name, outcome="failed", sentence=str(error), mend=mend)
        return configuration_from_table({}, "defaults"), [bad]
    said = f"{path} is right" if path is not None else "there is no file; the defaults count"
    if options.runtime_dir is not None:
        server = found.server.model_copy(update={"runtime_dir": options.runtime_dir.absolute()})
        found = found.model_copy(update={"server": server})
    return found, [CheckResult(name=name, outcome="ok", sentence=said)]


def _host(configuration: Configuration) -> HostState:
    data_dir = configuration.server.data_dir
    nearest = next((place for place in (data_dir, *data_dir.parents) if place.exists()), Path("/"))
    host = measure_host(nearest, throttling=ThrottlingReader(SilentLog()).read)
    limits = configuration.retention
    watch = DiskWatch(DiskThresholds(low_bytes=limits.disk_low_bytes, critical_bytes=limits.disk_critical_bytes))
    return replace(host, disk=watch.look(host.disk_free_bytes, host.disk_total_bytes))


def _facts(configuration: Configuration) -> HouseFacts:
    server = configuration.server
    record = read_service_record(server.runtime_dir)
    return HouseFacts(
        data_dir=server.data_dir,
        runtime_dir=server.runtime_dir,
        version=__version__,
        printers=tuple((one.name, one.port) for one in configured_printers(configuration)),
        listeners=_listeners(configuration, record),
        service_version=record.version if record is not None else None,
        contracts=_contracts(server.runtime_dir),
        contract=CONTRACT_VERSION,
        certificate_ends_at=_certificate_ends_at(configuration),
    )


def _listeners(
    configuration: Configuration, record: ServiceRecord | None
) -> tuple[tuple[str, str, int, int | None], ...]:
    websocket, web = configuration.websocket, configuration.web
    bound = (record.websocket_port, record.web_port) if record is not None else (None, None)
    listeners = [("websocket", websocket.host, websocket.port, bound[0])]
    if web.enabled:
        listeners.append(("web", web.host, web.port, bound[1]))
    return tuple(listeners)


def _contracts(runtime_dir: Path) -> tuple[tuple[str, str], ...]:
    found = []
    for path in sorted(runtime_dir.glob("*.json")):
        try:
            body = decode_json(path.read_bytes())
        except (OSError, HydrogenError):
            continue
        if isinstance(body, dict) and "contract" in body:
            found.append((path.stem, str(body["contract"])))
    return tuple(found)


def _certificate_ends_at(configuration: Configuration) -> float | None:
    path = configuration.tls.certificate
    if path is None:
        return None
    from hydrogen.auth.certificate import ends_at

    try:
        return ends_at(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise FileUnreadable(f"cannot read the certificate {path}: {error}", file=str(path)) from error


def _seen_from_here(
    facts: HouseFacts, host: HostState, around: Surroundings, clock: Clock, printer: str | None
) -> list[Mapping[str, Any]]:
    """Without a service nobody has watched the links; the ports and the kernel can be asked all the same."""
    printers = [(name, port) for name, port in facts.printers if printer in (None, name)]
    if printer is not None and not printers:
        raise NotFound(f"unknown printer {printer!r}", printer=printer)
    kernel, programs = KernelLogReader(clock).read(), around.programs()
    told: list[Mapping[str, Any]] = []
    for name, port in printers:
        evidence = Evidence(
            printer=name,
            now=clock.wall(),
            port=port,
            status=PrinterStatus.OFFLINE,
            kernel=kernel,
            host=host,
            port_facts=around.port(port),
            programs=programs,
        )
        diagnosis = diagnose(evidence)
        told.append({"healthy": diagnosis.is_healthy, **plain(diagnosis)})
    return told
