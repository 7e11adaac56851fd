"""TLS for what listens: one certificate for every port, exchanged while the ports are open.

TLS 1.2 and later; with 1.2 only ciphers with forward secrecy and authenticated encryption (RFC 9325, 4.2). A renewed
certificate counts from the next handshake on; connections that are open keep theirs.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import FileUnreadable

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; those of 1.3 are all good and cannot be chosen."""

LOOK_SECONDS = 10.0
"""Between two looks at the files; certificates are renewed weeks before they end."""

HANDSHAKE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """PEM files: the certificate with its chain, and its private key (which may stand in the same file)."""

    certificate: Path
    key: Path


def server_context(files: CertificateFiles) -> ssl.SSLContext:
    """A context that serves this certificate. Blocks. Raises FileUnreadable with the file and what to do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    for path in (files.certificate, files.key):
        _check_readable(path)
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise FileUnreadable(
            f"the certificate {files.certificate} and the key {files.key} cannot be used ({reason}): give PEM files that "
            "belong together, the key without a password",
            file=str(files.certificate),
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key has a password")


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror or error}", file=str(path)) from error


class Certificate(Service):
    """The certificate of the house. `context` is for every port that listens, and stays the same for life."""

    name = "certificate"

    def __init__(self, files: CertificateFiles, *, log: Log, report: Callable[[str, BaseException], None]) -> None:
        """Blocks for the moment it takes to read two small files. Raises FileUnreadable."""
        self._files = files
        self._log = log
        self._report = report
        self._seen = _mark_of(files)
        self._current = server_context(files)
        self.context = server_context(files)
        # Called in every handshake: the context that was made last serves it, whole, never half exchanged.
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._current

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Take the certificate if it is another one than before. One that cannot be used changes nothing, and is told."""
        mark = await asyncio.to_thread(_mark_of, self._files)
        if mark == self._seen:
            return
        self._seen = mark
        try:
            self._current = await asyncio.to_thread(server_context, self._files)
        except FileUnreadable as error:
            self._log.error("certificate not read", error=error)
            self._report(self.name, error)
            return
        self._log.info("certificate read", file=str(self._files.certificate))


def _mark_of(files: CertificateFiles) -> tuple[tuple[int, ...], ...]:
    """What changes when a file does."""
    return tuple(_mark_of_file(path) for path in (files.certificate, files.key))


def _mark_of_file(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size
