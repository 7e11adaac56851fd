"""One life of the service: its signals, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.access import prepare_data_dir
from hydrogen.app import Hydrogen, ServeOptions
from hydrogen.cli.client import connected
from hydrogen.core.clock import SystemClock
from hydrogen.core.notify import Notifier
from hydrogen.errors import ConfigurationInvalid, PortsExhausted
from hydrogen.model.job import JobState, JobStatus
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.serving import Ending, serve, status_sentence
from tests.roof.house_in_process import configuration_for, house_in_process
from tests.support.listening_manager import ListeningManager
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


class ImpatientLog(RecordingLog):
    """Somebody presses Ctrl+C as soon as the first part of the house stands."""

    def debug(self, event: str, /, **fields: object) -> None:
        super().debug(event, **fields)
        if self.events().count("service started") == 1 and event == "service started":
            os.kill(os.getpid(), signal.SIGTERM)


def house_with(
    folder: Path, options: ServeOptions, log: RecordingLog, tables: Mapping[str, Mapping[str, Any]] | None = None
) -> Hydrogen:
    configuration = configuration_for(folder, {}, tables=tables or {})
    access = prepare_data_dir(configuration)
    return Hydrogen(configuration, access, options=options, clock=SystemClock(), log=log)


async def served(folder: Path, number: signal.Signals, options: ServeOptions, log: RecordingLog) -> Ending:
    house = house_with(folder, options, log)
    serving = asyncio.create_task(serve(house, options=options, log=log))
    await wait_until(lambda: "service ready" in log.events())
    os.kill(os.getpid(), number)
    return await serving


async def test_sigterm_behind_a_sighup_is_an_end_and_one_shutdown(tmp_path: Path) -> None:
    log = RecordingLog()
    house = house_with(tmp_path, ServeOptions(), log)
    serving = asyncio.create_task(serve(house, options=ServeOptions(), log=log))
    await wait_until(lambda: "service ready" in log.events())
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        os.kill(os.getpid(), number)
    assert await serving is Ending.STOPPED
    assert log.events().count("shutdown complete") == 1


@pytest.mark.parametrize(
    ("number", "ending"),
    [(signal.SIGTERM, Ending.STOPPED), (signal.SIGINT, Ending.STOPPED), (signal.SIGHUP, Ending.RESTART)],
)
async def test_signals_end_or_restart_the_house(tmp_path: Path, number: signal.Signals, ending: Ending) -> None:
    log = RecordingLog()
    assert await served(tmp_path, number, ServeOptions(), log) is ending
    assert "shutdown complete" in log.events()
    assert signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert not (tmp_path / "run" / "hydrogen.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_the_manager_hears_ready_then_food_then_the_end_or_the_restart(
    tmp_path: Path, number: signal.Signals
) -> None:
    log = RecordingLog()
    house = house_with(tmp_path, ServeOptions(), log)
    with ListeningManager(tmp_path) as manager:
        notifier = Notifier(manager.address, watchdog_seconds=0.3)
        serving = asyncio.create_task(serve(house, options=ServeOptions(), log=log, notifier=notifier))
        await wait_until(lambda: sum("WATCHDOG" in m for m in manager.heard()) > 2, within_seconds=30.0)
        assert manager.heard()[0] == {"READY": "1", "STATUS": "no printer is configured", "MAINPID": str(os.getpid())}
        os.kill(os.getpid(), number)
        await serving
        last = manager.heard()[-1]
        assert last.keys() & {"STOPPING", "RELOADING"} == {"STOPPING" if number is signal.SIGTERM else "RELOADING"}


async def test_a_port_that_does_not_listen_is_not_well(tmp_path: Path) -> None:
    log = RecordingLog()
    house = house_with(tmp_path, ServeOptions(), log)
    assert not house.is_serving
    serving = asyncio.create_task(serve(house, options=ServeOptions(), log=log))
    await wait_until(lambda: house.is_serving, within_seconds=30.0)
    await wait_until(lambda: "service ready" in log.events(), within_seconds=30.0)
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
    assert not house.is_serving


def test_the_status_names_every_printer_and_its_job() -> None:
    job = JobState(id="j", file="cube.gcode", status=JobStatus.PRINTING, fraction=0.414)
    printers = {
        "mk3": PrinterState(status=PrinterStatus.IDLE),
        "e3": PrinterState(status=PrinterStatus.PRINTING, job=job),
    }
    assert status_sentence(State(printers=printers)) == "e3 printing 41% of cube.gcode; mk3 idle"


async def test_sighup_is_refused_while_the_configuration_would_not_start(tmp_path: Path) -> None:
    def refuse() -> None:
        raise ConfigurationInvalid("hydrogen.toml: nonsense")

    log, options = RecordingLog(), ServeOptions(may_restart=refuse)
    house = house_with(tmp_path, options, log)
    serving = asyncio.create_task(serve(house, options=options, log=log))
    await wait_until(lambda: "service ready" in log.events())
    os.kill(os.getpid(), signal.SIGHUP)
    await wait_until(lambda: "restart refused" in log.events("error"))
    os.kill(os.getpid(), signal.SIGTERM)
    assert await serving is Ending.STOPPED


async def test_what_keeps_the_house_from_starting_is_raised_and_nothing_stays_open(tmp_path: Path) -> None:
    log, options = RecordingLog(), ServeOptions()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = {"port": holder.getsockname()[1], "port_fallback": False}
        house = house_with(tmp_path, options, log, {"web": taken})
        with pytest.raises(PortsExhausted, match=str(taken["port"])):
            await serve(house, options=options, log=log)
    assert "websocket" in [entry.fields["service"] for entry in log.entries if entry.event == "service started"]
    assert house.bound_port == 0
    assert not (tmp_path / "run" / "hydrogen.json").exists()


async def test_a_signal_during_the_start_is_obeyed(tmp_path: Path) -> None:
    log, options = ImpatientLog(), ServeOptions()
    assert await serve(house_with(tmp_path, options, log), options=options, log=log) is Ending.STOPPED
    assert "service ready" not in log.events()


async def test_a_failing_part_is_told_to_the_clients_with_an_incident_and_without_a_traceback(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house, connected(house.find_address()) as client:
        house.hydrogen._report("sampler", RuntimeError("secret inside"))
        async for frame in client.frames():
            if frame.get("type") == "error.raised":
                assert frame["error"]["code"] == "server_error"
                assert "secret" not in str(frame)
                incident = frame["error"]["details"]["incident"]
                break
    entry = next(entry for entry in house.log.entries if entry.event == "defect met")
    assert entry.fields["incident"] == incident


async def test_clients_find_the_bound_port_and_the_snapshot_holds_the_configured_printers(tmp_path: Path) -> None:
    missing = tmp_path / "ttyMISSING"
    async with house_in_process(tmp_path, {"bench": missing}) as house:
        assert str(house.hydrogen.bound_port) in house.find_address().url
        async with connected(house.find_address()) as client:
            async for frame in client.frames():
                if frame.get("type") == "snapshot":
                    assert frame["state"]["printers"]["bench"]["port"] == str(missing)
                    assert frame["state"]["printers"]["bench"]["driver"] == "marlin"
                    break


async def test_the_lifeline_ends_the_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    log, options = RecordingLog(), ServeOptions(has_lifeline=True)
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        house = house_with(tmp_path, options, log)
        serving = asyncio.create_task(serve(house, options=options, log=log))
        await wait_until(lambda: "service ready" in log.events())
        os.close(writer)
        assert await serving is Ending.STOPPED


async def test_a_part_that_fails_for_good_ends_the_house_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_again(_self: object) -> None:
        raise RuntimeError("again")

    monkeypatch.setattr("hydrogen.core.backoff.Backoff.next_delay", lambda _self: 0.0)
    monkeypatch.setattr("hydrogen.system.sampler.HostSampler.run", break_again)
    log, options = RecordingLog(), ServeOptions()
    assert await serve(house_with(tmp_path, options, log), options=options, log=log) is Ending.FAILED
