"""The card slot of a printer without a card, against ``facts/marlin.md`` "SD card"."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("M20", "echo:No media\n" + OK),
        ("M21", "echo:No SD card\n" + OK),
        ("M22", "echo:SD card released\n" + OK),
        ("M23 nofile.g", "echo:Now fresh file: nofile.g\nopen failed, File: nofile.g.\n" + OK),
        ("M24", "//action:resume\n" + OK),
        ("M25", "//action:pause\n" + OK),
        ("M27", "Not SD printing\n" + OK),
        ("M30 nofile.g", "Deletion failed, File: nofile.g.\n" + OK),
        ("M21 P", "echo:No SD card\n" + OK),
        ("M26", OK),
    ],
)
def test_card_slot_answers_as_marlin_does(talk, sent, reply):
    assert talk().send(sent) == reply
