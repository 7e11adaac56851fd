from __future__ import annotations

from hydrogen.model.event import Event
from hydrogen.model.events import Event as ListedEvent
from hydrogen.model.events import PrinterConnected


def test_the_topic_is_the_first_word_and_samples_of_one_key_replace_each_other() -> None:
    event = PrinterConnected(at=1.0, printer="bench", port="p")
    assert event.topic == "printer"
    assert event.sample_key == ("printer.connected", "bench", "")
    assert isinstance(event, Event) and ListedEvent is Event
