"""Who asks in Moonraker's ways, and what a refusal looks like there: `{"error": {"code", "message"}}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.credentials import BEARER_SCHEME, KEY_SCHEME
from hydrogen.auth.grant import Grant
from hydrogen.core.context import Context
from hydrogen.errors import AuthFailed, Forbidden, HydrogenError, NotFound
from hydrogen.model.printer import PrinterState
from hydrogen.web.answer import json_answer, status_of
from hydrogen.web.door import Door

KEY_HEADER = "x-api-key"

STATUSES: Mapping[type[HydrogenError], int] = MappingProxyType({AuthFailed: 401, Forbidden: 401})
"""Moonraker says 401 to everybody who is not let in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoonrakerVisit:
    """printer: the one that the path names, or the first that the caller may see; empty in a house without printers."""

    request: Request
    grant: Grant
    printer: str
    state: PrinterState


class MoonrakerDoor:
    """Lets callers in: by `X-Api-Key`, `Authorization: Bearer <key>`, and in our own ways."""

    def __init__(self, door: Door, context: Context) -> None:
        self.web = door
        self._context = context

    async def admit(self, request: Request, scope: str) -> MoonrakerVisit:
        """Raises AuthFailed, RateLimited, Forbidden, NotFound (printer)."""
        shown = self.web.shown_in(request)
        key = request.headers.get(KEY_HEADER)
        if key:
            shown = replace(shown, authorization=(f"{KEY_SCHEME}{key}",))
        elif shown.authorization:
            shown = replace(shown, authorization=tuple(_bearer_as_key(value) for value in shown.authorization))
        grant = await self.web.authority.admit(shown)
        if not grant.principal.may(scope):
            raise Forbidden(f"this needs the scope {scope!r}", scope=scope)
        printer = self._printer_for(request.path_params.get("printer"), grant)
        state = self._context.state.printers.get(printer, PrinterState())
        return MoonrakerVisit(request=request, grant=grant, printer=printer, state=state)

    def _printer_for(self, name: str | None, grant: Grant) -> str:
        names = tuple(self._context.state.printers)
        if name is None:
            return next((one for one in names if grant.principal.may_reach(one)), "")
        if name not in names:
            raise NotFound(f"unknown printer {name[:64]!r}", printer=name[:64])
        if not grant.principal.may_reach(name):
            raise Forbidden(f"printer {name!r} is not yours to see", printer=name)
        return name


def refusal(error: HydrogenError) -> Response:
    """The error in Moonraker's shape."""
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), status_of(error))
    return json_answer({"error": {"code": status, "message": error.message, "traceback": ""}}, status=status)


def _bearer_as_key(value: str) -> str:
    """A bearer token without dots is an API key; a signed token has two."""
    token = value.removeprefix(BEARER_SCHEME)
    return value if token == value or token.count(".") == 2 else f"{KEY_SCHEME}{token}"
