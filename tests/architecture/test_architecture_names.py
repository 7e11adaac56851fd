"""Rule 8, second half: every module has its mirror test; and how modules and tests are called."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, Module, house, module_from, sentences

TESTS = ROOT / "tests"
EMPTY_WORDS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "tools"})
WITHOUT_MIRROR = frozenset({"__init__.py", "__main__.py"})
ON_THE_ROOF = frozenset(
    {
        "access",
        "analyser_process",
        "app",
        "catalogue",
        "config",
        "config_added",
        "config_display",
        "config_driver",
        "config_machine",
        "config_power",
        "config_problem",
        "config_report",
        "config_retention",
        "config_section",
        "config_sensor",
        "config_websocket",
        "housekeeping",
        "port_settings",
        "printer_book",
        "serving",
        "spooler_process",
    }
)


def folder_of_mirror(module: Module) -> str:
    """`hydrogen/core/bus.py` → `core`; the roof → `roof`; drivers and simulators below their own folders."""
    package, *folders, file = module.path.split("/")
    if package != "hydrogen":
        return package.removeprefix("hydrogen_")
    if not folders:
        return "roof" if file.removesuffix(".py") in ON_THE_ROOF else "model"
    return "roof" if folders[0] == "cli" else "/".join(folders)


def breaks_of_mirrors(modules: Sequence[Module], test_files: Iterable[str]) -> list[str]:
    """test_files: paths below `tests/`."""
    files = list(test_files)
    breaks = []
    for module in modules:
        stem = Path(module.path).stem
        if Path(module.path).name in WITHOUT_MIRROR:
            continue
        folder = folder_of_mirror(module)
        if not any(f.startswith(f"{folder}/") and _is_about(Path(f).name, stem) for f in files):
            breaks.append(f"{module.path}: no tests/{folder}/test_*{stem}*.py")
    return breaks


def _is_about(file: str, stem: str) -> bool:
    return file.startswith("test_") and file.endswith(".py") and stem in file


def breaks_of_names(modules: Sequence[Module]) -> list[str]:
    breaks = []
    for module in modules:
        stem = Path(module.path).stem
        if stem in WITHOUT_MIRROR or stem.startswith("__"):
            continue
        if stem in EMPTY_WORDS:
            breaks.append(f"{module.path}: {stem} says nothing; name the thing")
        if stem in sys.stdlib_module_names:
            breaks.append(f"{module.path}: {stem} is a module of the standard library")
    return breaks


def all_test_files() -> list[str]:
    return [path.relative_to(TESTS).as_posix() for path in sorted(TESTS.rglob("test_*.py"))]


def test_every_module_has_its_mirror_test() -> None:
    assert not (breaks := breaks_of_mirrors(house(), all_test_files())), sentences(breaks)


def test_module_names_say_something_and_hide_nothing() -> None:
    assert not (breaks := breaks_of_names(house())), sentences(breaks)


def test_every_module_says_what_it_is_for() -> None:
    breaks = [f"{module.path}: no docstring" for module in house() if not ast.get_docstring(module.tree)]
    assert not breaks, sentences(breaks)


def test_test_files_have_names_of_their_own() -> None:
    twice = [name for name, count in Counter(Path(file).name for file in all_test_files()).items() if count > 1]
    assert not twice, sentences(twice)


def test_the_tests_are_no_packages() -> None:
    assert not list(TESTS.rglob("__init__.py"))


@pytest.mark.parametrize(
    ("path", "test_file"),
    [
        ("hydrogen/core/bus.py", "core/test_core_bus.py"),
        ("hydrogen/errors.py", "model/test_model_errors.py"),
        ("hydrogen/app.py", "roof/test_roof_app.py"),
        ("hydrogen/cli/main.py", "roof/test_cli_main.py"),
        ("hydrogen_drivers/marlin/driver.py", "drivers/marlin/test_marlin_driver.py"),
        ("hydrogen_drivers/transports/tcp.py", "drivers/test_drivers_tcp.py"),
        ("hydrogen_simulators/firmware/heater.py", "simulators/test_simulated_heater.py"),
    ],
)
def test_a_missing_mirror_is_found(path: str, test_file: str) -> None:
    module = module_from(path, "")
    assert breaks_of_mirrors([module], [test_file]) == []
    assert len(breaks_of_mirrors([module], ["core/test_other.py", f"elsewhere/{Path(test_file).name}"])) == 1


@pytest.mark.parametrize("path", ["hydrogen/core/utils.py", "hydrogen/core/manager.py", "hydrogen/core/queue.py"])
def test_an_empty_or_borrowed_name_is_found(path: str) -> None:
    assert len(breaks_of_names([module_from(path, "")])) == 1
