"""A printer behind a TCP socket."""

from __future__ import annotations

import socket

import pytest

from hydrogen_simulators.endpoints.port import LinkRefused
from hydrogen_simulators.endpoints.pseudo_terminal import PortOptions
from hydrogen_simulators.endpoints.tcp_port import TcpPort


def connect(name):
    host, _, port = name.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def ask(host, line, until):
    host.sendall(line)
    heard = b""
    while until not in heard:
        data = host.recv(4096)
        assert data, f"the printer hung up after {heard!r}"
        heard += data
    return heard


def test_printer_is_reached_over_tcp_by_one_host_after_the_other(start_virtual_printer):
    printer = start_virtual_printer(link=None, tcp=("127.0.0.1", 0))
    with connect(printer.name) as host:
        assert ask(host, b"G90\n", b"\n") == b"ok P15 B3\n"
    printer.wait_until_closed()
    with connect(printer.name) as host:
        assert ask(host, b"M105\n", b"\n").startswith(b"ok T:")


def test_pulled_cable_hangs_up_and_comes_back_under_the_same_port(start_virtual_printer):
    printer = start_virtual_printer(link=None, tcp=("127.0.0.1", 0))
    with connect(printer.name) as host:
        ask(host, b"N1 G90*17\n", b"\n")
        printer.pull_cable()
        assert host.recv(100) == b""
    printer.plug_in()
    with connect(printer.name) as host:
        assert ask(host, b"N2 G90*18\n", b"\n") == b"ok N2 P15 B3\n"


def test_taken_address_is_refused():
    first = TcpPort("127.0.0.1", 0)
    with pytest.raises(LinkRefused, match="cannot listen on"):
        TcpPort("127.0.0.1", first.port)
    first.close()
    first.close()


def test_nobody_connected_reads_nothing_and_swallows_words():
    port = TcpPort("127.0.0.1", 0)
    assert not port.look_for_host()
    assert port.read() is None
    assert port.write(b"words") == 5
    with pytest.raises(ValueError, match="no host"):
        port.fileno()
    port.close()
    assert not port.look_for_host()


def test_options_name_one_way_to_the_printer(tmp_path):
    with pytest.raises(ValueError, match="either a link or a TCP address"):
        PortOptions()
    with pytest.raises(ValueError, match="either a link or a TCP address"):
        PortOptions(link=tmp_path, tcp=("", 1))
