from __future__ import annotations

from hydrogen.model.codec import event_from_plain, plain_event
from hydrogen.model.events import ALL_EVENTS
from hydrogen.model.host_events import HostClockChanged, HostTroubleChanged


def test_they_are_among_all_and_survive_the_wire() -> None:
    events = (
        HostTroubleChanged(at=5.0, trouble=("throttled",), began=("throttled",), jobs=("j",)),
        HostClockChanged(at=5.0, trusted=True),
    )
    for event in events:
        assert type(event) in ALL_EVENTS
        assert event_from_plain(plain_event(event)) == event
        assert event.topic == "host"
