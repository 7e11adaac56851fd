"""What waits for a client: in order, fresh, bounded."""

from __future__ import annotations

from hydrogen.octoprint.push.framing import Message, message
from hydrogen.octoprint.push.outbox import MOST_CHARACTERS, MOST_MESSAGES, PushOutbox


def numbered(count: int) -> list[Message]:
    return [message("event", number) for number in range(count)]


async def test_what_is_put_is_taken_in_order_once() -> None:
    outbox, told = PushOutbox(), numbered(3)
    for one in told:
        outbox.put(one)
    assert await outbox.take() == told
    assert outbox.take_now() == [] and not outbox


async def test_a_state_that_waits_is_replaced_and_an_event_is_not() -> None:
    outbox, told = PushOutbox(), numbered(4)
    outbox.put_current(told[0])
    outbox.put(told[1])
    outbox.put_current(told[2])
    assert await outbox.take() == [told[1], told[2]]
    outbox.put_current(told[3])
    assert await outbox.take() == [told[3]]


async def test_too_many_messages_end_it() -> None:
    outbox = PushOutbox()
    for one in numbered(MOST_MESSAGES):
        outbox.put(one)
    assert not outbox.is_over
    outbox.put(message("event", 1))
    assert outbox.is_over and await outbox.take() == []
    outbox.put(message("event", 1))
    outbox.close()
    assert await outbox.take() == []


async def test_too_much_ends_it_and_states_never_do() -> None:
    outbox = PushOutbox()
    for _ in range(10 * MOST_MESSAGES):
        outbox.put_current(message("current", "x" * 4000))
    assert not outbox.is_over and len(outbox.take_now()) == 1
    outbox.put(message("event", "x" * MOST_CHARACTERS))
    assert outbox.is_over
