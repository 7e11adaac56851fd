"""`hydrogen record`, against a service with a printer, and what the recording is good for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen_simulators.pytest_plugin import VirtualPrinter
from hydrogen_simulators.replay import persona_from_file
from hydrogen_simulators.service_process import HydrogenService


@pytest.mark.virtual_printer(
    firmware_name="Marlin of the attic", advanced_ok=False, speed=None, card={"JOSGIFT.GCO": b"G28\n"}
)
def test_a_recorded_printer_lives_again(
    hydrogen_service: HydrogenService, start_virtual_printer: Callable[..., VirtualPrinter], tmp_path: Path
) -> None:
    state = hydrogen_service.printers()["virtual"]
    assert state["simulated"] is True
    file = tmp_path / "attic.jsonl"
    told = hydrogen_service.run("record", str(file))
    assert "look at it before you publish it" in told.stderr
    text = file.read_text(encoding="utf-8")
    assert "JOSGIFT" not in text
    header = json.loads(text.splitlines()[0])
    assert (header["recording"], header["simulated"]) == (1, True)
    persona = persona_from_file(file)
    assert persona.settings.firmware_name.startswith("Marlin of the attic")
    assert not persona.settings.advanced_ok
    again = start_virtual_printer("ttyAGAIN", persona=persona)
    assert again.printer.settings.speech.identity[0].startswith("FIRMWARE_NAME:Marlin of the attic")
    refused = hydrogen_service.run("record", "/nowhere/at/all", check=False)
    assert refused.returncode != 0
    assert "cannot write /nowhere/at/all" in refused.stderr
    unknown = hydrogen_service.run("record", str(file), "--printer", "nobody", check=False)
    assert "unknown printer 'nobody'" in unknown.stderr
