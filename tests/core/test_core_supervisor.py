from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock, ManualClock, SystemClock
from hydrogen.core.service import Service
from hydrogen.core.supervisor import RestartPolicy, ShutdownLimits, ShutdownPhase, ShutdownReport, Supervisor
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

SHORT = ShutdownLimits(
    close_clients_seconds=0.05,
    stop_tasks_seconds=0.05,
    release_seconds=0.2,
    fallback_seconds=0.05,
)
AT_ONCE = RestartPolicy(make_backoff=lambda: Backoff(0.0001, 1.0, 0.0001))


class RecordedService(Service):
    """Writes what happens to it into a diary shared with others; any step can be given something to do."""

    def __init__(self, name: str, diary: list[str], **steps: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._diary = diary
        self._steps = steps

    async def _do(self, step: str) -> None:
        self._diary.append(f"{self.name}.{step}")
        if step in self._steps:
            await self._steps[step]()

    async def start(self) -> None:
        await self._do("start")

    async def run(self) -> None:
        await self._do("run")
        try:
            await super().run()
        finally:
            self._diary.append(f"{self.name}.ended")

    def refuse(self) -> None:
        self._diary.append(f"{self.name}.refuse")

    async def close_clients(self) -> None:
        await self._do("close_clients")

    async def release(self) -> None:
        await self._do("release")


class House:
    """A supervisor with everything it reports."""

    def __init__(
        self,
        *services: Service,
        clock: Clock | None = None,
        restart: RestartPolicy = AT_ONCE,
        limits: ShutdownLimits = SHORT,
    ) -> None:
        self.log = RecordingLog()
        self.reported: list[tuple[str, str]] = []
        self.stop = asyncio.Event()
        self.supervisor = Supervisor(
            services,
            clock=clock or SystemClock(),
            log=self.log,
            report=lambda name, error: self.reported.append((name, str(error))),
            limits=limits,
            restart=restart,
        )

    async def serve_until_stopped(self, ready: Callable[[], object]) -> ShutdownReport:
        await self.supervisor.start()
        serving = asyncio.create_task(self.supervisor.serve(self.stop))
        await wait_until(ready)
        self.stop.set()
        await serving
        return await self.supervisor.shut_down()


async def ignore_cancellation() -> None:
    """Hangs in a way that one cancellation does not end."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


# ------------------------------------------------------------------------------------------------------------ start


async def test_services_start_in_order() -> None:
    diary: list[str] = []
    house = House(RecordedService("a", diary), RecordedService("b", diary))
    await house.supervisor.start()
    assert diary == ["a.start", "b.start"]


async def test_each_service_is_ready_before_the_next_one_starts() -> None:
    diary: list[str] = []

    async def slowly() -> None:
        await asyncio.sleep(0)
        diary.append("a is ready")

    house = House(RecordedService("a", diary, start=slowly), RecordedService("b", diary))
    await house.supervisor.start()
    assert diary == ["a.start", "a is ready", "b.start"]


async def test_a_failed_start_releases_what_was_started_in_reverse_and_raises() -> None:
    diary: list[str] = []

    async def fail() -> None:
        raise OSError("port taken")

    house = House(
        RecordedService("a", diary),
        RecordedService("b", diary),
        RecordedService("c", diary, start=fail),
        RecordedService("d", diary),
    )
    with pytest.raises(OSError, match="port taken"):
        await house.supervisor.start()
    assert diary == ["a.start", "b.start", "c.start", "b.release", "a.release"]
    await house.supervisor.shut_down()
    assert diary[5:] == []


async def test_a_cancelled_start_releases_what_was_started() -> None:
    diary: list[str] = []
    house = House(RecordedService("a", diary), RecordedService("b", diary, start=asyncio.Event().wait))  # type: ignore[arg-type]
    starting = asyncio.create_task(house.supervisor.start())
    await wait_until(lambda: "b.start" in diary)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert diary[-1] == "a.release"


# ------------------------------------------------------------------------------------------------------------ serve


async def test_serve_runs_all_services_until_it_is_told_to_stop() -> None:
    diary: list[str] = []
    house = House(RecordedService("a", diary), RecordedService("b", diary))
    report = await house.serve_until_stopped(lambda: "b.run" in diary)
    assert report.is_clean
    assert {"a.run", "b.run", "a.ended", "b.ended"} <= set(diary)


async def test_a_service_that_fails_is_reported_and_runs_again() -> None:
    diary: list[str] = []

    async def fail_twice() -> None:
        if diary.count("a.run") <= 2:
            raise RuntimeError(f"failure {diary.count('a.run')}")

    house = House(RecordedService("a", diary, run=fail_twice))
    report = await house.serve_until_stopped(lambda: diary.count("a.run") == 3)
    assert house.reported == [("a", "failure 1"), ("a", "failure 2")]
    assert house.log.events("error") == ["service failed", "service failed"]
    assert report.is_clean


async def test_one_failing_service_does_not_disturb_another() -> None:
    diary: list[str] = []

    async def fail_once() -> None:
        if diary.count("a.run") == 1:
            raise RuntimeError("once")

    house = House(RecordedService("a", diary, run=fail_once), RecordedService("b", diary))
    await house.serve_until_stopped(lambda: diary.count("a.run") == 2)
    assert diary.count("b.run") == 1


async def test_a_service_that_fails_too_often_in_the_window_ends_serve_with_its_error() -> None:
    diary: list[str] = []

    async def fail() -> None:
        raise RuntimeError("always")

    house = House(RecordedService("a", diary, run=fail), RecordedService("b", diary), clock=ManualClock())
    await house.supervisor.start()
    with pytest.raises(RuntimeError, match="always"):
        await house.supervisor.serve(house.stop)
    assert len(house.reported) == 5
    assert "service given up" in house.log.events("error")
    report = await house.supervisor.shut_down()
    assert report.is_clean
    assert "b.ended" in diary


async def test_failures_outside_the_window_do_not_add_up() -> None:
    clock = ManualClock()
    diary: list[str] = []

    async def fail_now_and_then() -> None:
        clock.advance(20.0)  # five failures take 80 s, the window is 60 s
        if diary.count("a.run") <= 12:
            raise RuntimeError("now and then")

    house = House(RecordedService("a", diary, run=fail_now_and_then), clock=clock)
    report = await house.serve_until_stopped(lambda: diary.count("a.run") == 13)
    assert len(house.reported) == 12
    assert report.is_clean


async def test_the_back_off_grows_and_is_forgotten_after_a_quiet_window() -> None:
    clock = ManualClock()
    diary: list[str] = []
    asked: list[int] = []

    class RecordedBackoff(Backoff):
        def next_delay(self) -> float:
            asked.append(self.attempts)
            super().next_delay()
            return 0.0

    async def fail() -> None:
        run = diary.count("a.run")
        clock.advance(61.0 if run == 3 else 1.0)
        if run <= 4:
            raise RuntimeError("again")

    house = House(
        RecordedService("a", diary, run=fail),
        clock=clock,
        restart=RestartPolicy(make_backoff=RecordedBackoff),
    )
    await house.serve_until_stopped(lambda: diary.count("a.run") == 5)
    assert asked == [0, 1, 0, 1]


async def test_a_cancellation_from_within_is_a_failure_and_not_the_end() -> None:
    diary: list[str] = []

    async def cancel_oneself_once() -> None:
        if diary.count("a.run") == 1:
            raise asyncio.CancelledError("an inner task was cancelled")

    house = House(RecordedService("a", diary, run=cancel_oneself_once))
    await house.serve_until_stopped(lambda: diary.count("a.run") == 2)
    assert len(house.reported) == 1


async def test_a_service_that_returns_is_not_run_again() -> None:
    class BriefService(Service):
        name = "brief"
        runs = 0

        async def run(self) -> None:
            self.runs += 1

    service, diary = BriefService(), list[str]()
    house = House(service, RecordedService("b", diary))
    await house.serve_until_stopped(lambda: "service ended by itself" in house.log.events("debug"))
    assert service.runs == 1


async def test_a_broken_reporter_does_not_stop_the_restart() -> None:
    diary: list[str] = []

    async def fail_once() -> None:
        if diary.count("a.run") == 1:
            raise RuntimeError("once")

    def broken(_name: str, _error: BaseException) -> None:
        raise ValueError("no pen")

    log, stop = RecordingLog(), asyncio.Event()
    service = RecordedService("a", diary, run=fail_once)
    supervisor = Supervisor([service], clock=SystemClock(), log=log, report=broken, restart=AT_ONCE)
    await supervisor.start()
    serving = asyncio.create_task(supervisor.serve(stop))
    await wait_until(lambda: diary.count("a.run") == 2)
    stop.set()
    await serving
    assert "failure not reported" in log.events("error")
    await supervisor.shut_down()


# -------------------------------------------------------------------------------------------------------- shut down


def test_the_phases_are_data_and_fit_into_ten_seconds() -> None:
    phases = ShutdownLimits().phases
    assert [phase.name for phase in phases] == ["signal", "close clients", "stop tasks", "release", "fallback"]
    assert phases[1] == ShutdownPhase("close clients", 2.0)
    assert phases[2] == ShutdownPhase("stop tasks", 5.0)
    assert sum(phase.limit_seconds for phase in phases) < 10.0


async def test_the_phases_come_one_after_the_other_and_in_reverse_order_of_the_start() -> None:
    diary: list[str] = []
    house = House(RecordedService("a", diary), RecordedService("b", diary))
    report = await house.serve_until_stopped(lambda: "b.run" in diary)
    ending = diary[diary.index("b.run") + 1 :]
    assert ending[:4] == ["b.refuse", "a.refuse", "b.close_clients", "a.close_clients"]
    assert set(ending[4:6]) == {"a.ended", "b.ended"}
    assert ending[6:] == ["b.release", "a.release"]
    assert [name for name, _ in report.phases] == [phase.name for phase in SHORT.phases]
    assert (report.late, report.hung) == ((), ())


async def test_concurrent_and_repeated_shut_downs_are_one() -> None:
    diary: list[str] = []
    house = House(RecordedService("a", diary))
    await house.supervisor.start()
    first, second = await asyncio.gather(house.supervisor.shut_down(), house.supervisor.shut_down())
    third = await house.supervisor.shut_down()
    assert first is second is third
    assert diary.count("a.refuse") == diary.count("a.close_clients") == diary.count("a.release") == 1


async def test_a_caller_that_is_cancelled_does_not_break_the_shut_down() -> None:
    diary: list[str] = []
    gate = asyncio.Event()
    house = House(
        RecordedService("a", diary, close_clients=gate.wait),  # type: ignore[arg-type]
        limits=ShutdownLimits(),
    )
    await house.supervisor.start()
    impatient = asyncio.create_task(house.supervisor.shut_down())
    await wait_until(lambda: "a.close_clients" in diary)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    gate.set()
    report = await house.supervisor.shut_down()
    assert report.is_clean
    assert diary[-1] == "a.release"


async def test_shut_down_ends_serve() -> None:
    diary: list[str] = []
    house = House(RecordedService("a", diary))
    await house.supervisor.start()
    serving = asyncio.create_task(house.supervisor.serve(house.stop))
    await wait_until(lambda: "a.run" in diary)
    assert (await house.supervisor.shut_down()).is_clean
    async with asyncio.timeout(20):
        await serving


async def test_shut_down_before_the_start_does_nothing() -> None:
    diary: list[str] = []
    report = await House(RecordedService("a", diary)).supervisor.shut_down()
    assert report.is_clean
    assert diary == []


async def test_a_service_that_refuses_badly_is_reported_and_the_others_still_refuse() -> None:
    class Stubborn(Service):
        name = "stubborn"

        def refuse(self) -> None:
            raise RuntimeError("I will not")

    diary: list[str] = []
    house = House(RecordedService("a", diary), Stubborn())
    await house.supervisor.start()
    report = await house.supervisor.shut_down()
    assert house.reported == [("stubborn", "I will not")]
    assert "a.refuse" in diary
    assert report.is_clean


async def test_a_farewell_over_its_limit_is_cut_short_but_hangs_nothing() -> None:
    diary: list[str] = []
    house = House(
        RecordedService("a", diary),
        RecordedService("slow", diary, close_clients=asyncio.Event().wait),  # type: ignore[arg-type]
    )
    await house.supervisor.start()
    report = await house.supervisor.shut_down()
    assert report.is_clean
    assert [late.partition(" (")[0] for late in report.late] == ["slow: close clients"]
    assert diary[-1] == "a.release"
    assert house.log.events("warning") == ["shutdown cut short"]


async def test_a_run_that_ends_late_is_named_with_the_place_where_it_hung() -> None:
    diary: list[str] = []
    house = House(RecordedService("a", diary), RecordedService("stuck", diary, run=ignore_cancellation))
    report = await house.serve_until_stopped(lambda: "stuck.run" in diary)
    [hung] = report.hung
    assert hung.startswith("stuck: stop tasks (")
    assert not report.is_clean
    assert diary[-2:] == ["stuck.release", "a.release"]
    assert house.log.events("error") == ["shutdown incomplete"]


async def test_what_ends_at_no_price_is_named_and_the_house_goes_down_all_the_same() -> None:
    diary: list[str] = []
    mercy = asyncio.Event()

    async def ignore_everything() -> None:
        while not mercy.is_set():
            try:
                await mercy.wait()
            except asyncio.CancelledError:
                continue
        raise RuntimeError("let go at last")

    house = House(RecordedService("undead", diary, run=ignore_everything))
    async with asyncio.timeout(20):
        report = await house.serve_until_stopped(lambda: "undead.run" in diary)
    assert [hung.partition(" (")[0] for hung in report.hung] == ["undead: stop tasks"]
    mercy.set()  # so that the test itself leaves nothing behind
    await wait_until(lambda: house.reported == [("undead", "let go at last")])


async def test_a_release_that_hangs_is_named_and_leaves_time_for_the_others() -> None:
    diary: list[str] = []
    released: list[str] = []

    async def brief() -> None:
        await asyncio.sleep(0.01)
        released.append("a")

    house = House(
        RecordedService("a", diary, release=brief),
        RecordedService("stuck", diary, release=asyncio.Event().wait),  # type: ignore[arg-type]
    )
    await house.supervisor.start()
    report = await house.supervisor.shut_down()
    assert [hung.partition(" (")[0] for hung in report.hung] == ["stuck: release"]
    assert released == ["a"]


async def test_failures_while_closing_are_reported_and_do_not_stop_the_shut_down() -> None:
    diary: list[str] = []

    async def fail() -> None:
        raise RuntimeError("on the way out")

    house = House(RecordedService("a", diary), RecordedService("b", diary, close_clients=fail, release=fail))
    await house.supervisor.start()
    report = await house.supervisor.shut_down()
    assert house.reported == [("b", "on the way out")] * 2
    assert diary[-1] == "a.release"
    assert report.is_clean


async def test_a_run_that_fails_while_it_is_stopped_is_reported_and_not_run_again() -> None:
    class Clumsy(Service):
        name = "clumsy"
        runs = 0

        async def run(self) -> None:
            self.runs += 1
            try:
                await super().run()
            finally:
                raise RuntimeError("fell on the way out")

    service = Clumsy()
    house = House(service)
    report = await house.serve_until_stopped(lambda: service.runs)
    assert house.reported == [("clumsy", "fell on the way out")]
    assert service.runs == 1
    assert report.is_clean


async def test_no_task_is_left_behind() -> None:
    diary: list[str] = []
    before = asyncio.all_tasks()
    house = House(RecordedService("a", diary), RecordedService("b", diary, run=ignore_cancellation))
    await house.serve_until_stopped(lambda: "b.run" in diary)
    assert asyncio.all_tasks() == before
