"""How a person's browser comes to a page that needs a key: it asks for the key, and gets the page as the answer to the form.

The key is in the form's body, in no address and no cookie. Programs, and whoever shows a key, a token or a ticket with the
request, get the page at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.grant import Grant
from hydrogen.errors import AuthFailed, Forbidden, HydrogenError, InvalidMessage, RateLimited, TooLarge
from hydrogen.web.answer import CHALLENGE, UnsupportedMedia, error_answer, status_of
from hydrogen.web.door import Door
from hydrogen.web.endpoint import Endpoint, Good, Handler
from hydrogen.web.page import HTML, PAGE_HEADERS, page

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 8

Make = Callable[[Request], Awaitable[Response]]


class PersonDoor:
    """Lets people in to pages."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def endpoints(self, *, name: str, path: str, tag: str, title: str, scope: str, make: Make) -> list[Endpoint]:
        """The page and the form in front of it. make: the page, once the caller is known (`grant_of(request)`)."""
        answers = {200: Good(summary=title, media="text/html", schema={"type": "string"})}

        def declare(method: str, handler: Handler) -> Endpoint:
            form = {"type": "object", "properties": {"key": {"type": "string"}}}
            body = {FORM: form} if method == "POST" else {}
            return Endpoint(
                name=f"{name}.{'page' if method == 'GET' else 'form'}",
                method=method,
                path=path,
                handler=handler,
                tag=tag,
                summary=title,
                scope=scope,
                admits_itself=True,
                answers=answers,
                body_media=body,
                errors=(InvalidMessage, *((TooLarge, UnsupportedMedia) if body else ())),
            )

        async def show(request: Request) -> Response:
            return await self._show(request, title, scope, make)

        show.__doc__ = f"{title}, for people; a browser without credentials is asked for a key."
        return [declare("GET", show), declare("POST", show)]

    async def _show(self, request: Request, title: str, scope: str, make: Make) -> Response:
        try:
            if request.method == "POST" and not request.headers.get("authorization"):
                request.state.grant = await self._grant_of_form(request)
            await self._door.admit(request, scope)
        except (AuthFailed, Forbidden, RateLimited) as error:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            return _form(title, error, is_first=request.method != "POST" and isinstance(error, AuthFailed))
        return await make(request)

    async def _grant_of_form(self, request: Request) -> Grant:
        content = await self._door.bytes_of(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise UnsupportedMedia("the body must be a form", expected=FORM)
        try:
            fields = parse_qs(content.decode("ascii"), max_num_fields=MOST_FIELDS)
        except ValueError:
            raise InvalidMessage("the form cannot be read") from None
        return await self._door.authority.admit_by_key(self._door.shown_in(request), fields.get("key", [""])[0])


def _form(title: str, error: HydrogenError, *, is_first: bool) -> Response:
    told = "" if is_first else f"<p><strong>{escape(error.message)}</strong></p>\n"
    body = (
        f"{told}<p>This page needs a key.</p>\n"
        '<form method="post"><label>Key <input type="password" name="key" autocomplete="current-password" autofocus required>'
        "</label> <button>Show</button></form>\n"
    )
    headers = {**error_answer(error).headers, **PAGE_HEADERS}
    kept = {name: value for name, value in headers.items() if name not in ("content-length", "content-type")}
    if status_of(type(error)) == 401:
        kept["www-authenticate"] = CHALLENGE
    return Response(page(title, body), status_code=status_of(type(error)), media_type=HTML, headers=kept)
