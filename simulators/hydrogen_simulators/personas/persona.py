"""What a persona consists of."""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen_simulators.firmware.settings import MarlinSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A printer to simulate. ``sources`` name firmware file and function, or the public thread."""

    name: str
    title: str
    sources: tuple[str, ...]
    settings: MarlinSettings
