"""Every path of OctoPrint's API that is answered here."""

from __future__ import annotations

from hydrogen.octoprint.door import FaceDoor
from hydrogen.octoprint.face import Faces
from hydrogen.octoprint.login import LoginRoutes
from hydrogen.octoprint.route import endpoints_of
from hydrogen.octoprint.sessions import FaceSessions
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
    ]
    return endpoints_of(routes, face_door)
