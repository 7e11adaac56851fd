"""Rules 1 and 2: imports go down the floors, in no circle; the annexe, the garden and the tests are imported by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.architecture.source_tree import Import, Module, house, imports_of, module_from, sentences

FLOORS: dict[str, int] = {
    "errors": 0,
    "model": 0,
    "gcode": 1,
    "core": 2,
    "devices": 3,
    "spooler": 3,
    "fleet": 4,
    "jobs": 4,
    "files": 4,
    "analysis": 4,
    "auth": 4,
    "system": 4,
    "doctor": 4,
    "retention": 4,
    "operations": 5,
    "websocket": 6,
    "web": 6,
    "octoprint": 6,
    "moonraker": 6,
    "mdns": 6,
    "webui": 6,
    "access": 7,
    "client": 6,
    "app": 7,
    "serving": 7,
    "catalogue": 7,
    "config": 7,
    "config_added": 7,
    "config_section": 7,
    "config_driver": 7,
    "config_problem": 7,
    "config_sensor": 7,
    "config_report": 7,
    "config_retention": 7,
    "housekeeping": 7,
    "port_settings": 7,
    "printer_book": 7,
    "config_websocket": 7,
    "config_display": 7,
    "config_machine": 7,
    "config_power": 7,
    "analyser_process": 7,
    "cli": 7,
    "spooler_process": 7,
    "__main__": 7,
}
"""The floor of every room of `hydrogen`. Whoever builds a room, gives it a floor here, and in DESIGN.md."""

ROOF = 7
ARROWS = {
    ("model", "errors"),
    ("spooler", "devices"),
    ("jobs", "files"),
    ("analysis", "files"),
    ("octoprint", "web"),
    ("moonraker", "web"),
    ("webui", "web"),
}
"""The pairs of one floor of which the first may import the second."""

DRIVERS_SEE = 3
"""Drivers see floors 0 to 3."""


def room_of(target: str) -> str:
    """`hydrogen.core.bus.Bus` is in the room `core`."""
    return [*target.split("."), ""][1]


def breaks_of_floors(modules: Sequence[Module]) -> list[str]:
    return [
        broken
        for module in modules
        for imported in imports_of(module)
        if imported.package == "hydrogen" and module.package != "hydrogen_simulators"
        for broken in _break_of_floor(module, imported)
    ]


def _break_of_floor(module: Module, imported: Import) -> Iterator[str]:
    to_room = room_of(imported.target)
    if to_room not in FLOORS:
        if to_room.strip("_") != "version":  # the package's own `__version__` is on the ground
            yield f"{imported.where}: {imported.target} stands on no floor"
        return
    if module.package == "hydrogen_drivers":
        if FLOORS[to_room] > DRIVERS_SEE:
            yield f"{imported.where}: a driver sees floors 0 to {DRIVERS_SEE}, not {imported.target}"
        return
    room = room_of(module.name)
    if module.name == "hydrogen" or room == to_room or (room, to_room) in ARROWS:
        return
    if room not in FLOORS:
        yield f"{module.path}: {room} stands on no floor"
    elif FLOORS[to_room] > FLOORS[room]:
        yield f"{imported.where}: {room} (floor {FLOORS[room]}) looks up to {imported.target} (floor {FLOORS[to_room]})"
    elif FLOORS[to_room] == FLOORS[room] != ROOF:
        yield f"{imported.where}: {room} looks sideways to {imported.target}"


def breaks_of_circles(modules: Sequence[Module]) -> list[str]:
    """Circles of imports, each told once, with the modules on it."""
    names = {module.name for module in modules}
    edges = {
        module.name: sorted({m for i in imports_of(module) if (m := _module_of(i.target, names)) and m != module.name})
        for module in modules
    }
    circles: dict[frozenset[str], str] = {}
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            circle = path[path.index(name) :]
            circles.setdefault(frozenset(circle), " → ".join([*circle, name]))
        elif name not in done:
            for following in edges[name]:
                visit(following, [*path, name])
            done.add(name)

    for name in edges:
        visit(name, [])
    return list(circles.values())


def _module_of(target: str, names: set[str]) -> str | None:
    """The module that an import target names: itself, or the one it is taken from."""
    return target if target in names else next((n for n in (target.rpartition(".")[0],) if n in names), None)


def breaks_of_the_annexe(modules: Sequence[Module]) -> list[str]:
    breaks = []
    for module in modules:
        for imported in imports_of(module):
            foreign = imported.package in {"hydrogen_drivers", "hydrogen_simulators", "tests", "benchmarks"}
            if foreign and imported.package != module.package:
                breaks.append(f"{imported.where}: nobody imports {imported.package}")
            if module.package == "hydrogen_simulators" and imported.package == "hydrogen":
                breaks.append(f"{imported.where}: the simulators share no code with the host ({imported.target})")
    return breaks


# ------------------------------------------------------------------------------------------------------- the house


def test_imports_go_down_the_floors_only() -> None:
    assert not (breaks := breaks_of_floors(house())), sentences(breaks)


def test_imports_make_no_circle() -> None:
    assert not (breaks := breaks_of_circles(house())), sentences(breaks)


def test_nobody_imports_drivers_simulators_or_tests_and_simulators_import_nothing_of_ours() -> None:
    assert not (breaks := breaks_of_the_annexe(house())), sentences(breaks)


def test_every_room_stands_on_a_floor() -> None:
    rooms = {room_of(module.name) for module in house() if module.package == "hydrogen"} - {""}
    assert rooms <= set(FLOORS)


# ----------------------------------------------------------------------------------------------- the rules can fail


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hydrogen/core/x.py", "from hydrogen.fleet.fleet import Fleet"),
        ("hydrogen/core/x.py", "import hydrogen.operations.printer"),
        ("hydrogen/core/x.py", "def f():\n    from hydrogen.spooler import port"),
        ("hydrogen/core/x.py", "if TYPE_CHECKING:\n    from hydrogen.websocket.server import Server"),
        ("hydrogen/core/x.py", "from ..fleet import fleet"),
        ("hydrogen/core/__init__.py", "from ..fleet import fleet"),
        ("hydrogen/core/x.py", "from hydrogen import fleet"),
        ("hydrogen/core/x.py", "from hydrogen.app import Hydrogen"),
        ("hydrogen/errors.py", "from hydrogen.model.job import JobStatus"),
        ("hydrogen/fleet/x.py", "from hydrogen.jobs.store import JobStore"),
        ("hydrogen/files/x.py", "from hydrogen.jobs.store import JobStore"),
        ("hydrogen/devices/x.py", "from hydrogen.spooler.port import SpoolerPort"),
        ("hydrogen/web/x.py", "from hydrogen.websocket.message import Status"),
        ("hydrogen/core/x.py", "from hydrogen.attic import thing"),
        ("hydrogen_drivers/marlin/x.py", "from hydrogen.fleet.fleet import Fleet"),
        ("hydrogen_drivers/marlin/x.py", "from hydrogen.config import Configuration"),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_found(path: str, text: str) -> None:
    assert len(breaks_of_floors([module_from(path, text)])) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hydrogen/core/x.py", "from hydrogen.model.events import Event"),
        ("hydrogen/core/x.py", "from hydrogen.core.bus import Bus\nfrom . import bus\nfrom .bus import Bus"),
        ("hydrogen/model/x.py", "from hydrogen.errors import InvalidMessage"),
        ("hydrogen/spooler/x.py", "from hydrogen.devices.driver import PrinterDriver"),
        ("hydrogen/jobs/x.py", "from hydrogen.files.store import FileStore"),
        ("hydrogen/app.py", "from hydrogen.config import Configuration\nfrom hydrogen import __version__"),
        ("hydrogen_drivers/marlin/x.py", "from hydrogen.devices.driver import PrinterDriver"),
    ],
)
def test_an_import_that_goes_down_is_not(path: str, text: str) -> None:
    assert breaks_of_floors([module_from(path, text)]) == []


def test_a_circle_is_found_even_through_functions_and_type_checking() -> None:
    circle = [
        module_from("hydrogen/core/a.py", "from hydrogen.core.b import thing"),
        module_from("hydrogen/core/b.py", "def f():\n    from hydrogen.core import c"),
        module_from("hydrogen/core/c.py", "if TYPE_CHECKING:\n    import hydrogen.core.a"),
        module_from("hydrogen/core/d.py", "import hydrogen.core.a"),
    ]
    assert breaks_of_circles(circle) == ["hydrogen.core.a → hydrogen.core.b → hydrogen.core.c → hydrogen.core.a"]
    assert breaks_of_circles(circle[:2]) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hydrogen/app.py", "from hydrogen_drivers.marlin import MANIFEST"),
        ("hydrogen/cli/demo.py", "def f():\n    import hydrogen_simulators"),
        ("hydrogen/core/x.py", "from tests.support.waiting import wait_until"),
        ("hydrogen_drivers/marlin/x.py", "import hydrogen_simulators.faults"),
        ("hydrogen_simulators/x.py", "from hydrogen.gcode.checksum import checksum"),
    ],
)
def test_an_import_of_the_annexe_or_from_the_garden_is_found(path: str, text: str) -> None:
    assert len(breaks_of_the_annexe([module_from(path, text)])) == 1
