"""All personas by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.personas.independent import INDEPENDENT_FIRMWARES
from hydrogen_simulators.personas.marlin_fork import MARLIN_FORKS
from hydrogen_simulators.personas.persona import Persona

PERSONAS: Mapping[str, Persona] = MappingProxyType(
    {persona.name: persona for persona in (*MARLIN_FORKS, *INDEPENDENT_FIRMWARES)}
)
"""All personas by name, Marlin and its forks first."""


class UnknownPersona(ValueError):
    """There is no persona of this name; the message lists those there are."""


def persona_named(name: str) -> Persona:
    """The persona of this name.

    Raises:
        UnknownPersona: there is none.
    """
    persona = PERSONAS.get(name)
    if persona is None:
        raise UnknownPersona(f"no persona {name!r}: there are {', '.join(PERSONAS)}")
    return persona
