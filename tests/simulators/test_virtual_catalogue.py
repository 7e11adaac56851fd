"""The table of personas."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.personas import PERSONAS, UnknownPersona, persona_named


def test_there_are_many_and_the_first_is_the_default_printer():
    assert len(PERSONAS) >= 14
    assert next(iter(PERSONAS)) == "marlin-2"
    assert persona_named("marlin-2").settings == MarlinSettings()


def test_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(UnknownPersona, match=r"no persona 'nope': there are marlin-2, .*klipper"):
        persona_named("nope")
