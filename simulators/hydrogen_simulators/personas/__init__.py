"""Printers to choose from by name: each a firmware as its source or a public transcript shows it."""

from __future__ import annotations

from hydrogen_simulators.personas.catalogue import PERSONAS, UnknownPersona, persona_named
from hydrogen_simulators.personas.persona import Persona

__all__ = ["PERSONAS", "Persona", "UnknownPersona", "persona_named"]
