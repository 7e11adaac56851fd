"""What the clients of one printer are told: built once, complete, small."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

from hydrogen.model.job import JobState
from hydrogen.model.printer import LinkStatistics, PrinterState, PrinterStatus
from hydrogen.model.temperature import HeaterState
from hydrogen.octoprint.face import Face
from hydrogen.octoprint.push.channel import MOST_LINES, Channel, resends_body
from hydrogen.octoprint.push.line_filter import line_filter
from hydrogen.octoprint.push.wish import Wish
from hydrogen.octoprint.translate import NO_PROGRESS, Progress, progress_of

ALL_LINES = Wish(logs=line_filter(True), messages=line_filter(True))


class Bench:
    def __init__(self) -> None:
        heaters = {name: HeaterState(actual_celsius=200.0, target_celsius=210.0) for name in ("tool0", "tool1", "bed")}
        self.printer = PrinterState(
            status=PrinterStatus.PRINTING,
            heaters=MappingProxyType(heaters),
            job=JobState(id="j", file="folder/" * 8 + "x" * 200 + ".gcode", fraction=0.5, remaining_seconds=5.0),
            link=LinkStatistics(lines_sent=1000, resends=15),
        )
        self.channel = Channel(
            Face(printer="p"), state=lambda: self.printer, selected=lambda: None, progress=self.progress
        )

    def progress(self) -> Progress:
        return NO_PROGRESS if self.printer.job is None else progress_of(self.printer.job)


def test_clients_that_know_the_same_get_the_same_object() -> None:
    bench = Bench()
    bench.channel.note_temperature()
    bench.channel.begin_tick(5.5)
    first = bench.channel.current(0, Wish(), 5.5)
    assert bench.channel.current(0, Wish(throttle=3), 5.5) is first
    assert bench.channel.current(0, ALL_LINES, 5.5) is not first
    bench.channel.begin_tick(6.0)
    assert bench.channel.current(0, Wish(), 6.0) is not first


def test_every_key_is_there_and_the_message_is_small() -> None:
    bench = Bench()
    for tick in range(4):
        bench.channel.note_temperature()
        bench.channel.begin_tick(tick + 0.5)
    told = bench.channel.current(0, Wish(), 4.0)
    assert len(told) < 4000
    current = json.loads(told.raw)["current"]
    assert {
        "state",
        "job",
        "currentZ",
        "progress",
        "offsets",
        "resends",
        "serverTime",
        "temps",
        "busyFiles",
        "markings",
        "logs",
        "messages",
    } == set(current)
    assert [moment["time"] for moment in current["temps"]] == [0, 1, 2, 3]
    assert current["temps"][0]["tool1"] == {"actual": 200.0, "target": 210.0}
    assert bench.printer.job is not None
    assert current["busyFiles"] == [{"origin": "local", "path": bench.printer.job.file}]


def test_nothing_is_told_twice_and_nothing_where_nothing_is_known() -> None:
    channel = Bench().channel
    channel.note_temperature()
    channel.begin_tick(1.0)
    assert channel.has_more_than(-1, 0, Wish()) and not channel.has_more_than(-1, 0, Wish(has_state=False))
    assert not channel.has_more_than(channel.version, channel.number, Wish())
    channel.note_lines(["> G28", "< ok"])
    assert not channel.has_more_than(channel.version, 1, Wish())
    assert channel.has_more_than(channel.version, 1, ALL_LINES)
    current = json.loads(channel.current(1, ALL_LINES, 1.0).raw)["current"]
    assert (current["logs"], current["messages"], current["temps"]) == (["Send: G28", "Recv: ok"], ["ok"], [])


def test_lines_are_bounded() -> None:
    bench = Bench()
    bench.channel.note_lines([f"< {number}" for number in range(10 * MOST_LINES)])
    current = json.loads(bench.channel.current(0, ALL_LINES, 1.0).raw)["current"]
    assert len(current["logs"]) == MOST_LINES and current["messages"][-1] == str(10 * MOST_LINES - 1)


def test_the_history_is_a_current_with_all_temperatures() -> None:
    bench = Bench()
    moments = [{"time": 1, "bed": {"actual": 20.0, "target": 0.0}}]
    history = json.loads(bench.channel.history(moments, 2.0).raw)["history"]
    assert history["temps"] == moments and history["logs"] == [] == history["messages"]
    assert set(history) == set(json.loads(bench.channel.current(0, Wish(), 2.0).raw)["current"])


def test_a_printer_without_a_job_tells_nulls() -> None:
    bench = Bench()
    bench.printer = replace(bench.printer, job=None, link=None)
    body = bench.channel.body(1.0)
    assert body["job"]["file"]["name"] is None and body["progress"]["completion"] is None and body["busyFiles"] == []
    assert resends_body(None) == {"count": 0, "transmitted": 0, "ratio": 0}
    assert resends_body(LinkStatistics(lines_sent=200, resends=3)) == {"count": 3, "transmitted": 200, "ratio": 1}
