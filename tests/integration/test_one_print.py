"""One print, end to end: a real service, a real spooler, a virtual printer on a real pty."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import connected
from hydrogen_simulators.service_process import HydrogenService
from tests.integration.house_process import frame_where, square_lines

Printed = Callable[[Sequence[str]], None]


async def test_a_file_is_printed_exactly_as_it_stands_and_clients_see_it_happen(
    hydrogen_service: HydrogenService, printed: Printed
) -> None:
    service, lines = hydrogen_service, square_lines(800)
    service.put("job.gcode", "\n".join(lines) + "\n")
    async with connected(ServiceAddress(url=service.url, key=service.key)) as client:
        job = (await client.command("job.start", "virtual", {"file": "job.gcode"}))["job"]
        seen: dict[str, int] = {}

        def count(frame: object) -> bool:
            assert isinstance(frame, dict)
            kind = str(frame.get("type"))
            seen[kind] = seen.get(kind, 0) + 1
            return kind == "job.finished"

        finished = await frame_where(client, count)
        assert (finished["job"], finished["outcome"]) == (job, "completed"), finished
        assert finished["lines_done"] == finished["lines_total"]
        assert {"job.started", "job.progressed", "temperature.measured", "printer.state_changed"} <= seen.keys()
        assert seen["job.finished"] == 1
        history = await client.command("job.history")
        assert history["jobs"][0]["job"] == job
        assert history["jobs"][0]["outcome"] == "completed"
    printed(lines)
    assert service.stop() == 0, service.log


@pytest.mark.parametrize(
    "_weather",
    [
        pytest.param("lost ok", marks=pytest.mark.faults(drop_ok_every=150)),
        pytest.param("damaged line", marks=pytest.mark.faults(corrupt_every=100)),
        pytest.param("resend out of the blue", marks=pytest.mark.faults(resend_every=80)),
    ],
)
def test_bad_weather_changes_nothing_in_what_is_executed(
    hydrogen_service: HydrogenService, printed: Printed, _weather: str
) -> None:
    lines = square_lines(400)
    hydrogen_service.put("job.gcode", "\n".join(lines) + "\n")
    hydrogen_service.run("print", "job.gcode", "--wait")  # its exit code tells that the job was completed
    printed(lines)
