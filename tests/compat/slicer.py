"""libcurl's way of writing the requests of PrusaSlicer and OrcaSlicer, byte for byte."""

from __future__ import annotations

from typing import Protocol

from tests.support.http_peer import Answer, raw

BOUNDARY = "------------------------d74496d66958873e"


class Address(Protocol):
    """Where the service is, and by which key."""

    port: int
    key: str


def curl_form(fields: list[tuple[str, str]], name: str, content: bytes) -> bytes:
    """libcurl's mime parts: the fields in their order, then the file."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields
    ]
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    return b"".join(parts) + file + content + f"\r\n--{BOUNDARY}--\r\n".encode()


async def curl(
    host: Address, path: str, body: bytes | None = None, *, agent: str = "PrusaSlicer/2.9.0", expect: bool = False
) -> Answer:
    """The head as libcurl writes it. `Connection: close` stands in for the end of the process."""
    method = "GET" if body is None else "POST"
    head = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{host.port}",
        f"User-Agent: {agent}",
        "Accept: */*",
        f"X-Api-Key: {host.key}",
        "Connection: close",
    ]
    if body is not None:
        head += [f"Content-Length: {len(body)}", f"Content-Type: multipart/form-data; boundary={BOUNDARY}"]
    if expect:
        head.append("Expect: 100-continue")
    return await raw(host.port, "\r\n".join(head).encode() + b"\r\n\r\n" + (body or b""))
