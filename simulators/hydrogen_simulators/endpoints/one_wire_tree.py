"""A folder that looks like ``/sys/bus/w1/devices``, with sensors that can be set, broken and taken away."""

from __future__ import annotations

import shutil
from pathlib import Path

from hydrogen_simulators.sensors.one_wire import SensorFault, check_identity, sensor_files

MASTER = "w1_bus_master1"
"""The bus that all sensors hang on."""

MARK = "simulated"
"""A file in the tree's root that no kernel makes: whoever reads the tree can tell that it is a made-up one."""


class OneWireTree:
    """The tree at ``folder``; made if it is not there. ``remove`` takes away what was made."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError if something else is there already."""
        if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise ValueError(f"{folder} is not empty and no tree of a simulator: choose another folder")
        self.folder = folder
        self._sensors: dict[str, None] = {}
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / MARK, "1\n")
        self._list_sensors()

    def show(self, identity: str, celsius: float, fault: SensorFault = SensorFault.NONE) -> None:
        """Let this sensor be there and show so much. A reader sees the old figure or the new one, never half of one.

        Raises:
            ValueError: no temperature sensor has such an identity.
        """
        folder = self.folder / check_identity(identity)
        files = sensor_files(identity, celsius, fault)
        if not files:
            shutil.rmtree(folder, ignore_errors=True)
            self._sensors.pop(identity, None)
            self._list_sensors()
            return
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            _write(folder / name, text)
        if identity not in self._sensors:
            self._sensors[identity] = None
            self._list_sensors()

    def remove(self) -> None:
        """Take the whole tree away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _list_sensors(self) -> None:
        folder = self.folder / MASTER
        folder.mkdir(exist_ok=True)
        names = "".join(f"{identity}\n" for identity in self._sensors) or "not found.\n"
        _write(folder / "w1_master_slaves", names)
        _write(folder / "w1_master_slave_count", f"{len(self._sensors)}\n")


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text, encoding="ascii")
    unfinished.replace(path)
