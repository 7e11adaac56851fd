"""A body that becomes files: chunk by chunk, within limits, and nothing of it stays if anything is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request

from hydrogen.errors import HydrogenError, InvalidMessage, TooLarge, Unavailable
from hydrogen.files.folder import StoredFile
from hydrogen.files.incoming import Incoming
from hydrogen.files.store import FileStore
from hydrogen.web.multipart import MultipartReader, PartBegun, PartData, PartEnded, boundary_of

MOST_UPLOADS = 3
"""At the same time, because each keeps a thread busy where the disk is slow, and the house has five on the smallest machine."""

SLOT_SECONDS = 20.0
"""How long the next one waits: slicers do not come back by themselves."""

MOST_FILES = 8
"""In one request."""

LONGEST_FIELD_BYTES = 4096
"""Of a field that is no file: a folder's path, `true`."""

FORM_BYTES = 65_536
"""What a form may have beside its files: boundaries, headers, fields."""

HEARD_SECONDS = 2.0
"""How long a refused client is listened to."""

IDENTITY = frozenset({"", "identity"})
GZIP = frozenset({"gzip", "x-gzip"})

Check = Callable[[], Awaitable[None]]
"""Raises if what is there must not be replaced."""


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was sent: the fields, and the files that are stored now, with the names under which they came."""

    fields: Mapping[str, str]
    files: list[StoredFile] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """part: the only part whose file is taken, None for all of them. may_be_empty: a form without a file is one, too.
    keep_field: a field that keeps what is there when it is `true`."""

    part: str | None = None
    may_be_empty: bool = False
    keep_field: str = ""


def declared_bytes(request: Request) -> int | None:
    """How long the body is, as its sender says; None for one that comes in chunks. Raises InvalidMessage."""
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise InvalidMessage("Content-Length is no number", field="Content-Length")
    return int(text)


def is_packed(encoding: str) -> bool:
    """Must a body or a part of this `Content-Encoding` be unpacked? Raises InvalidMessage for one that we cannot unpack."""
    encoding = encoding.strip().lower()
    if encoding not in IDENTITY | GZIP:
        raise InvalidMessage(
            f"Content-Encoding {encoding[:40]!r} is not known here: gzip, or none",
            field="Content-Encoding",
            reason="encoding",
        )
    return encoding in GZIP


class Uploader:
    """Receives bodies for one store."""

    def __init__(self, files: FileStore, *, idle_seconds: float) -> None:
        """idle_seconds: how long a client may send nothing."""
        self._files = files
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(MOST_UPLOADS)

    async def receive_form(self, request: Request, *, actor: str, wanted: Wanted | None = None) -> Form:
        """The whole form. `path` is the folder, `overwrite=false` keeps what is there. Raises what `FileStore.receive` and
        `Incoming` raise, and InvalidMessage for a body that is no form, has no file, or ends too early."""
        async with _Heard(request), self._slot():
            return await self._receive_form(request, actor=actor, wanted=wanted or Wanted())

    async def receive_raw(
        self, request: Request, path: str, *, actor: str, may_replace: bool = True, check: Check | None = None
    ) -> StoredFile:
        """The body as it is, or unpacked as its `Content-Encoding` says. check: asked before the first byte is read, and again
        when the last one has come. Raises as `receive_form`, and what `check` raises."""
        async with _Heard(request), self._slot():
            if "content-range" in request.headers:  # taken for the whole, the part would take its place (RFC 9110 14.5)
                raise InvalidMessage("a file comes as a whole, not in parts", field="Content-Range", reason="part")
            return await self._receive_raw(request, path, actor=actor, may_replace=may_replace, check=check or _nothing)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """One of the few; who waits is not read from meanwhile. Raises Unavailable after a while."""
        try:
            async with asyncio.timeout(SLOT_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            reason = f"{MOST_UPLOADS} uploads are under way: try again"
            raise Unavailable(reason, retry_after_seconds=5) from None
        try:
            yield
        finally:
            self._slots.release()

    async def _receive_form(self, request: Request, *, actor: str, wanted: Wanted) -> Form:
        reader = MultipartReader(boundary_of(request.headers.get("content-type", "")))
        size = declared_bytes(request)
        if size is not None:
            self._files.check_room(max(0, size - FORM_BYTES), "the upload")
        async with AsyncExitStack() as stack:
            intake = _Intake(self._files, stack, actor=actor, wanted=wanted)
            async for chunk in self._chunks(request, self._files.limit_bytes + FORM_BYTES):
                for event in reader.feed(chunk):
                    await intake.take(event)
            reader.finish()
            return await intake.finish()

    async def _receive_raw(
        self, request: Request, path: str, *, actor: str, may_replace: bool, check: Check
    ) -> StoredFile:
        await check()
        is_gzip = is_packed(request.headers.get("content-encoding", ""))
        receiving = self._files.receive(
            path, actor=actor, declared_bytes=declared_bytes(request), is_gzip=is_gzip, may_replace=may_replace
        )
        async with await receiving as incoming:
            async for chunk in self._chunks(request, self._files.limit_bytes):
                await incoming.write(chunk)
            await check()
            return await incoming.commit()

    async def _chunks(self, request: Request, limit_bytes: int) -> AsyncIterator[bytes]:
        stream = request.stream()
        received = 0
        try:
            while True:
                async with asyncio.timeout(self._idle_seconds):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                received += len(chunk)
                if received > limit_bytes:
                    raise TooLarge(f"the body is longer than {limit_bytes} bytes", limit=limit_bytes)
                if chunk:
                    yield chunk
        except TimeoutError:
            raise InvalidMessage(f"nothing came for {self._idle_seconds:g} s", reason="timeout") from None
        except ClientDisconnect:
            raise InvalidMessage("the client went away before the end", reason="disconnected") from None


class _Heard:
    """A client that will be cut off behind the answer is listened to for a while before it is refused: a connection that is
    closed while bytes come in is reset, and then nobody reads the answer. Where the connection stays, nothing is at stake."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        headers = self._request.headers
        is_last = "close" in headers.get("connection", "").lower() or self._request.scope["http_version"] == "1.0"
        is_all_here = self._request._stream_consumed  # starlette's own note of the last piece
        if not isinstance(error, HydrogenError) or not is_last or is_all_here or "expect" in headers:
            return
        try:
            async with asyncio.timeout(HEARD_SECONDS):
                message = {"more_body": True}
                while message.get("more_body"):
                    message = await self._request.receive()  # type: ignore[assignment]
        except TimeoutError:
            return


