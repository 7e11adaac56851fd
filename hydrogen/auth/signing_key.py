"""Keys that sign sessions are made in a process of their own: `python -m hydrogen.auth.signing_key` writes one and ends.

cryptography takes 12 MiB and never gives them back. A service without sessions does not need it, so it is loaded where the
memory is returned with the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from hydrogen.errors import HostError

RSA_BITS = 2048
"""NIST SP 800-131A: good beyond 2030; twice as many sign eight times slower."""

RSA_EXPONENT = 65_537

MAKING_SECONDS = 120.0
"""0.2 s on a desktop; the search for two primes takes a small host some seconds, and the process is in nobody's way."""

NICENESS = 10
"""Of that process: printers and clients come first."""

LONGEST_PEM_BYTES = 16_384

_BEGINNING = "-----BEGIN PRIVATE KEY-----"


def new_signing_key() -> str:
    """A private key as PEM (PKCS 8). Blocks for some hundred milliseconds on a small host; loads cryptography."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(RSA_EXPONENT, RSA_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


async def signing_key_made_apart(*, python: str = sys.executable, seconds: float = MAKING_SECONDS) -> str:
    """The same from another process, which is gone when this returns, raises or is cancelled. Raises HostError."""
    try:
        child = await asyncio.create_subprocess_exec(
            python,
            "-P",
            "-m",
            "hydrogen.auth.signing_key",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise HostError(f"the sessions' signing key cannot be made: {error}") from error
    try:
        async with asyncio.timeout(seconds):
            pem = await _read(child)
            code = await child.wait()
    except TimeoutError:
        raise HostError(f"the sessions' signing key was not made within {seconds:g} s") from None
    finally:
        await _end(child)
    if code or not pem.startswith(_BEGINNING):
        raise HostError(f"the sessions' signing key was not made: its maker ended with code {code}")
    return pem


async def _read(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    said = bytearray()
    while len(said) <= LONGEST_PEM_BYTES and (more := await child.stdout.read(LONGEST_PEM_BYTES)):
        said += more
    return said.decode("ascii", "replace")


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


if __name__ == "__main__":
    os.nice(NICENESS)
    sys.stdout.write(new_signing_key())
