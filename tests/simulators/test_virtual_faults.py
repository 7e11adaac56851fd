"""Bad weather: seeded, whatever the chunks, and true to what a wire does."""

from __future__ import annotations

import json
import random

import pytest

from hydrogen_simulators.faults import (
    LOST_IN_A_ROW,
    NAMED_PLANS,
    FaultPlan,
    FaultyWire,
    UnknownFaultPlan,
    arm,
    load_plan,
)
from hydrogen_simulators.firmware.verdict import AcceptedLine, check_line


@pytest.fixture
def job(line):
    return "".join(line(n, f"G1 X{n % 180}.5 Y{n % 170} E0.0{n % 10}") for n in range(1, 401)).encode()


def chunks(data, seed):
    cut = random.Random(seed)
    while data:
        count = cut.randint(1, 200)
        yield data[:count]
        data = data[count:]


@pytest.mark.parametrize("name", list(NAMED_PLANS))
def test_same_seed_gives_same_bytes_whatever_the_chunks(name, job):
    plan = NAMED_PLANS[name][1]
    replies = b"ok P15 B3\necho:busy: processing\n" * 400
    results = set()
    for cut in (1, 2):
        wire = FaultyWire(plan, seed=5)
        there = b"".join(map(wire.towards_printer, chunks(job, cut)))
        back = b"".join(map(wire.towards_host, chunks(replies, cut)))
        results.add((there, back))
    assert len(results) == 1


@pytest.mark.parametrize("name", ["noisy", "lossy", "stormy"])
def test_other_seeds_give_other_weather(name, job):
    plan = NAMED_PLANS[name][1]
    assert len({FaultyWire(plan, seed).towards_printer(job) for seed in range(4)}) == 4


def test_clean_wire_changes_and_holds_back_nothing():
    wire = FaultyWire(FaultPlan())
    assert wire.towards_printer(b"G1 X") == b"G1 X"
    assert wire.towards_host(b"ok P") == b"ok P"


def test_rates_are_what_they_say(job):
    wire = FaultyWire(FaultPlan(byte_loss_rate=0.01), seed=3)
    lost = len(job) * 20 - len(wire.towards_printer(job * 20))
    assert lost == wire.counts["bytes_lost"] == pytest.approx(len(job) * 0.2, rel=0.15)
    everything = FaultyWire(FaultPlan(byte_loss_rate=1.0))
    assert everything.towards_printer(b"abc") == b""


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (FaultPlan(corrupt_every=10), "checksum mismatch"),
        (FaultPlan(resend_every=10), "Line Number is not Last Line Number+1"),
        (FaultPlan(drop_line_every=10), "Line Number is not Last Line Number+1"),
    ],
)
def test_counted_line_faults_make_marlin_ask_for_the_tenth_line(talk, line, plan, text):
    wire = FaultyWire(plan)
    printer = talk(ring_size=0)
    sent = [wire.towards_printer(line(n, "M117 hello").encode()) for n in range(1, 12)]
    reply = "".join(map(printer.send_bytes, sent))
    assert f"Error:{text}, Last Line: 9\nResend: 10\nok\n" in reply


def test_counted_ok_faults_lose_and_double_oks():
    assert FaultyWire(FaultPlan(drop_ok_every=2)).towards_host(b"ok 1\nT:1\nok 2\nok 3\n") == b"ok 1\nT:1\nok 3\n"
    assert FaultyWire(FaultPlan(duplicate_ok_every=2)).towards_host(b"ok 1\nok 2\n") == b"ok 1\nok 2\nok 2\n"


def test_urgent_unnumbered_lines_pass_the_counted_faults():
    assert FaultyWire(FaultPlan(drop_line_every=1)).towards_printer(b"\nM112\n") == b"\nM112\n"


def test_one_shot_faults_strike_after_the_move_and_before_its_ok(talk):
    printer = talk(instant_motion=True)
    pulled = []
    arm(FaultPlan(mute_after=2, unplug_after=3), printer.printer, lambda: pulled.append(True))
    assert printer.send("G1 X1", "G1 X2") == "ok P15 B2\n"
    assert not pulled
    assert printer.send("G1 X3") == ""
    assert pulled == [True]


