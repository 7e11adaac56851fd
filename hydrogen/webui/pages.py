"""`/` and what it loads. Open to everybody: nothing here is secret, and who signs in must get the page first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import NotFound
from hydrogen.web.answer import is_known_to
from hydrogen.web.compression import accepts_gzip
from hydrogen.web.endpoint import Endpoint, Good
from hydrogen.web.page import HTML, PAGE_HEADERS, page
from hydrogen.webui.assets import INDEX, Asset, AssetSet, read_assets
from hydrogen.webui.security_policy import security_headers

KEPT = "public, max-age=31536000, immutable"
"""What is named by its content never changes."""

ASKED_AGAIN = "no-cache"
"""The page itself: kept, but asked for each time whether it is still the same."""

HOW_TO_BUILD = (
    "<p>The service runs, but its dashboard was not built: that takes Node.js (18 or later) with npm, and the npm registry "
    "once. In a checkout:</p><pre>make webui</pre><p>Then load this page again. Without it: "
    '<a href="docs">the HTTP interface</a>, <a href="print/queue">the print queue</a>, and the '
    "command line (<code>hydrogen --help</code>).</p>"
)


class Pages:
    """The folder is read with the first request, and again when its page is another one."""

    def __init__(self, folder: Path, websocket_port: Callable[[], int]) -> None:
        self._folder = folder
        self._websocket_port = websocket_port
        self._assets = AssetSet()
        self._read_at: int | None = None

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="dashboard",
                method="GET",
                path="/",
                handler=self.index,
                tag="system",
                summary="The dashboard",
                scope=None,
                answers={200: Good(summary="The page", media=HTML)},
                is_documented=False,
            ),
            Endpoint(
                name="dashboard.asset",
                method="GET",
                path="/assets/{name}",
                handler=self.asset,
                tag="system",
                summary="A part of the dashboard",
                scope=None,
                answers={200: Good(summary="The part", media="text/javascript")},
                errors=(NotFound,),
                is_documented=False,
            ),
        ]

    async def index(self, request: Request) -> Response:
        """The page; or how to build it."""
        assets = await self._current()
        if assets.index is None:
            return Response(
                page("Hydrogen", HOW_TO_BUILD),
                media_type=HTML,
                headers={"Cache-Control": "no-store", **PAGE_HEADERS},
            )
        headers = security_headers(request.headers.get("host", ""), self._websocket_port())
        return _answer(request, assets.index, {"Cache-Control": ASKED_AGAIN, **headers})

    async def asset(self, request: Request) -> Response:
        """Raises NotFound."""
        name = request.path_params["name"]
        found = (await self._current()).by_name.get(name)
        if found is None:
            raise NotFound("the dashboard has no such part: load the page again")
        return _answer(request, found, {"Cache-Control": KEPT})

    async def _current(self) -> AssetSet:
        written_at = await asyncio.to_thread(_written_at, self._folder / INDEX)
        if written_at != self._read_at:
            self._assets = await asyncio.to_thread(read_assets, self._folder)
            self._read_at = written_at
        return self._assets


def _answer(request: Request, asset: Asset, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    told = {"ETag": asset.tag, "Vary": "Accept-Encoding", **headers}
    if is_known_to(request, asset.tag):
        return Response(status_code=304, headers=told)
    if not accepts_gzip(request.headers.getlist("accept-encoding")):
        return Response(asset.content, media_type=asset.media, headers=told)
    return Response(asset.packed, media_type=asset.media, headers={"Content-Encoding": "gzip", **told})


def _written_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
