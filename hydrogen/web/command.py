"""An HTTP request that carries out an operation: the one way there is, for every path that does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request

from hydrogen.errors import InvalidMessage, Unavailable
from hydrogen.model.codec import time_from_iso
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.registry import Registry
from hydrogen.web.door import Door, grant_of

IDEMPOTENCY_HEADER = "idempotency-key"
SHORTEST_KEY = 16
LONGEST_KEY = 256
"""Characters of an idempotency key, as on the WebSocket."""


def _moment(text: str) -> str:
    try:
        time_from_iso(text)
    except (InvalidMessage, OverflowError) as error:
        raise ValueError(str(error)) from None
    return text


Moment = Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"}), AfterValidator(_moment)]


class Wish(BaseModel):
    """What surrounds the parameters of an operation. Unknown fields are ignored, known ones are never converted."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    printer: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="May be left out where there is exactly one."
    )
    idempotency_key: Annotated[str, Field(min_length=SHORTEST_KEY, max_length=LONGEST_KEY)] | None = Field(
        default=None,
        description="The same command with it, within ten minutes, gets the first answer; it is carried out once.",
    )
    issued_at: Moment | None = Field(
        default=None, description="ISO 8601 with its zone; more than 30 s from the service's clock it is `replayed`."
    )


NO_WISH = Wish()

Told = TypeVar("Told", bound=Wish)


class Commander:
    """Hands requests to the registry."""

    def __init__(self, door: Door, registry: Registry) -> None:
        self._door = door
        self._registry = registry
        self._settings = door.settings

    async def carry_out(
        self,
        request: Request,
        operation: str,
        params: Mapping[str, Any] | None = None,
        *,
        wish: Wish = NO_WISH,
        printer: str | None = None,
    ) -> Mapping[str, Any]:
        """The operation's result, for the caller of `request`. printer: if it is another one than the wish's.

        Raises what `Registry.execute` raises, and Unavailable for an operation that does not answer in time.
        """
        is_urgent = self._registry.is_urgent(operation)
        try:
            async with asyncio.timeout(self._settings.urgent_seconds if is_urgent else self._settings.command_seconds):
                return await self._registry.execute(
                    grant_of(request).principal,
                    operation,
                    wish.printer if printer is None else printer,
                    {} if params is None else params,
                    key_of(request, wish),
                    wish.issued_at,
                    source=self._door.source_of(request),
                )
        except TimeoutError:
            raise Unavailable(f"{operation} gave no answer in time; whether it happened is not known") from None

    async def read(self, request: Request, model: type[Told], *, is_any_media: bool = False) -> Told:
        """The body, checked. is_any_media: whatever its Content-Type says. Raises as `Door.body_of`."""
        body = await self._door.body_of(request, is_any_media=is_any_media)
        return model_from_plain(model, body, what="body")


def params_in(told: Wish, params: type[BaseModel]) -> dict[str, Any]:
    """Of a body that holds a wish and an operation's parameters side by side, the parameters that were given."""
    return told.model_dump(include=set(params.model_fields), exclude_unset=True)


def key_of(request: Request, wish: Wish) -> str | None:
    """The idempotency key: the body's if there is one, else the header's. Raises InvalidMessage for one of wrong length."""
    header = request.headers.get(IDEMPOTENCY_HEADER)
    if header is None:
        return wish.idempotency_key
    if not SHORTEST_KEY <= len(header) <= LONGEST_KEY:
        reason = f"{SHORTEST_KEY} to {LONGEST_KEY} characters"
        raise InvalidMessage(f"Idempotency-Key: {reason}", field="idempotency_key", reason=reason)
    return header if wish.idempotency_key is None else wish.idempotency_key
