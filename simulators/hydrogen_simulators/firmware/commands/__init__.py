"""The commands of the virtual Marlin by family, and the table of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.commands import card, heating, interaction, moves, reports, stored
from hydrogen_simulators.firmware.waiting import Handler

COMMANDS: Mapping[str, Handler] = MappingProxyType(
    {**moves.HANDLERS, **heating.HANDLERS, **interaction.HANDLERS, **reports.HANDLERS, **stored.HANDLERS}
    | dict(card.HANDLERS)
)
"""Handler by name (``G1``, ``M105``, ``T0``); what is not here is an unknown command."""
