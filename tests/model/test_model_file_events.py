"""What happens in the files folder, as everybody hears of it."""

from __future__ import annotations

from hydrogen.model import events, file_events


def test_file_events_are_events_of_the_topic_file_like_all_others() -> None:
    kinds = {kind for kind in events.ALL_EVENTS if kind.__module__ == file_events.__name__}
    assert {kind.wire_type.partition(".")[0] for kind in kinds} == {"file"}
    assert len(kinds) == 5 and not any(kind.is_sample for kind in kinds)
