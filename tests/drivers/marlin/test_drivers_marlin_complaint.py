"""The same complaint is told once in a while; another one at once."""

from __future__ import annotations

from hydrogen_drivers.marlin.complaint import COMPLAINT_SECONDS, Complaints


def test_same_words_are_news_once_in_a_while() -> None:
    complaints = Complaints()
    assert complaints.is_news("cold extrusion prevented", 100.0)
    assert not complaints.is_news("cold extrusion prevented", 100.0 + COMPLAINT_SECONDS - 0.1)
    assert complaints.is_news("cold extrusion prevented", 100.0 + COMPLAINT_SECONDS)


def test_other_words_are_news_at_once() -> None:
    complaints = Complaints()
    assert complaints.is_news("cold extrusion prevented", 100.0)
    assert complaints.is_news("G2/G3 bad parameters", 100.0)
