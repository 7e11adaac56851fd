from __future__ import annotations

import inspect
import re

import pytest

from hydrogen import errors
from hydrogen.errors import ClientError, DeviceError, HostError, HydrogenError, PrinterHalted, error_from_wire

FAMILIES = (ClientError, DeviceError, HostError)
LEAVES = [leaf for family in FAMILIES for leaf in family.__subclasses__()]


def test_every_error_belongs_to_one_of_three_families() -> None:
    assert set(HydrogenError.__subclasses__()) == set(FAMILIES)


def test_the_drawn_tree_names_every_leaf_and_its_codes() -> None:
    drawn = dict(re.findall(r"[├└]── (\w+) +([a-z_, ]+)$", inspect.getdoc(errors) or "", re.MULTILINE))
    assert set(drawn) >= {leaf.__name__ for leaf in LEAVES}
    for leaf in LEAVES:
        assert leaf.code in drawn[leaf.__name__].split(", ")


def test_codes_are_unique() -> None:
    codes = [leaf.code for leaf in LEAVES]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_error_survives_the_wire(leaf: type[HydrogenError]) -> None:
    error = leaf("what happened, and what to do", port="/dev/ttyUSB0")
    again = error_from_wire(error.as_wire())
    assert type(again) is leaf
    assert again.as_wire() == error.as_wire()
    assert str(again) == "what happened, and what to do"


@pytest.mark.parametrize("code", ["thermal_runaway", "temperature_limit", "homing_failed", "printer_halted"])
def test_a_halt_keeps_its_cause(code: str) -> None:
    again = error_from_wire(PrinterHalted("tool0 fell", code=code).as_wire())
    assert type(again) is PrinterHalted
    assert again.code == code


def test_a_code_of_a_newer_version_is_kept() -> None:
    again = error_from_wire({"code": "gremlins", "message": "in the wires", "details": {"count": 3}})
    assert (type(again), again.code, again.details) == (HostError, "gremlins", {"count": 3})


@pytest.mark.parametrize("body", [{}, {"code": None}, {"details": "none"}, {"message": 5}])
def test_a_broken_error_object_becomes_an_error_and_not_an_exception(body: dict[str, object]) -> None:
    assert isinstance(error_from_wire(body), HydrogenError)
