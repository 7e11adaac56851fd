"""The wheel's build hook, with the real hatchling where it is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hook's module; hatchling is there only while a wheel is built, so a base class stands for it."""
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")
    interface.BuildHookInterface = object  # type: ignore[attr-defined]
    parts = interface.__name__.split(".")
    for end in range(1, len(parts)):
        monkeypatch.setitem(sys.modules, ".".join(parts[:end]), ModuleType(".".join(parts[:end])))
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    monkeypatch.delitem(sys.modules, "hydrogen.webui.build_hook", raising=False)
    from hydrogen.webui import build_hook

    return build_hook


def run(hook: Any, version: str, monkeypatch: pytest.MonkeyPatch, building: Any) -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []
    made = hook.DashboardHook()
    made.root, made.app = str(ROOT), SimpleNamespace(display_info=told.append, display_warning=told.append)
    monkeypatch.setattr(hook, "_load", lambda _path: building)
    data: dict[str, Any] = {"artifacts": []}
    made.initialize(version, data)
    return data, told


class Failed(Exception):
    """Stands for BuildFailed of a module that was loaded by its path."""


def failing() -> str:
    raise Failed("no Node.js")


def test_a_wheel_without_a_dashboard_is_a_wheel(hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    building = SimpleNamespace(is_current=lambda: False, build=failing, BuildFailed=Failed)
    data, told = run(hook, "standard", monkeypatch, building)
    assert "no Node.js" in told[0] and data["artifacts"] == [hook.ARTIFACT]


def test_what_is_built_already_is_taken(hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    building = SimpleNamespace(is_current=lambda: True, build=failing, BuildFailed=Failed)
    data, told = run(hook, "standard", monkeypatch, building)
    assert data["artifacts"] == ["hydrogen/webui/built/"] and not told


def test_an_editable_install_builds_nothing(hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    building = SimpleNamespace(is_current=lambda: False, build=failing, BuildFailed=Failed)
    data, told = run(hook, "editable", monkeypatch, building)
    assert not data["artifacts"] and not told


def test_the_real_building_can_be_loaded_by_its_path(hook: Any) -> None:
    assert hook._load(ROOT / "hydrogen/webui/building.py").SOURCE.name == "source"
