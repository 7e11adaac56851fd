"""Requests as frames and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import plain, value_from_plain
from hydrogen.spooler.request import ALL_REQUESTS, Request

request_by_name: Mapping[str, type[Request]] = MappingProxyType({kind.wire_name: kind for kind in ALL_REQUESTS})
"""Request class by wire name."""


def request_params(request: Request) -> dict[str, Any]:
    """The fields of `request` as JSON values; those that are None are left out."""
    values = ((f.name, getattr(request, f.name)) for f in fields(request))
    return {name: plain(value) for name, value in values if value is not None}


def request_from_plain(name: object, params: object) -> Request:
    """Raises InvalidMessage for an unknown name and for a field that is missing or of another type."""
    kind = request_by_name.get(str(name))
    if kind is None:
        raise InvalidMessage(f"unknown request {str(name)[:40]!r}")
    if not isinstance(params, Mapping):
        raise InvalidMessage("params must be an object", field="params")
    return value_from_plain(kind, params)
