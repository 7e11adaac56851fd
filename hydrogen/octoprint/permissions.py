"""Our scopes as OctoPrint's permissions, groups and user records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hydrogen.auth.principal import SCOPES, Principal

PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "STATUS": "read",
        "SETTINGS_READ": "read",
        "FILES_LIST": "read",
        "FILES_DOWNLOAD": "read",
        "GCODE_VIEWER": "read",
        "MONITOR_TERMINAL": "read",
        "WEBCAM": "read",
        "TIMELAPSE_LIST": "read",
        "CONNECTION": "control",
        "CONTROL": "control",
        "FILES_UPLOAD": "files",
        "FILES_DELETE": "files",
        "FILES_SELECT": "print",
        "PRINT": "print",
        "SETTINGS": "admin",
        "SYSTEM": "admin",
        "ADMIN": "admin",
    }
)
"""OctoPrint's permission by our scope that it takes; each is one need (`role`) of its clients."""

ROLES: Mapping[str, str] = MappingProxyType({name: name.lower() for name in PERMISSIONS})


def permissions_of(principal: Principal) -> list[str]:
    """The permissions' keys, sorted."""
    return sorted(name for name, scope in PERMISSIONS.items() if principal.may(scope))


def permissions_listed() -> list[dict[str, object]]:
    """All permissions that there are, as a client is told of them before it has logged in."""
    return [
        {"key": name, "name": name.replace("_", " ").capitalize(), "needs": {"role": [ROLES[name]]}}
        for name in sorted(PERMISSIONS)
    ]


def groups_of(principal: Principal) -> list[str]:
    """`admins` may do all, `users` something, `readonly` look only."""
    if principal.scopes >= SCOPES:
        return ["admins", "users"]
    return ["readonly"] if principal.scopes <= {"read"} else ["users"]


def needs_of(principal: Principal) -> dict[str, list[str]]:
    """What OctoPrint's clients compare with what something needs."""
    return {"role": [ROLES[name] for name in permissions_of(principal)], "group": groups_of(principal)}


def user_record(principal: Principal) -> dict[str, Any]:
    """The record of a user, as `/api/login` and `/api/users` have it."""
    groups = groups_of(principal)
    return {
        "name": principal.name,
        "active": True,
        "user": True,
        "admin": "admins" in groups,
        "apikey": None,
        "settings": {},
        "groups": groups,
        "permissions": permissions_of(principal),
        "needs": needs_of(principal),
        "roles": ["admin", "user"] if "admins" in groups else ["user"],
    }
