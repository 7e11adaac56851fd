"""`/plugin/appkeys/...`: an app asks for a key of its own and finds out what became of that.

Asking is open to strangers. Deciding is not here but in the operations `appkey.*`; OctoPrint's own path for it carries those
out. Source: OctoPrint 1.11.8, bundled plugin appkeys.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.app_keys import AppKeyDesk
from hydrogen.errors import InvalidMessage
from hydrogen.octoprint.answer import done, refusal, told
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.route import FaceRoute
from hydrogen.operations.registry import Registry

REQUEST_PATH = "/plugin/appkeys/request"


class RequestBody(BaseModel):
    """user: whose key it is to be, in the app's words; shown to the person who decides."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    app: Annotated[str, Field(max_length=1000)] = ""
    user: Annotated[str | None, Field(max_length=1000)] = None


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    decision: bool


class AppKeyRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, desk: AppKeyDesk, registry: Registry) -> None:
        self._door = door
        self._desk = desk
        self._registry = registry

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="appkeys.probe", method="GET", path="/plugin/appkeys/probe", open_handler=self.probe),
            FaceRoute(name="appkeys.request", method="POST", path=REQUEST_PATH, open_handler=self.request),
            FaceRoute(
                name="appkeys.poll",
                method="GET",
                path=f"{REQUEST_PATH}/{{token}}",
                open_handler=self.poll,
                is_secret=True,
            ),
            FaceRoute(
                name="appkeys.decide", method="POST", path="/plugin/appkeys/decision/{request_id}", handler=self.decide
            ),
        ]

    async def probe(self, _request: Request) -> Response:
        """204: keys can be asked for here."""
        return done()

    async def request(self, request: Request) -> Response:
        """201 with `app_token` and the address to ask at; a person decides (`hydrogen keys pending`)."""
        body = await self._door.web.model_of(request, RequestBody)
        if not body.app.strip():
            return refusal(InvalidMessage("no app identifier: the body needs `app`", field="app"))
        _, token = self._desk.book.ask(body.app, user=body.user or "", address=self._door.web.address_of(request))
        address = self._door.address_of(request)
        location = f"{address}{REQUEST_PATH}/{token}"
        return told({"app_token": token, "auth_dialog": f"{address}/"}, status=201, headers={"Location": location})

    async def poll(self, request: Request) -> Response:
        """202 while nobody has decided; 200 with `api_key`, once; 404 when it was refused, or is forgotten."""
        key = await self._desk.collect(request.path_params["token"])
        if key is None:
            return told({"error": "Unknown app token, or the request was denied"}, status=404)
        if not key:
            return told({"message": "Awaiting decision"}, status=202)
        return told({"api_key": key})

    async def decide(self, visit: Visit) -> Response:
        """204: decided as `{"decision": true|false}` says, under the rights of `appkey.approve` and `appkey.deny`."""
        body = await self._door.web.model_of(visit.request, DecisionBody)
        name = "appkey.approve" if body.decision else "appkey.deny"
        params = {"request": visit.request.path_params["request_id"]}
        source = self._door.web.source_of(visit.request)
        await self._registry.execute(visit.grant.principal, name, None, params, source=source)
        return done()
