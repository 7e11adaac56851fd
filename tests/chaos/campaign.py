"""One long print under strikes, with everything real but the printer; and what came of each strike.

The printer runs in a thread of this process, which nothing strikes. Service and spooler are processes as people run them. The
campaign stands in for the init system: a service that was killed is started again. It looks at nothing but what anybody
could see: what the printer executed, and what the service tells its clients.

A strike that the job must survive is over when moves are executed again that only a host can have sent. One that resets the
board is over when the job has ended as interrupted; from there to the next job not one line may move the machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydrogen.cli.client import connected
from hydrogen.errors import HydrogenError, Unavailable
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.chaos.blow import Blows
from tests.chaos.observer import Observer
from tests.chaos.proof import Proof
from tests.chaos.small_disk import Disk, disk_over
from tests.chaos.strike import Strike
from tests.chaos.wall_clock_jump import WallClock
from tests.integration.house_process import HouseProcess

SPEED = 1.0
"""Printer seconds per second: about 200 moves a second, so that a strike falls into many of them."""

MOVES = 6_000
"""Of one file. When it comes to its end under strikes, the next one is begun; the last one is hurried through."""

AUTONOMOUS_MOVES = 40
"""What a printer may still execute without a host: planner, queue, receive buffer. More moves have come from a living one."""

RECOVERY_SECONDS = 90.0
"""Generous: the machine may be busy. The figure itself stands in the verdict."""

POLL_SECONDS = 0.005

LOOK_SECONDS = 0.1
"""Between two questions to the service."""

INTERRUPTED = frozenset({"interrupted", "printer_reset"})
"""The error codes of a job whose board has forgotten it."""


class CampaignFailed(AssertionError):
    """The house did not keep its promise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a strike. seconds: from the end of the strike to the first move that proves a living host, or to the job's
    end."""

    strike: Strike
    at_move: int
    outcome: str
    seconds: float

    def __str__(self) -> str:
        number, what = self.strike.number, str(self.strike)
        return f"{number:>4}  {what:<46} at move {self.at_move:>6}: {self.outcome} after {self.seconds:.2f} s"


def print_lines(job: int, moves: int = MOVES) -> list[str]:
    """G-code of which no two lines are alike, within a job and among the jobs of a campaign."""
    head = [f"; job {job}", "G21", "G90", "M83", "M104 S200", "M140 S60", f"M117 job {job}", "G28"]
    return head + [f"G1 X{20 + n % 89 / 10:.1f} Y{20 + n // 89 % 150}.{job:03} F{6000 + n % 7}" for n in range(moves)]


class Campaign:
    """Made by `campaign`. `strike` as often as wanted, then `conclude`."""

    def __init__(
        self, house: HouseProcess, printer: VirtualPrinter, disk: Disk, wall: WallClock, watch: Observer
    ) -> None:
        self._house = house
        self._printer = printer
        self._watch = watch
        self._blows = Blows(house, printer, disk, wall)
        self._proof = Proof(printer.ledger)
        self._jobs = 0
        self._job = ""
        self._lines: list[str] = []

    # ---------------------------------------------------------------------------------------------------- the jobs

    async def start_job(self) -> None:
        """The next file; nothing may have moved the machine since the end of the last one."""
        await self._until(lambda: self._watch.status == "idle", "the printer to be idle")
        self._jobs += 1
        self._lines = print_lines(self._jobs)
        name = f"job-{self._jobs}.gcode"
        folder = self._house.files
        for former in folder.glob("job-*.gcode"):
            former.unlink()
        (folder / name).write_text("\n".join(self._lines) + "\n")
        self._check(self._proof.begin(self._lines))
        self._job = str((await self._asked("job.start", {"file": name}, "bench"))["job"])
        executed = self._proof.moves
        self._printer.change_speed(None)  # homing is not what we are here for
        await self._until(lambda: self._proof.moves > executed, "the first move of the job", is_checked=True)
        self._printer.change_speed(SPEED)

    @property
    def _is_over(self) -> bool:
        """Told, or plain to see: nobody may have been there to be told."""
        return self._job in self._watch.endings or self._proof.is_complete()

    async def conclude(self) -> None:
        """Let the last file run to its end; it must be complete, and every job must have ended once."""
        self._printer.change_speed(None)
        await self._completion()
        self._check(self._watch.complaint)

    async def _completion(self) -> None:
        ending = await self._ending()
        self._check("" if ending["outcome"] == "completed" else f"the job did not survive: {ending}")
        self._check(self._proof.complaint())
        self._check("" if self._proof.is_complete() else "the job counts as completed, but lines are missing")

    async def _ending(self) -> Any:
        """How the job ended, from the history, in which it stands once."""

        async def entries() -> list[Any]:
            with suppress(HydrogenError, AssertionError, OSError):
                return [entry for entry in (await self._asked("job.history"))["jobs"] if entry["job"] == self._job]
            return []

        found: list[Any] = []
        async with self._deadline("the end of the job in the history"):
            while not found or found[0].get("outcome") in (None, ""):
                self._check(self._proof.complaint())
                found = await entries()
                await asyncio.sleep(LOOK_SECONDS)
        self._check("" if len(found) == 1 else f"the job stands {len(found)} times in the history")
        return found[0]

    async def _asked(self, operation: str, params: dict[str, Any] | None = None, printer: str | None = None) -> Any:
        """The result. Who is told to come again later does so: handshakes are rationed, and a storm takes the ration."""
        async with self._deadline(f"an answer to {operation}"):
            while True:
                with suppress(Unavailable):
                    async with connected(self._house.address) as client:
                        return await client.command(operation, printer, params)
                await asyncio.sleep(LOOK_SECONDS)

    # ------------------------------------------------------------------------------------------------- the strikes

    async def strike(self, strike: Strike) -> Verdict:
        """Wait for its moment, strike, wait until the house has recovered. Raises CampaignFailed."""
        if self._is_over:
            await self._completion()
            await self.start_job()
        moment = self._proof.moves + strike.after_moves
        await self._until(lambda: self._proof.moves >= moment or self._is_over, "the moment", is_checked=True)
        at_move = self._proof.moves
        await self._blows.strike(strike)
        began = time.monotonic()
        outcome = await (self._interruption() if strike.ends_job else self._going_on())
        seconds = time.monotonic() - began
        self._check(self._watch.complaint)
        if outcome == "interrupted":
            await self.start_job()
        return Verdict(strike=strike, at_move=at_move, outcome=outcome, seconds=seconds)

    async def _going_on(self) -> str:
        enough = self._proof.moves + AUTONOMOUS_MOVES
        await self._until(lambda: self._proof.moves >= enough or self._is_over, "moves to go on", is_checked=True)
        if self._is_over:
            await self._completion()
            return "was completed"
        return "went on"

    async def _interruption(self) -> str:
        ending = await self._ending()
        code = ending.get("error_code")
        if ending["outcome"] == "completed" or code not in INTERRUPTED:
            raise CampaignFailed(f"the job ended as {ending['outcome']} with {code}: {ending.get('reason')}")
        self._check(self._proof.complaint())
        self._proof.close()
        self._check(
            "".join(f"the job is over, but {name} is to be {at:g} degrees" for name, at in self._targets() if at)
        )
        return "interrupted"

    def _targets(self) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        self._printer.do(
            lambda board, _now: found.extend((name, of.target_celsius) for name, of in board.temperatures.items())
        )
        return found

    # -------------------------------------------------------------------------------------------------- the ground

    def _check(self, complaint: str) -> None:
        if complaint:
            raise CampaignFailed(complaint)

    async def _until(self, is_true: Callable[[], bool], what: str, *, is_checked: bool = False) -> None:
        async with self._deadline(what):
            while not is_true():
                if is_checked:
                    self._check(self._proof.complaint())
                await asyncio.sleep(POLL_SECONDS)

    @asynccontextmanager
    async def _deadline(self, what: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(RECOVERY_SECONDS):
                yield
        except TimeoutError:
            state = f"printer {self._watch.status or 'unknown'} {self._watch.reason}, {self._proof.done} lines done"
            raise CampaignFailed(f"waited {RECOVERY_SECONDS:g} s in vain for {what}; {state}") from None


@asynccontextmanager
async def campaign(folder: Path, seed: int) -> AsyncIterator[Campaign]:
    """A house that prints on a virtual printer, ready to be struck. Nothing of it lives on behind the block."""
    printer = VirtualPrinter(folder / "ttyCHAOS", speed=SPEED, seed=seed, instant_heating=True)
    house = HouseProcess(folder, {"bench": str(printer.link)})
    wall = WallClock(folder / "wall-clock")
    pids = lambda: [pid for pid in (house.process and house.process.pid, house.spooler_pid()) if pid]  # noqa: E731
    try:
        with disk_over(house.data_dir, pids) as disk:
            house.prefix = disk.prefix
            house.seen = disk.seen
            house.environment = dict(wall.environment)
            await house.start()
            async with Observer(house) as watch:
                struck = Campaign(house, printer, disk, wall, watch)
                await struck.start_job()
                yield struck
    finally:
        await house.clean_up()
        printer.stop()


async def run_campaign(
    folder: Path, seed: int, strikes: Sequence[Strike], tell: Callable[[Verdict], object] = lambda _: None
) -> list[Verdict]:
    """All strikes, one after the other, and the end of the print. Raises CampaignFailed with all it takes to look into it."""
    verdicts: list[Verdict] = []
    try:
        async with campaign(folder, seed) as struck:
            for strike in strikes:
                verdicts.append(await struck.strike(strike))
                tell(verdicts[-1])
            await struck.conclude()
    except (AssertionError, HydrogenError) as failure:
        raise CampaignFailed(_report(folder, seed, strikes, verdicts, failure)) from None
    return verdicts


def _report(folder: Path, seed: int, strikes: Sequence[Strike], verdicts: Sequence[Verdict], failure: Exception) -> str:
    struck = strikes[len(verdicts)] if len(verdicts) < len(strikes) else "the end of the last print"
    logs = [folder / "service.log", folder / "run" / "bench.log"]
    said = [f"--- {log.name}\n{_tail(log)}" for log in logs if log.exists()]
    return "\n".join(
        [
            f"{failure}",
            f"at strike {len(verdicts) + 1}: {struck}; before it: " + "; ".join(str(v.strike) for v in verdicts[-5:]),
            f"again: python -m benchmarks chaos --strikes {len(strikes)} --seed {seed}",
            *said,
        ]
    )


def _tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
