"""A sysfs and a /dev below one folder, as the kernel and udev lay them out; adapters come and go."""

from __future__ import annotations

from pathlib import Path

from hydrogen.devices.port_identity import DeviceTree, find_port, identity_of


class UsbBus:
    """`plug` and `unplug`; `tree` is what is looked into."""

    def __init__(self, folder: Path) -> None:
        self.sysfs, self.devices = folder / "sys", folder / "dev"
        self.tree = DeviceTree(self.devices, self.sysfs)
        self._links: dict[str, list[Path]] = {}
        (self.sysfs / "class" / "tty").mkdir(parents=True)
        self.devices.mkdir()

    def plug(
        self,
        name: str,
        socket: str,
        *,
        serial: str = "",
        vendor: str = "1a86",
        product: str = "7523",
        leads_to: Path | str | None = None,
        words: str = "",
    ) -> str:
        """The path of its port. leads_to: a real device that stands for it. words: what the adapter calls itself."""
        usb = self.sysfs / "devices" / "pci0000:00" / "usb1" / socket
        interface = usb / f"{socket}:1.0"
        port = interface / name if name.startswith("ttyUSB") else interface
        port.mkdir(parents=True, exist_ok=True)
        (usb / "idVendor").write_text(f"{vendor}\n")
        (usb / "idProduct").write_text(f"{product}\n")
        (interface / "bInterfaceNumber").write_text("00\n")
        for file, text in (("serial", serial), ("product", words)):
            if text:
                (usb / file).write_text(f"{text}\n")
            else:
                (usb / file).unlink(missing_ok=True)
        node = self.sysfs / "class" / "tty" / name
        node.mkdir()
        (node / "device").symlink_to(port)
        device = self.devices / name
        if leads_to is None:
            device.touch()
        else:
            device.symlink_to(leads_to)
        own = serial or f"if-{vendor}-{product}"
        self._link(name, "by-id", f"usb-{vendor}_{product}_{own}-if00-port0")
        self._link(name, "by-path", f"platform-usb-0:{socket.partition('-')[2]}:1.0-port0")
        return str(device)

    def _link(self, name: str, kind: str, link: str) -> None:
        """As udev does: the last one to come has the name."""
        folder = self.devices / "serial" / kind
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / link
        place.unlink(missing_ok=True)
        place.symlink_to(f"../../{name}")
        self._links.setdefault(name, []).append(place)

    def unplug(self, name: str) -> None:
        for link in self._links.pop(name):
            if link.is_symlink() and link.readlink().name == name:
                link.unlink()
        node = self.sysfs / "class" / "tty" / name
        (node / "device").unlink()
        node.rmdir()
        (self.devices / name).unlink()

    def identity(self, path: str) -> str:
        return str(identity_of(path, self.tree))

    def find(self, identity: str, configured: str) -> str | None:
        return find_port(identity, configured, self.tree)
