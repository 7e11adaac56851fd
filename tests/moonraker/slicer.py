"""What slicers with the host type "Moonraker" send, byte for byte as far as it matters."""

from __future__ import annotations

BOUNDARY = "------------------------d74496d66958873e"
CONTENT = b"G28\nG1 X10\n"


def form(fields: list[tuple[str, str]], *, name: str = "cube.gcode", content: bytes = CONTENT) -> bytes:
    """The fields, then the file, as libcurl writes them."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "User-Agent": "PrusaSlicer/2.9.0"}
