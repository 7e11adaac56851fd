"""What is done about a message, and the answer to it.

Every message is answered: with what it asked for, or with an error that carries its `id` if that was readable. Commands run
side by side, each in a task of its own that belongs to the dispatcher and not to the connection: a command that was accepted
is carried through when its client has gone, so that the client finds its result (idempotency_key) when it comes back.

This is one of the three places that catch every exception: what a handler raises by mistake becomes `server_error` with an
incident id for the caller, the traceback for the log, and an `error.raised` for everybody.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any

from hydrogen.errors import HydrogenError, InvalidMessage, RateLimited, ServerFault, Unavailable
from hydrogen.model.codec import encode_json
from hydrogen.model.events import ErrorRaised
from hydrogen.model.printer import ErrorReport
from hydrogen.operations.registry import Registry
from hydrogen.websocket.broadcast import Broadcaster
from hydrogen.websocket.connection import ClientConnection
from hydrogen.websocket.context import ServerContext, error_frame
from hydrogen.websocket.credentials import CredentialGuard
from hydrogen.websocket.limit import MessageLimit
from hydrogen.websocket.message import (
    Authenticate,
    Command,
    Message,
    Ping,
    StatusRequest,
    Subscribe,
    message_from_plain,
    read_object,
    readable_id,
)


class Dispatcher:
    """One for all connections of a server."""

    def __init__(
        self, context: ServerContext, *, registry: Registry, broadcaster: Broadcaster, credentials: CredentialGuard
    ) -> None:
        self._context = context
        self._registry = registry
        self._broadcaster = broadcaster
        self._credentials = credentials
        self._limit = MessageLimit(context.settings, clock=context.clock)
        self._commands: set[asyncio.Task[None]] = set()

    def receive(self, connection: ClientConnection, text: str | bytes) -> None:
        """A complete message came. Returns at once and never raises; the answer may come later."""
        self._context.figures.total_requests += 1
        if not self._credentials.is_let_in(connection):
            return
        message_id = None
        try:
            body = read_object(text)
            message_id = readable_id(body)
            self._handle(connection, message_from_plain(body))
        except HydrogenError as error:
            connection.answer_frame(error_frame(error.as_wire(), message_id))
            if isinstance(error, InvalidMessage):
                connection.note_invalid()
        except Exception as error:  # noqa: BLE001 (a border: logged and published)
            connection.answer_frame(self._incident(error, message_id))

    async def drain(self, timeout_seconds: float) -> None:
        """Let commands in flight come to their end, so that their callers get an answer."""
        if self._commands:
            await asyncio.wait(self._commands, timeout=timeout_seconds)

    async def close(self) -> None:
        """Break off what is still in flight. May be called twice."""
        for task in self._commands:
            task.cancel()
        if self._commands:
            await asyncio.wait(self._commands)

    # ---------------------------------------------------------------------------------------------------- by kind

    def _handle(self, connection: ClientConnection, message: Message) -> None:
        if not (isinstance(message, Command) and self._registry.is_urgent(message.operation)):
            self._limit.check(connection, message)
        match message:
            case Command():
                self._begin(connection, message)
            case StatusRequest():
                connection.answer_frame(self._context.status_frame(connection.principal, message.id))
            case Ping():
                connection.answer({"type": "pong", **({} if message.id is None else {"id": message.id})})
            case Subscribe():
                wish, since = connection.wish_from(message)
                connection.subscribe(wish, since, message.id)
                self._broadcaster.review_terminal()
            case Authenticate():
                self._check_room(connection)
                self._launch(connection, self._renew(connection, message), "authenticate")
            case _:
                raise InvalidMessage("this message cannot be handled")

    def _begin(self, connection: ClientConnection, command: Command) -> None:
        is_urgent = self._registry.is_urgent(command.operation)
        if not is_urgent:
            self._check_room(connection)
        self._launch(connection, self._carry_out(connection, command, is_urgent), command.operation)

    def _check_room(self, connection: ClientConnection) -> None:
        limit = self._context.settings.commands_in_flight
        if connection.in_flight >= limit:
            raise RateLimited(f"{limit} commands of this connection are in flight; wait for an answer", limit=limit)

    def _launch(self, connection: ClientConnection, work: Coroutine[Any, Any, None], name: str) -> None:
        connection.in_flight += 1
        task = asyncio.create_task(work, name=name)
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)

    async def _renew(self, connection: ClientConnection, message: Authenticate) -> None:
        try:
            frame = encode_json(
                {
                    "type": "authenticated",
                    **({} if message.id is None else {"id": message.id}),
                    **await self._credentials.renew(connection, message.token),
                }
            )
        except HydrogenError as error:
            frame = error_frame(error.as_wire(), message.id)
        except Exception as error:  # noqa: BLE001 (a border: logged and published)
            frame = self._incident(error, message.id)
        finally:
            connection.in_flight -= 1
        connection.answer_frame(frame)

    async def _carry_out(self, connection: ClientConnection, command: Command, is_urgent: bool) -> None:
        try:
            frame = await self._result_of(connection, command, is_urgent)
        except HydrogenError as error:
            frame = error_frame(error.as_wire(), command.id)
            if isinstance(error, InvalidMessage):
                connection.note_invalid()
        except TimeoutError:
            silence = Unavailable(f"{command.operation} gave no answer in time; whether it happened is not known")
            frame = error_frame(silence.as_wire(), command.id)
        except Exception as error:  # noqa: BLE001 (a border: logged and published)
            frame = self._incident(error, command.id)
        finally:
            connection.in_flight -= 1
        connection.answer_frame(frame)

    async def _result_of(self, connection: ClientConnection, command: Command, is_urgent: bool) -> bytes:
        settings = self._context.settings
        limit = settings.urgent_timeout_seconds if is_urgent else settings.command_timeout_seconds
        async with asyncio.timeout(limit):
            result = await self._registry.execute(
                connection.principal,
                command.operation,
                command.printer,
                command.params,
                command.idempotency_key,
                command.issued_at,
                source=f"websocket {connection.socket.address}",
            )
        return encode_json({"type": "result", "id": command.id, "result": dict(result)})

    def _incident(self, error: Exception, message_id: str | None) -> bytes:
        incident = secrets.token_hex(6)
        self._context.log.error("message not handled", incident=incident, error=error)
        fault = ServerFault(f"a defect of the server; its log tells more under incident {incident}", incident=incident)
        report = ErrorReport(code=fault.code, message=fault.message, details=fault.details)
        self._context.house.publish(ErrorRaised(at=self._context.clock.wall(), error=report))
        return error_frame(fault.as_wire(), message_id)
