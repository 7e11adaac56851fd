"""A thing on the disk is a plain value."""

from __future__ import annotations

from hydrogen.retention.item import Deletion
from tests.support.retention_shelf import item


def test_a_deletion_names_the_thing_and_the_reason() -> None:
    deletion = Deletion(item=item("a"), reason="too old")
    assert (deletion.item.name, deletion.reason) == ("a", "too old")
    assert not deletion.item.needed and not deletion.item.may_be_a_jobs
