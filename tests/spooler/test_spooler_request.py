from __future__ import annotations

from hydrogen.spooler.request import ALL_REQUESTS, Request


def test_every_request_has_a_name_of_its_own() -> None:
    names = [kind.wire_name for kind in ALL_REQUESTS]
    assert len(set(names)) == len(names)
    assert "" not in names
    assert {kind.__name__ for kind in ALL_REQUESTS} == {kind.__name__ for kind in Request.__subclasses__()}
