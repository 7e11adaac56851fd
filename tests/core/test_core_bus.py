from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hydrogen.core.bus import Bus
from hydrogen.model.events import Event, JobPaused, PublishedEvent, TemperatureMeasured


def fact(seq: int) -> PublishedEvent:
    return PublishedEvent(seq, JobPaused(at=float(seq), printer="ender3", job="job-1"))


def sample(seq: int) -> PublishedEvent:
    return PublishedEvent(seq, TemperatureMeasured(at=1.0, printer="ender3", heater="bed", actual_celsius=float(seq)))


class Failures:
    """Remembers what the bus reported."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str]] = []

    def __call__(self, name: str, error: BaseException) -> None:
        self.reported.append((name, str(error)))


def test_every_listener_is_called_within_publish_in_the_order_of_listening() -> None:
    bus, heard = Bus(Failures()), list[tuple[str, int]]()
    bus.listen(lambda published: heard.append(("first", published.seq)), name="first")
    bus.listen(lambda published: heard.append(("second", published.seq)), name="second")
    bus.publish(fact(1))
    assert heard == [("first", 1), ("second", 1)]


def test_unlisten_ends_it_and_may_be_called_twice() -> None:
    bus, heard = Bus(Failures()), list[int]()
    unlisten = bus.listen(lambda published: heard.append(published.seq), name="listener")
    bus.publish(fact(1))
    unlisten()
    unlisten()
    bus.publish(fact(2))
    assert heard == [1]


def test_the_same_function_can_listen_twice_and_leave_once() -> None:
    bus, heard = Bus(Failures()), list[int]()

    def listen(published: PublishedEvent) -> None:
        heard.append(published.seq)

    unlisten = bus.listen(listen, name="one")
    bus.listen(listen, name="two")
    unlisten()
    bus.publish(fact(1))
    assert heard == [1]


def test_a_listener_that_leaves_during_delivery_hears_nothing_more() -> None:
    bus, heard = Bus(Failures()), list[int]()
    leave: list[Callable[[], None]] = []
    bus.listen(lambda _published: leave[0](), name="usher")
    leave.append(bus.listen(lambda published: heard.append(published.seq), name="guest"))
    bus.publish(fact(1))
    assert heard == []


def test_a_listener_that_comes_during_delivery_hears_the_next_event() -> None:
    bus, heard = Bus(Failures()), list[int]()

    def invite(published: PublishedEvent) -> None:
        if published.seq == 1:
            bus.listen(lambda later: heard.append(later.seq), name="guest")

    bus.listen(invite, name="host")
    bus.publish(fact(1))
    bus.publish(fact(2))
    assert heard == [2]


def test_a_failing_listener_is_reported_and_costs_the_others_nothing() -> None:
    failures, heard = Failures(), list[int]()
    bus = Bus(failures)

    def fail(_published: PublishedEvent) -> None:
        raise RuntimeError("broken listener")

    bus.listen(fail, name="bad")
    bus.listen(lambda published: heard.append(published.seq), name="good")
    bus.publish(fact(1))
    bus.publish(fact(2))
    assert heard == [1, 2]
    assert failures.reported == [("bad", "broken listener")] * 2


def test_all_listeners_see_the_same_order_when_one_of_them_publishes() -> None:
    bus, heard = Bus(Failures()), list[tuple[str, int]]()

    def answer(published: PublishedEvent) -> None:
        heard.append(("answering", published.seq))
        if published.seq == 1:
            bus.publish(fact(2))

    bus.listen(answer, name="answering")
    bus.listen(lambda published: heard.append(("listening", published.seq)), name="listening")
    bus.publish(fact(1))
    assert heard == [("answering", 1), ("listening", 1), ("answering", 2), ("listening", 2)]


def test_the_report_of_a_failure_reaches_everybody_but_the_one_that_failed() -> None:
    """Otherwise a listener that always fails would be told of its failure for ever."""
    heard: dict[str, list[int]] = {"bad": [], "worse": [], "good": []}
    bus = Bus(lambda _name, _error: bus.publish(fact(99)))

    def failing(name: str) -> None:
        def fail(published: PublishedEvent) -> None:
            heard[name].append(published.seq)
            raise RuntimeError(name)

        bus.listen(fail, name=name)

    failing("bad")
    failing("worse")
    bus.listen(lambda published: heard["good"].append(published.seq), name="good")
    bus.publish(fact(1))
    # "bad" fails on 1 (report A), "worse" on 1 (report B) and on A (report C); "bad" on B (report D).
    assert heard == {"bad": [1, 99], "worse": [1, 99], "good": [1, 99, 99, 99, 99]}


def test_publish_does_not_raise_when_the_reporter_is_broken_too() -> None:
    def broken(_name: str, _error: BaseException) -> None:
        raise ValueError("no pen")

    bus, heard = Bus(broken), list[int]()
    bus.listen(lambda _published: 1 / 0, name="bad")  # type: ignore[arg-type]
    bus.listen(lambda published: heard.append(published.seq), name="good")
    bus.publish(fact(1))
    bus.publish(fact(2))
    assert heard == [1, 2]


# ------------------------------------------------------------------------------------------------- subscriptions


async def test_take_waits_for_the_next_event() -> None:
    bus = Bus(Failures())
    subscription = bus.subscribe(name="reader")
    taking = asyncio.create_task(subscription.take())
    await asyncio.sleep(0)
    assert not taking.done()
    bus.publish(fact(1))
    assert [published.seq for published in await taking] == [1]


async def test_take_returns_all_that_came_meanwhile_with_samples_merged() -> None:
    bus = Bus(Failures())
    subscription = bus.subscribe(name="reader")
    for published in (sample(1), fact(2), sample(3)):
        bus.publish(published)
    assert [published.seq for published in await subscription.take()] == [2, 3]


async def test_a_subscription_gets_only_what_it_accepts() -> None:
    def is_fact(event: Event) -> bool:
        return not event.is_sample

    bus = Bus(Failures())
    subscription = bus.subscribe(name="reader", accepts=is_fact)
    bus.publish(sample(1))
    bus.publish(fact(2))
    assert [published.seq for published in await subscription.take()] == [2]


async def test_a_reader_that_cannot_keep_up_is_told_and_goes_on_behind_the_loss() -> None:
    bus = Bus(Failures())
    subscription = bus.subscribe(name="reader", capacity=2)
    for seq in (1, 2, 3, 4):
        bus.publish(fact(seq))
    assert subscription.is_lagged
    assert await subscription.take() == []
    assert subscription.is_lagged
    bus.publish(fact(5))
    assert [published.seq for published in await subscription.take()] == [5]
    assert not subscription.is_lagged


async def test_a_slow_reader_costs_the_publisher_and_the_others_nothing() -> None:
    bus = Bus(Failures())
    slow, quick = bus.subscribe(name="slow", capacity=1), bus.subscribe(name="quick")
    for seq in range(1, 101):
        bus.publish(fact(seq))
    assert len(await quick.take()) == 100
    assert slow.is_lagged


async def test_close_ends_a_waiting_take_and_may_be_called_twice() -> None:
    bus = Bus(Failures())
    subscription = bus.subscribe(name="reader")
    taking = asyncio.create_task(subscription.take())
    await asyncio.sleep(0)
    subscription.close()
    subscription.close()
    async with asyncio.timeout(20):
        assert await taking == []
        assert await subscription.take() == []
    bus.publish(fact(1))
    async with asyncio.timeout(20):
        assert await subscription.take() == []


async def test_a_cancelled_take_loses_nothing() -> None:
    bus = Bus(Failures())
    subscription = bus.subscribe(name="reader")
    taking = asyncio.create_task(subscription.take())
    await asyncio.sleep(0)
    bus.publish(fact(1))
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert [published.seq for published in await subscription.take()] == [1]


async def test_a_broken_filter_is_reported_like_a_broken_listener() -> None:
    def fail(_event: Event) -> bool:
        raise RuntimeError("broken filter")

    failures = Failures()
    bus = Bus(failures)
    bus.subscribe(name="reader", accepts=fail)
    bus.publish(fact(1))
    assert failures.reported == [("reader", "broken filter")]
    assert bus.failures == 1


def test_events_that_a_reader_was_too_slow_for_are_counted() -> None:
    bus = Bus(Failures())
    bus.subscribe(name="slow", capacity=2)
    bus.subscribe(name="patient")
    for seq in range(1, 6):
        bus.publish(fact(seq))
    assert bus.dropped == 5
    assert bus.failures == 0
