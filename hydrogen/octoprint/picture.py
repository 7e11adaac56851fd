"""Thumbnails under addresses that need no key: clients put them into `<img>`, which shows none.

An address holds a seal of this life of the service, and is told to those only who may list files; nobody guesses it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import NotFound
from hydrogen.octoprint.route import FaceRoute
from hydrogen.web.answer import document_answer

FOLDER = "plugin/hydrogen/thumbnail"
SEAL_CHARACTERS = 32
"""128 bits in hex."""

KEPT = "private, max-age=604800, immutable"
"""Other content has another digest."""


class Thumbnails(Protocol):
    """Where pictures are kept."""

    async def thumbnail(self, sha256: str, number: int) -> tuple[str, bytes]:
        """Media type and bytes. Raises NotFound."""


class PictureRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._secret = secrets.token_bytes(32)

    @property
    def routes(self) -> list[FaceRoute]:
        path = f"/{FOLDER}/{{sha256}}/{{number:int}}/{{seal}}.png"
        return [FaceRoute(name="thumbnail", method="GET", path=path, open_handler=self.show, is_secret=True)]

    def address_of(self, analysis: Mapping[str, Any], thumbnails: Sequence[Mapping[str, Any]]) -> str | None:
        """Of a file's largest picture, relative to the server's address, as OctoPrint's plugins tell it; None: it has none."""
        sha256 = analysis.get("sha256")
        if not sha256 or not thumbnails:
            return None
        number = max(range(len(thumbnails)), key=lambda at: int(thumbnails[at]["width"]))
        return f"{FOLDER}/{sha256}/{number}/{self._seal(str(sha256), number)}.png"

    async def show(self, request: Request) -> Response:
        """The picture; 404 for an address that was not told by this life of the service."""
        sha256, number = request.path_params["sha256"], request.path_params["number"]
        if not hmac.compare_digest(request.path_params["seal"].encode(), self._seal(sha256, number).encode()):
            raise NotFound("there is no such picture")
        media, content = await self._thumbnails.thumbnail(sha256, number)
        headers = {"Cache-Control": KEPT, "X-Content-Type-Options": "nosniff"}
        return document_answer(request, content, media_type=media, headers=headers)

    def _seal(self, sha256: str, number: int) -> str:
        return hmac.digest(self._secret, f"{sha256}/{number}".encode(), "sha256").hex()[:SEAL_CHARACTERS]
