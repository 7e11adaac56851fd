"""Which line goes next: barrier, lines to be sent again, commands, the job, the trial."""

from __future__ import annotations

from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.window import CLEAN_LINES, JUDGED_LINES
from hydrogen.gcode.meatpack import pack
from tests.support.link_bench import ListSource

BASE = 5000
NOW = 10.0


class Half:
    """The giving half of a link; what is fetched is acknowledged at once unless a test wants it in flight."""

    def __init__(self, lines: list[bytes] | None = None, *, ring: int = 0) -> None:
        self.parts = LinkParts.of(BASE, 0.0, LinkLimits(receive_buffer_bytes=ring))
        self.giving = Giving(self.parts)
        if lines is not None:
            self.parts.outgoing.source = ListSource(lines)
            self.parts.barrier.begin_job(BASE + 1)

    def fetch(self) -> bytes | None:
        if not self.giving.may_fetch:
            return b""
        return self.giving.line(NOW)

    def acknowledge(self) -> None:
        self.parts.ledger.acknowledge(self.parts.ledger.front)

    def open_window(self) -> None:
        while self.parts.window.is_counting:
            self.parts.window.on_answer(0.0)


def test_commands_go_before_the_job_and_lines_to_be_sent_again_before_both() -> None:
    half = Half([b"G1 X1", b"G1 X2"])
    assert half.fetch() == b"N5001 G1 X1*85\n"
    assert half.giving.given == (BASE + 1, len("G1 X1") + 1)
    half.parts.ledger.accept_only(BASE)
    half.parts.outgoing.submit("M104 S0", first=False)
    fetched = []
    for _ in range(3):
        fetched.append(half.fetch())
        half.acknowledge()
    assert [line.split(b"*")[0] for line in fetched if line] == [b"N5001 G1 X1", b"N5002 M104 S0", b"N5003 G1 X2"]
    assert half.fetch() is None


def test_one_line_in_flight_until_the_window_opens_and_none_behind_a_long_command() -> None:
    half = Half([b"G1 X%d" % i for i in range(4)] + [b"G28", b"G1 X9"], ring=128)
    assert half.fetch()
    assert half.fetch() == b""
    half.acknowledge()
    half.open_window()
    half.parts.oks.are_numbered = True
    assert [bool(half.fetch()) for _ in range(4)] == [True, True, True, False]
    half.acknowledge()
    assert half.fetch() == half.parts.ledger.line(half.parts.ledger.front).frame
    assert half.fetch() == b""
    half.acknowledge()
    assert b"X9" in (half.fetch() or b"")


def test_line_without_room_keeps_its_number_and_is_no_barrier() -> None:
    half = Half([b"G1 X1 ; %60d" % i for i in range(5)], ring=128)
    half.parts.oks.are_numbered = True
    half.open_window()
    assert half.fetch()
    assert half.fetch() == b""
    assert half.parts.ledger.next == half.parts.ledger.front + 2
    half.parts.barrier.want()
    assert half.giving.barrier_line(NOW) == b""
    assert half.parts.barrier.is_wanted
    half.acknowledge()
    assert b"G1" in half.giving.barrier_line(NOW)
    assert half.parts.barrier.is_wanted
    assert b"M105" in half.giving.barrier_line(NOW)
    assert half.parts.barrier.covers == half.parts.ledger.front
    assert not half.giving.may_fetch


def test_barrier_goes_out_behind_waiting_lines_once_the_printer_has_proven_that_it_read_everything() -> None:
    half = Half([b"G1 X1 ; %60d" % i for i in range(5)], ring=128)
    half.parts.oks.are_numbered = True
    half.open_window()
    half.fetch()
    half.fetch()
    half.parts.barrier.want()
    half.parts.ledger.accept_only(half.parts.ledger.front)
    assert b"G1" in half.giving.barrier_line(NOW)


def test_trial_runs_only_while_idle() -> None:
    half = Half()
    half.giving.trial_lines = 2
    assert b"G4 P0" in (half.fetch() or b"")
    half.acknowledge()
    half.parts.outgoing.source = ListSource([b"G1 X1"])
    half.parts.barrier.begin_job(half.parts.ledger.next)
    assert b"G1 X1" in (half.fetch() or b"")
    half.acknowledge()
    assert half.fetch() is None
    half.parts.outgoing.source = None
    assert b"G4 P0" in (half.fetch() or b"")
    half.acknowledge()
    assert half.fetch() is None


def test_no_line_gets_a_number_above_the_highest() -> None:
    half = Half([b"G1 X1", b"G1 X2"])
    half.giving.highest_number = BASE + 1
    assert half.fetch()
    half.acknowledge()
    assert half.fetch() is None


def test_packed_lines_count_with_the_bytes_that_go_on_the_wire() -> None:
    half = Half([b"G1 X1"])
    half.parts.packing.is_on = True
    frame = half.fetch()
    assert frame == pack(b"N5001 G1 X1*85\n")
    assert half.parts.ledger.in_flight_bytes == len(frame)


def test_job_that_can_be_packed_waits_for_the_agreement() -> None:
    half = Half([b"G1 X1"])
    half.parts.packing.allow()
    half.parts.packing.begin_job()
    assert half.fetch() is None
    half.parts.packing.negotiate(last_number=BASE, quiet=0.06, now=NOW)
    assert half.fetch()


def test_constants_fit_together() -> None:
    assert CLEAN_LINES % JUDGED_LINES == 0
