"""Every path of OctoPrint's API that is answered here."""

from __future__ import annotations

from hydrogen.octoprint.appkeys import AppKeyRoutes
from hydrogen.octoprint.door import FaceDoor
from hydrogen.octoprint.face import Faces
from hydrogen.octoprint.login import LoginRoutes
from hydrogen.octoprint.prusalink import PrusaLinkRoutes
from hydrogen.octoprint.push.assembly import push_of
from hydrogen.octoprint.route import endpoints_of
from hydrogen.octoprint.sessions import FaceSessions
from hydrogen.octoprint.translate import FileFacts
from hydrogen.octoprint.version import VersionRoutes
from hydrogen.web.door import Door
from hydrogen.web.endpoint import Endpoint
from hydrogen.web.house import WebHouse


def face_endpoints(door: Door, house: WebHouse) -> list[Endpoint]:
    """The endpoints of all faces."""
    faces = Faces(house.context)
    house.bus.listen(faces.on_published, name="octoprint faces")
    face_door = FaceDoor(door, faces, FaceSessions(house.authority, house.clock))
    routes = [
        *VersionRoutes(house.version).routes,
        *LoginRoutes(face_door).routes,
        *AppKeyRoutes(face_door, house.app_keys, house.registry).routes,
        *PrusaLinkRoutes(face_door, files=house.files, registry=house.registry, audit=house.audit).routes,
    ]

    async def facts(_printer: str, path: str) -> FileFacts:
        file = await house.files.stat(path)
        return FileFacts(path=path, size_bytes=file.size_bytes, modified_at=file.modified_at)

    return [*endpoints_of(routes, face_door), *push_of(house, face_door, facts)]
