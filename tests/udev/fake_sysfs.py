"""A USB tree in a folder, as the kernel shows it below /sys, and Debian's udevadm that takes it for the real one.

The folder is mounted over /sys in a mount namespace of its own, with an empty /dev and /run: nothing of the host is touched.
Only root may do that, and not everywhere; `can_pretend` says whether it works here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "udev" / "70-hydrogen.rules"

USB = "devices/platform/soc/3f980000.usb/usb1"
"""The controller of a Raspberry Pi 3."""

SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """place: the way through the hubs. driver: of the serial port; `cdc_acm` makes a ttyACM."""

    vendor: str
    product: str
    serial: str = ""
    place: str = "1.2"
    driver: str = "ch341"
    interface: str = "00"
    number: int = 0

    @property
    def tty(self) -> str:
        return f"tty{'ACM' if self.driver == 'cdc_acm' else 'USB'}{self.number}"

    @property
    def device_path(self) -> str:
        parts, path = self.place.split("."), USB
        for depth in range(1, len(parts) + 1):
            path += f"/1-{'.'.join(parts[:depth])}"
        return path

    @property
    def port_path(self) -> str:
        """Of the tty."""
        interface = f"{self.device_path}/1-{self.place}:1.{int(self.interface, 16)}"
        return f"{interface}/tty/{self.tty}" if self.driver == "cdc_acm" else f"{interface}/{self.tty}/tty/{self.tty}"


@dataclass(frozen=True, slots=True)
class Told:
    """What udev made of it: the properties it printed, and everything it said."""

    text: str
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def links(self) -> list[str]:
        return sorted(link for link in self.properties.get("DEVLINKS", "").split() if link.startswith("/dev/hydrogen/"))


class FakeSysfs:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bus/usb/devices", "bus/usb/drivers/usb", "bus/usb-serial/devices", "class/tty", "dev/char"):
            self._make(name)
        self._device("devices/platform/soc/3f980000.usb", subsystem="bus/platform", uevent={"DRIVER": "dwc_otg"})
        self._device(USB, subsystem="bus/usb", uevent={"DEVTYPE": "usb_device", "DRIVER": "usb"})

    def plug(self, adapter: Adapter) -> None:
        """As after the kernel's drivers have taken it."""
        attributes = {"idVendor": adapter.vendor, "idProduct": adapter.product, "busnum": "1", "devnum": "4"}
        if adapter.serial:
            attributes["serial"] = adapter.serial
        product = f"{int(adapter.vendor, 16):x}/{int(adapter.product, 16):x}/264"
        self._device(
            adapter.device_path,
            subsystem="bus/usb",
            uevent={"DEVTYPE": "usb_device", "DRIVER": "usb", "PRODUCT": product, "MAJOR": "189", "MINOR": "3"},
            attributes={**attributes, "product": "USB Serial", "manufacturer": "Maker", "power/control": "auto"},
        )
        interface = adapter.port_path.partition(f"/{adapter.tty}")[0].removesuffix("/tty")
        self._device(
            interface,
            subsystem="bus/usb",
            driver=f"bus/usb/drivers/{adapter.driver}",
            uevent={"DEVTYPE": "usb_interface", "DRIVER": adapter.driver, "PRODUCT": product},
            attributes={"bInterfaceNumber": adapter.interface, "bInterfaceClass": "ff", "bInterfaceSubClass": "01"},
        )
        if adapter.driver != "cdc_acm":
            extra = {"latency_timer": "16"} if adapter.driver == "ftdi_sio" else {}
            self._device(
                f"{interface}/{adapter.tty}",
                subsystem="bus/usb-serial",
                driver=f"bus/usb-serial/drivers/{adapter.driver}",
                uevent={"DRIVER": adapter.driver},
                attributes={"port_number": "0", **extra},
            )
        major = "166" if adapter.driver == "cdc_acm" else "188"
        self._device(
            adapter.port_path,
            subsystem="class/tty",
            uevent={"MAJOR": major, "MINOR": str(adapter.number), "DEVNAME": adapter.tty},
            attributes={"dev": f"{major}:{adapter.number}"},
        )
        self._link(f"{adapter.port_path}/device", str(Path(adapter.port_path).parent.parent))
        self._link(f"class/tty/{adapter.tty}", adapter.port_path)
        self._link(f"dev/char/{major}:{adapter.number}", adapter.port_path)

    def read(self, path: str) -> str:
        return (self.folder / path).read_text().strip()

    def tested(self, path: str, *, rules: Path = RULES, action: str = "add") -> Told:
        """`udevadm test` of this device, with Debian's own rules and ours."""
        script = (
            'mount --bind "$1" /sys && mount -t tmpfs none /dev && mount -t tmpfs none /run && '
            "mkdir -p /run/udev/rules.d && "
            'cp "$2" /run/udev/rules.d/ && exec udevadm test --action="$3" "/sys/$4"'
        )
        # /dev and /run are hidden, so the rules are copied to where both namespaces can see them first.
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", str(self.folder), str(rules), action, path],
            env={**os.environ, "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        lines = (done.stdout + done.stderr).splitlines()
        properties = dict(line.split("=", 1) for line in lines if "=" in line and " " not in line.split("=")[0])
        return Told(done.stdout + done.stderr, properties)

    # ------------------------------------------------------------------------------------------------- making it

    def _make(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _link(self, name: str, to: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_symlink():
            path.symlink_to(os.path.relpath(self.folder / to, path.parent))

    def _device(
        self,
        path: str,
        *,
        subsystem: str,
        uevent: Mapping[str, str],
        driver: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        folder = self._make(path)
        self._make(subsystem)
        self._link(f"{path}/subsystem", subsystem)
        if driver:
            self._make(driver)
            self._link(f"{path}/driver", driver)
        (folder / "uevent").write_text("".join(f"{key}={value}\n" for key, value in uevent.items()))
        for name, value in (attributes or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(f"{value}\n")


def can_pretend() -> str:
    """Why udevadm cannot be shown a tree of ours; nothing if it can."""
    if os.geteuid() != 0:
        return "only root may mount"
    for program in ("udevadm", "unshare"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    done = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return "" if done.returncode == 0 else "this container may not mount"
