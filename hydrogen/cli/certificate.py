"""`hydrogen tls self-signed`: a certificate for a first start."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from pathlib import Path

from hydrogen.cli.address import data_dir, places_of
from hydrogen.cli.exit_code import ExitCode
from hydrogen.core.clock import SystemClock
from hydrogen.core.disk import make_folder, write_atomically
from hydrogen.errors import Conflict, InvalidMessage


def self_signed(options: argparse.Namespace) -> ExitCode:
    """Make certificate and key in the data folder, and say what to write into the configuration."""
    folder = options.folder or data_dir(places_of(options)) / "tls"
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if certificate.exists() and not options.replace:
        raise Conflict(f"{certificate} is there already: --replace makes another one in its place")
    write_certificate(folder, options.name or own_names(), options.days)
    print("Clients must be told to trust it; what to write into the configuration:")
    print("\n[tls]")
    print(f'certificate = "{certificate}"')
    print(f'key = "{key}"')
    return ExitCode.DONE


def write_certificate(folder: Path, names: Sequence[str], days: float) -> None:
    """`certificate.pem` and `key.pem` for these names and this machine's own; says what it made. Raises InvalidMessage."""
    from hydrogen.auth.certificate import self_signed as make

    names = list(dict.fromkeys([*names, "localhost", "127.0.0.1", "::1"]))
    try:
        made = make(names, now=SystemClock().wall(), days=days)
    except (ValueError, OverflowError) as error:
        raise InvalidMessage(f"no certificate can be made for {', '.join(names)[:200]}: {error}") from error
    make_folder(folder)
    write_atomically(folder / "key.pem", made.key, 0o600)
    write_atomically(folder / "certificate.pem", made.certificate, 0o644)
    print(f"made for {', '.join(names)}; good for {days:g} days")
    print(f"SHA-256 {made.fingerprint}")


def own_names() -> list[str]:
    """The host's name, and the one under which it is found in the local network."""
    name = socket.gethostname().partition(".")[0] or "hydrogen"
    return [name, f"{name}.local"]
