"""The control socket: requests of scripts, from outside and beside others."""

from __future__ import annotations

import contextlib
import json
import socket

import pytest

from hydrogen_simulators.__main__ import main
from hydrogen_simulators.endpoints.control_socket import ControlRefused, ControlSocket, Puppet, ask


@pytest.fixture
def control(tmp_path, start_virtual_printer):
    printers = [start_virtual_printer(name) for name in ("ttyA", "ttyB")]
    puppets = [Puppet(printer.name, printer.endpoint.do, printer.endpoint) for printer in printers]
    made = ControlSocket(tmp_path / "sim", puppets)
    yield made
    made.close()
    made.close()


def test_requests_are_answered_line_by_line(control):
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rwb") as stream:
        connection.connect(str(control.path))
        requests = [
            b'{"do": "mute"}',
            b'{"do": "state"}',
            b'{"do": "state", "printer": "ttyB"}',
            b"[]",
            b"{",
            b'{"do": 1}',
        ]
        stream.write(b"\n".join([*requests, b""]))
        stream.flush()
        answers = [json.loads(stream.readline()) for _ in requests]
    assert answers[0] == {"ok": True}
    assert answers[1]["result"]["is_muted"]
    assert not answers[2]["result"]["is_muted"]
    assert [answer["ok"] for answer in answers[3:]] == [False] * 3
    assert "a JSON object" in answers[3]["error"]


def test_a_printer_is_named_by_its_port_or_its_number(control):
    assert ask(control.path, {"do": "mute", "printer": 1}) == {"ok": True}
    assert ask(control.path, {"do": "state", "printer": "ttyB"})["result"]["is_muted"]
    answer = ask(control.path, {"do": "state", "printer": "ttyC"})
    assert answer["error"].startswith("no printer 'ttyC': there are ")


def test_a_request_without_an_end_is_not_kept(control):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(control.path))
        connection.sendall(b"x" * 70_000)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_the_command_line_asks_for_scripts(control, capsys):
    assert main(["do", str(control.path), "say", "text=//action:pause"]) == 0
    assert main(["do", str(control.path), "state"]) == 0
    assert json.loads(capsys.readouterr().out)["seconds"] >= 0
    assert main(["do", str(control.path), "filament", "present=maybe"]) == 1
    assert "present must be bool" in capsys.readouterr().err
    assert main(["do", "nowhere", "reset"]) == 1
    assert "no simulator answers at nowhere" in capsys.readouterr().err
    assert main(["do", str(control.path)]) == 2


def test_a_socket_in_no_folder_is_refused(tmp_path):
    with pytest.raises(ControlRefused, match="cannot be made"):
        ControlSocket(tmp_path / "nowhere" / "sim", [])


def test_a_printer_that_does_not_obey_is_told(monkeypatch):
    monkeypatch.setattr("hydrogen_simulators.endpoints.control_socket.ANSWER_SECONDS", 0.01)
    with pytest.raises(ValueError, match="does not answer"):
        Puppet("p", lambda action: None, None).perform(lambda stage: None)
