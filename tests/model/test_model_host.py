from __future__ import annotations

from dataclasses import fields

from hydrogen.model.host import HostState


def test_what_was_not_measured_is_none() -> None:
    assert all(getattr(HostState(), item.name) is None for item in fields(HostState))
