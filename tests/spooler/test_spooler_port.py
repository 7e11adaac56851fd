"""Both implementations sign the contract."""

from __future__ import annotations

import inspect

import pytest

from hydrogen.spooler.local import LocalSpooler
from hydrogen.spooler.port import SpoolerPort
from hydrogen.spooler.wire.client import SpoolerClient


@pytest.mark.parametrize("kind", [SpoolerClient, LocalSpooler])
def test_implementation_has_every_member_of_the_contract(kind: type) -> None:
    wanted = [name for name in vars(SpoolerPort) if not name.startswith("_")]
    assert set(wanted) == {"printer", "attach", "request", "acknowledge", "detach"}
    for name in wanted:
        theirs, ours = getattr(SpoolerPort, name), getattr(kind, name)
        if inspect.isfunction(theirs):
            assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs)
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
