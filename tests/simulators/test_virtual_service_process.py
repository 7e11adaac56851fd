"""The running service of the pytest plugin, when something is wrong with it. That it works is shown by its users."""

from __future__ import annotations

import sys
import time

import pytest

from hydrogen_simulators.service_process import LOOK_SECONDS, START_SECONDS, HydrogenService, ServiceFailed


def test_a_service_that_does_not_start_says_why(tmp_path):
    service = HydrogenService(tmp_path / "house", {"p": "/dev/null"}, {"websocket": 'host = "127.0.0.1"\ncolour = 1'})
    with pytest.raises(ServiceFailed, match="colour"):
        service.start()
    assert service.stop() is None


def test_a_command_that_fails_is_told_unless_it_may(tmp_path, monkeypatch):
    service = HydrogenService(tmp_path / "house", {})
    service._record = {"websocket_port": 1, "web_port": 2}
    assert (service.url, service.http_url) == ("ws://127.0.0.1:1/", "http://127.0.0.1:2")
    assert service.headers == {"Authorization": f"Key {service.key}"}
    assert service.run("--nonsense", check=False).returncode == 2
    with pytest.raises(ServiceFailed, match="exit code 2"):
        service.run("--nonsense")
    assert sys.executable


def test_a_service_that_died_is_followed_by_the_next_and_leaves_nothing_behind(hydrogen_service):
    service, spooler = hydrogen_service, hydrogen_service.spooler_pid("virtual")
    assert spooler in service.spooler_pids()
    service.kill()
    service.start()
    until = time.monotonic() + START_SECONDS  # it may meet the former spooler while that one ends
    while service.spooler_pid("virtual") in (None, spooler):
        assert time.monotonic() < until, service.log
        time.sleep(LOOK_SECONDS)
    service.await_status("idle")
    service.clean_up()
    assert service.spooler_pids() == []
    with pytest.raises(ServiceFailed, match="does not tell its printers"):
        service.printers()


def test_files_lie_where_the_service_looks(tmp_path):
    service = HydrogenService(tmp_path / "house", {"a": "/dev/ttyA"}, {"printers.a.heat": "x = 1"})
    assert service.put("sub/cube.gcode", "G28\n").read_text() == "G28\n"
    text = service.config.read_text()
    assert 'port = "/dev/ttyA"' in text
    assert "[printers.a.heat]\nx = 1" in text
    assert service.key in text
    assert service.log == ""
