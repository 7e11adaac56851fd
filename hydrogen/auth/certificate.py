"""A certificate for a first start: made here, trusted by those who are given it. The one door to cryptography's X.509."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCertificate:
    """Both as PEM. fingerprint: SHA-256 of the certificate, `AB:CD:…`, as browsers show it."""

    certificate: bytes
    key: bytes = field(repr=False)
    fingerprint: str


def ends_at(certificate: bytes) -> float:
    """When it ends, in Unix seconds; of a chain the first one, which is the server's. Raises ValueError."""
    return x509.load_pem_x509_certificates(certificate)[0].not_valid_after_utc.timestamp()


def self_signed(names: Sequence[str], *, now: float, days: float) -> MadeCertificate:
    """A certificate for these names and addresses, from an hour before `now` (Unix seconds; clocks differ) for `days`.

    P-256: as strong as RSA with 3,072 bits, and forty times cheaper for a small host's processor. It is no authority: it can
    vouch for itself and for nothing else.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    begins = datetime.datetime.fromtimestamp(now - 3600, datetime.UTC)
    ends = datetime.datetime.fromtimestamp(now + days * DAY_SECONDS, datetime.UTC)
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return MadeCertificate(
        certificate=built.public_bytes(serialization.Encoding.PEM),
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        fingerprint=built.fingerprint(hashes.SHA256()).hex(":").upper(),
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
