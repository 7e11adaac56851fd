"""Operations on apps that wait for a key of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from hydrogen.auth.app_requests import AppGrant, AppRequest, AppRequestBook
from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.errors import Forbidden, InvalidMessage
from hydrogen.model.codec import iso_time
from hydrogen.operations.operation import Call, NoParams, Operation, Params

APP_SCOPES = ("control", "emergency", "files", "print", "read")
"""What an app gets unless the person says otherwise: all that concerns printing, nothing of the host's own affairs."""

RequestId = Annotated[str, Field(min_length=1, max_length=40)]
ScopeName = Annotated[str, Field(min_length=1, max_length=20)]
PrinterName = Annotated[str, Field(min_length=1, max_length=32)]


class ApproveParams(Params):
    request: RequestId
    scopes: Annotated[list[ScopeName] | None, Field(max_length=len(SCOPES))] = None
    printers: Annotated[list[PrinterName] | None, Field(max_length=100)] = None


class DenyParams(Params):
    request: RequestId


class AppKeyOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, book: AppRequestBook) -> None:
        self._book = book

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The apps that wait for a decision, oldest first: `{"pending": [{"id", "app", "user", "address", "requested_at"}]}`.

        `app` and `user` are the app's own words, not proven by anything; `address` is where it asks from. Needs the scope
        `admin`, though it changes nothing.
        """
        if not call.principal.may("admin"):
            raise Forbidden("appkey.list needs the scope 'admin'", operation="appkey.list", scope="admin")
        return {"pending": [_shown(request) for request in self._book.pending()]}

    async def approve(self, call: Call) -> Mapping[str, Any]:
        """Give an app a key of its own, with `scopes` (by default read, control, print, files, emergency) for `printers` (by
        default all that the caller may reach): `{"id", "app", "scopes", "printers"}`.

        The key is made when the app asks the next time, is shown to the app alone, and is listed and revoked like any other.
        Nobody can give what he has not: `forbidden`. `not_found` for an app that waits no more.
        """
        grant = _grant_for(call.principal, call.params)
        request = self._book.approve(call.params.request, grant)
        return {
            "id": request.id,
            "app": request.app,
            "scopes": sorted(grant.scopes),
            "printers": None if grant.printers is None else sorted(grant.printers),
        }

    async def deny(self, call: Call) -> Mapping[str, Any]:
        """Refuse an app: `{"id", "app"}`. `not_found` for one that waits no more."""
        request = self._book.deny(call.params.request)
        return {"id": request.id, "app": request.app}


def app_key_operations(book: AppRequestBook) -> list[Operation]:
    """All operations of this module, bound to `book`."""
    does = AppKeyOperations(book)
    return [
        Operation(
            name="appkey.list",
            params=NoParams,
            scope="read",
            summary="List the apps that wait for a key",
            handler=does.list,
        ),
        Operation(
            name="appkey.approve",
            params=ApproveParams,
            scope="admin",
            summary="Give an app a key",
            handler=does.approve,
        ),
        Operation(
            name="appkey.deny",
            params=DenyParams,
            scope="admin",
            summary="Refuse an app a key",
            handler=does.deny,
        ),
    ]


def rights_to_give(
    giver: Principal, scopes: Iterable[str] | None, printers: Iterable[str] | None
) -> tuple[frozenset[str], frozenset[str] | None]:
    """The scopes and printers that somebody gives away: never more than he has. scopes None: what an app usually gets, printers
    None: all that the giver may reach. Raises InvalidMessage, Forbidden."""
    given = frozenset(APP_SCOPES if scopes is None else scopes)
    unknown = sorted(given - SCOPES)
    if unknown or not given:
        known = ", ".join(sorted(SCOPES))
        raise InvalidMessage(f"scopes are {known}; found {unknown or 'none'}", field="scopes")
    if scopes is None:
        given &= giver.scopes
    elif missing := sorted(given - giver.scopes):
        raise Forbidden(f"you cannot give the scope {missing[0]!r}, which you do not have", scope=missing[0])
    reached = giver.printers if printers is None else frozenset(printers)
    for printer in sorted(reached or ()):
        if not giver.may_reach(printer):
            raise Forbidden(f"you cannot give printer {printer!r}, which is not yours", printer=printer)
    return given, reached


def _grant_for(approver: Principal, params: ApproveParams) -> AppGrant:
    scopes, printers = rights_to_give(approver, params.scopes, params.printers)
    return AppGrant(scopes=scopes, printers=printers, actor=approver.name)


def _shown(request: AppRequest) -> Mapping[str, Any]:
    return {
        "id": request.id,
        "app": request.app,
        "user": request.user,
        "address": request.address,
        "requested_at": iso_time(request.requested_at),
    }
