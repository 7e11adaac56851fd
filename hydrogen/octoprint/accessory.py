"""What OctoPrint's clients ask for in passing: users, languages, time lapses. Mostly empty, always true."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from ipaddress import ip_address

from starlette.responses import Response

from hydrogen.errors import NotFound
from hydrogen.files.store import FileStore
from hydrogen.octoprint.answer import told
from hydrogen.octoprint.command import command_of
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.permissions import PERMISSIONS, ROLES, user_record
from hydrogen.octoprint.route import FaceRoute, VisitHandler

GROUPS: Mapping[str, str] = {
    "admins": "Who may do everything",
    "users": "Who may do something",
    "readonly": "Who may look",
}
"""What each group of ours is for."""


class AccessoryRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, files: FileStore) -> None:
        self._door = door
        self._files = files

    @property
    def routes(self) -> list[FaceRoute]:
        looking: list[tuple[str, str, VisitHandler]] = [
            ("languages", "/api/languages", self.languages),
            ("timelapse", "/api/timelapse", self.timelapse),
            ("slicing", "/api/slicing", self.slicing),
            ("wizard", "/api/setup/wizard", self.wizard),
            ("wizard_at_root", "/setup/wizard", self.wizard),
            ("permissions", "/api/access/permissions", self.permissions),
            ("groups", "/api/access/groups", self.groups),
            ("access_users", "/api/access/users", self.users),
            ("users", "/api/users", self.users),
            ("usage", "/api/system/usage", self.usage),
            ("startup", "/api/system/startup", self.startup),
            ("logs", "/plugin/logging/logs", self.logs),
            ("logs_before", "/api/logs", self.logs),
        ]
        return [
            *(
                FaceRoute(name=name, method="GET", path=path, handler=handler, scope="read")
                for name, path, handler in looking
            ),
            FaceRoute(
                name="access_user", method="GET", path="/api/access/users/{user}", handler=self.user, scope="read"
            ),
            FaceRoute(name="user", method="GET", path="/api/users/{user}", handler=self.user, scope="read"),
            FaceRoute(
                name="user_settings",
                method="GET",
                path="/api/users/{user}/settings",
                handler=self.user_settings,
                scope="read",
            ),
            FaceRoute(name="util_test", method="POST", path="/api/util/test", handler=self.util_test, scope="admin"),
        ]

    async def languages(self, _visit: Visit) -> Response:
        """No language packs."""
        return told({"language_packs": {"_core": {"identifier": "_core", "display": "Core", "languages": []}}})

    async def timelapse(self, _visit: Visit) -> Response:
        """No time lapses are made."""
        return told({"config": {"type": "off"}, "enabled": False, "files": [], "unrendered": []})

    async def slicing(self, _visit: Visit) -> Response:
        """No slicers."""
        return told({})

    async def wizard(self, _visit: Visit) -> Response:
        """Nothing is to be set up."""
        return told({})

    async def permissions(self, _visit: Visit) -> Response:
        """Each of OctoPrint's permissions that has a scope of ours behind it."""
        return told(
            {
                "permissions": [
                    {
                        "key": key,
                        "name": key.replace("_", " ").title(),
                        "dangerous": scope == "admin",
                        "default_groups": [],
                        "description": f"The scope {scope}",
                        "needs": {"role": [ROLES[key]]},
                    }
                    for key, scope in PERMISSIONS.items()
                ]
            }
        )

    async def groups(self, _visit: Visit) -> Response:
        """The three kinds of keys there are."""
        return told(
            {
                "groups": [
                    {
                        "key": key,
                        "name": key.title(),
                        "description": description,
                        "permissions": [],
                        "subgroups": [],
                        "needs": {"group": [key], "role": []},
                        "dangerous": key == "admins",
                        "default": False,
                        "removable": False,
                        "changeable": False,
                        "toggleable": False,
                    }
                    for key, description in GROUPS.items()
                ]
            }
        )

    async def users(self, visit: Visit) -> Response:
        """The caller; other keys are nobody else's business."""
        return told({"users": [user_record(visit.grant.principal)]})

    async def user(self, visit: Visit) -> Response:
        """The caller's record; 404 for any other name."""
        if visit.request.path_params["user"] != visit.grant.principal.name:
            raise NotFound("there is no such user")
        return told(user_record(visit.grant.principal))

    async def user_settings(self, visit: Visit) -> Response:
        """Nobody has settings of his own here; 404 for any other name."""
        await self.user(visit)
        return told({})

    async def usage(self, _visit: Visit) -> Response:
        """How full the disk is that files lie on."""
        disk = await asyncio.to_thread(shutil.disk_usage, self._files.folder)
        space = {"free": self._files.free_bytes(), "total": disk.total}
        return told({"usage": {"data": space, "uploads": space}})

    async def startup(self, _visit: Visit) -> Response:
        """Nothing to report of the start."""
        return told({"startup": {}})

    async def logs(self, _visit: Visit) -> Response:
        """No log files are told here; the log's last lines are at `/api/system/logs`."""
        disk = await asyncio.to_thread(shutil.disk_usage, self._files.folder)
        return told({"files": [], "free": disk.free, "total": disk.total})

    async def util_test(self, visit: Visit) -> Response:
        """`address`: the caller's, and whether it is of this network. Nothing else is tested for clients: 400."""
        body = await self._door.web.body_of(visit.request)
        command_of(body, ("address",))
        address = self._door.web.address_of(visit.request)
        return told({"address": address, "is_lan_address": _is_near(address)})


def _is_near(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return found.is_private or found.is_loopback or found.is_link_local
