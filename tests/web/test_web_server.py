"""The port: found, told, given back."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from hydrogen.errors import PortsExhausted
from tests.web.conftest import StartWeb, Web
from tests.websocket.test_websocket_server import listening, row_of_free_ports


async def test_a_taken_port_is_passed_over_and_the_bound_one_is_told(start_web: StartWeb) -> None:
    first = row_of_free_ports(3)
    with listening(first):
        web = await start_web(port=first)
    assert web.port == web.figures.web_port == first + 1
    assert any(entry.fields.get("port") == first + 1 for entry in web.log.entries if entry.event == "web bound")


async def test_ten_taken_ports_end_the_search_with_the_reasons(start_web: StartWeb) -> None:
    first = row_of_free_ports(11)
    with ExitStack() as stack:
        for port in range(first, first + 10):
            stack.enter_context(listening(port))
        with pytest.raises(PortsExhausted, match="in use") as caught:
            await start_web(port=first)
    assert len(caught.value.details["ports"]) == 10


async def test_without_fallback_a_taken_port_is_an_error(start_web: StartWeb) -> None:
    first = row_of_free_ports(2)
    with listening(first), pytest.raises(PortsExhausted):
        await start_web(port=first, port_fallback=False)


async def test_an_address_that_is_not_ours_is_an_error(start_web: StartWeb) -> None:
    with pytest.raises(PortsExhausted):
        await start_web(host="198.51.100.7")


async def test_a_name_with_two_addresses_is_bound_on_both(start_web: StartWeb) -> None:
    web = await start_web(host="localhost")
    assert len({bound.getsockname()[1] for bound in web.server._sockets}) == 1
    assert (await web.ask("GET", "/api/system/health", key=None)).status == 200


async def test_the_port_is_free_behind_the_end_and_idle_clients_are_closed(web: Web) -> None:
    port = web.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await web.server.close_clients()
    await web.server.release()
    await web.server.release()
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()
    with listening(port):
        assert web.figures.web_port == 0