def test_armed_reset_and_halt_lose_the_queue(talk):
    printer = talk(instant_motion=True)
    arm(FaultPlan(reset_after=1, halt_after=2), printer.printer)
    assert printer.send("G1 X1", "G90").startswith("start\n External Reset\n")
    reply = printer.send("G1 X2", "G90")
    assert reply.startswith("Error:Thermal Runaway, system stopped! Heater_ID: E0\n")
    assert "ok" not in reply
    assert printer.printer.ledger.lines == ["G1 X1", "G1 X2"]


def test_plan_is_read_from_a_file(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"drop_ok_every": 40, "byte_loss_rate": 0.5}))
    assert load_plan(str(path)) == FaultPlan(drop_ok_every=40, byte_loss_rate=0.5)
    assert load_plan("noisy") == NAMED_PLANS["noisy"][1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"drop_oks": 1}', "unknown field 'drop_oks'; known are corrupt_every"),
        ('{"drop_ok_every": 0.5}', "drop_ok_every must be a number of kind int, found 0.5"),
        ('{"byte_loss_rate": 2}', "byte_loss_rate must be between 0 and 1, found 2"),
        ("[1]", "expected an object"),
        ("nonsense", "is not a fault plan"),
    ],
)
def test_wrong_plan_is_refused_with_a_reason(tmp_path, text, message):
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(UnknownFaultPlan, match=message.replace("[", r"\[")):
        load_plan(str(path))


def test_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UnknownFaultPlan, match="no fault plan 'foo': give one of clean, noisy"):
        load_plan("foo")


def test_bytes_are_lost_and_doubled_in_either_direction_alone() -> None:
    line = b"N7 G1 X10 Y20*5\n" * 50
    doubling = FaultyWire(FaultPlan(byte_duplication_rate=1.0))
    assert doubling.towards_printer(b"ab") == b"aabb"
    assert doubling.towards_host(b"ab") == b"ab"
    replies = FaultyWire(FaultPlan(reply_byte_loss_rate=1.0))
    assert replies.towards_printer(line) == line
    assert replies.towards_host(b"ok\n") == b""
    assert replies.counts["reply_bytes_lost"] == 3
    some = FaultyWire(FaultPlan(reply_byte_duplication_rate=0.1), seed=4)
    heard = some.towards_host(line)
    assert len(heard) == len(line) + some.counts["reply_bytes_doubled"] > len(line)


@pytest.mark.parametrize("chunk", [1, 7])
def test_doubled_bytes_do_not_depend_on_the_chunks(chunk: int) -> None:
    data = bytes(range(32, 126)) * 20
    plan = FaultPlan(byte_duplication_rate=0.05, byte_loss_rate=0.05)
    whole = FaultyWire(plan, seed=9).towards_printer(data)
    wire = FaultyWire(plan, seed=9)
    assert b"".join(wire.towards_printer(data[i : i + chunk]) for i in range(0, len(data), chunk)) == whole


def test_damaged_lines_are_damaged_once_and_never_so_that_a_checksum_is_blind(job):
    """Of single lines: with its own number each would pass if an 8-bit XOR could not tell."""
    lines = job.splitlines(keepends=True)
    wire = FaultyWire(FaultPlan(line_damage_rate=0.5), seed=2)
    arrived = [wire.towards_printer(line) + wire.towards_printer(b"\n") for line in lines]
    damaged = [(sent, got) for sent, got in zip(lines, arrived, strict=True) if got != sent + b"\n"]
    assert len(damaged) == wire.counts["lines_damaged"] == pytest.approx(len(lines) / 2, rel=0.15)
    lengths = {len(got) - len(sent) - 1 for sent, got in damaged}
    assert lengths == {1, 0, *range(-LOST_IN_A_ROW, 0)}
    for sent, got in damaged:
        number = int(sent[1:].split()[0])
        verdict = check_line(got.partition(b"\n")[0], number - 1, repeats_in_silence=True)
        is_itself = (
            isinstance(verdict, AcceptedLine)
            and verdict.command == sent.partition(b" ")[2].rpartition(b"*")[0].decode()
        )
        assert not isinstance(verdict, AcceptedLine) or is_itself or not got.startswith(b"N")