class _Intake:
    """The parts of one form, in the order in which they come; which folder they are for may be said last."""

    def __init__(self, files: FileStore, stack: AsyncExitStack, *, actor: str, wanted: Wanted) -> None:
        self._wanted = wanted
        self._files = files
        self._stack = stack
        self._actor = actor
        self._fields: dict[str, str] = {}
        self._names: list[str] = []
        self._incoming: list[tuple[Incoming, bool]] = []
        self._open: Incoming | None = None
        self._field: str | None = None
        self._value = bytearray()

    async def take(self, event: PartBegun | PartData | PartEnded) -> None:
        match event:
            case PartBegun():
                await self._begin(event)
            case PartData(data=data) if self._open is not None:
                await self._open.write(data)
            case PartData(data=data) if self._field is not None:
                self._value += data
                if len(self._value) > LONGEST_FIELD_BYTES:
                    name = self._field[:40]
                    raise InvalidMessage(f"the field {name!r} is too long", field=name, limit=LONGEST_FIELD_BYTES)
            case PartEnded():
                if self._field is not None:
                    self._fields[self._field] = self._value.decode(errors="replace")
                self._open = self._field = None

    async def finish(self) -> Form:
        """Every file has come whole: they are placed."""
        if not self._incoming and not self._wanted.may_be_empty:
            raise InvalidMessage("there is no file in the body", field="file", reason="missing")
        may_replace = self._fields.get("overwrite") != "false" and self._fields.get(self._wanted.keep_field) != "true"
        stored = []
        for incoming, has_folder in self._incoming:
            folder = "" if has_folder else self._folder or ""
            stored.append(await incoming.commit(folder, may_replace=may_replace))
        return Form(fields=self._fields, files=stored, names=self._names)

    @property
    def _folder(self) -> str | None:
        """The folder, once it has been said."""
        path = self._fields.get("path")
        return None if path is None else path.strip("/")

    async def _begin(self, part: PartBegun) -> None:
        self._open = self._field = None
        if part.filename is None:
            self._field, self._value = part.name, bytearray()
            return
        if not part.filename or self._wanted.part not in (None, part.name):
            return  # a file that was not chosen, or that nobody asked for
        if len(self._incoming) >= MOST_FILES:
            raise InvalidMessage(f"one request brings at most {MOST_FILES} files", limit=MOST_FILES)
        folder = self._folder
        receiving = self._files.receive(
            f"{folder}/{part.filename}" if folder else part.filename,
            actor=self._actor,
            is_gzip=is_packed(part.content_encoding),
            is_final=folder is not None,
        )
        self._open = await self._stack.enter_async_context(await receiving)
        self._incoming.append((self._open, folder is not None))
        self._names.append(part.filename)
