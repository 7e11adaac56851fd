"""Every path of OctoPrint's API that is answered here."""

from __future__ import annotations

from hydrogen.octoprint.accessory import AccessoryRoutes
from hydrogen.octoprint.appkeys import AppKeyRoutes
from hydrogen.octoprint.command import FaceCommander
from hydrogen.octoprint.connection import ConnectionRoutes
from hydrogen.octoprint.door import FaceDoor
from hydrogen.octoprint.face import Faces
from hydrogen.octoprint.files import FileRoutes
from hydrogen.octoprint.job import JobRoutes
from hydrogen.octoprint.login import LoginRoutes
from hydrogen.octoprint.lore import FileLore
from hydrogen.octoprint.picture import PictureRoutes
from hydrogen.octoprint.printer import PrinterRoutes
from hydrogen.octoprint.profiles import ProfileRoutes
from hydrogen.octoprint.prompt import PromptRoutes
from hydrogen.octoprint.prusalink import PrusaLinkRoutes
from hydrogen.octoprint.push.assembly import push_of
from hydrogen.octoprint.route import endpoints_of
from hydrogen.octoprint.sessions import FaceSessions
from hydrogen.octoprint.settings import SettingsRoutes
from hydrogen.octoprint.system import SystemRoutes
from hydrogen.octoprint.upload import UploadRoutes
from hydrogen.octoprint.version import VersionRoutes
from hydrogen.web.command import Commander
from hydrogen.web.door import Door
from hydrogen.web.endpoint import Endpoint
from hydrogen.web.house import WebHouse


def face_endpoints(door: Door, house: WebHouse) -> list[Endpoint]:
    """The endpoints of all faces."""
    faces, lore = Faces(house.context), FileLore(house.files, house.registry, house.clock)
    house.bus.listen(faces.on_published, name="octoprint faces")
    house.bus.listen(lore.on_published, name="octoprint lore")
    face_door = FaceDoor(door, faces, FaceSessions(house.authority, house.clock))
    commander = FaceCommander(face_door, Commander(door, house.registry), report=house.report)
    pictures = PictureRoutes(house.analyses)
    routes = [
        *pictures.routes,
        *VersionRoutes(house.version).routes,
        *LoginRoutes(face_door).routes,
        *AppKeyRoutes(face_door, house.app_keys, house.registry).routes,
        *PrusaLinkRoutes(face_door, files=house.files, registry=house.registry, audit=house.audit).routes,
        *PrinterRoutes(face_door, commander).routes,
        *PromptRoutes(face_door, commander).routes,
        *JobRoutes(face_door, commander, lore, house.bus).routes,
        *ConnectionRoutes(face_door, commander).routes,
        *ProfileRoutes(face_door, house.analyses.machine_of).routes,
        *SettingsRoutes(house.data_dir, house.displays).routes,
        *UploadRoutes(face_door, commander, house.files, house.audit).routes,
        *FileRoutes(face_door, commander, lore, house.files, pictures).routes,
        *SystemRoutes(face_door, commander).routes,
        *AccessoryRoutes(face_door, house.files).routes,
    ]

    return [*endpoints_of(routes, face_door), *push_of(house, face_door, lore)]
