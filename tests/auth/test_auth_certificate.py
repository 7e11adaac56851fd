"""A certificate that vouches for itself and for nothing else."""

from __future__ import annotations

from cryptography import x509

from hydrogen.auth.certificate import ends_at, self_signed

NOW = 1_800_000_000.0


def test_names_addresses_and_life_are_those_that_were_asked_for() -> None:
    made = self_signed(["pi", "pi.local", "192.0.2.7", "::1"], now=NOW, days=10)
    found = x509.load_pem_x509_certificate(made.certificate)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["pi", "pi.local"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7", "::1"]
    assert found.not_valid_before_utc.timestamp() == NOW - 3600
    assert found.not_valid_after_utc.timestamp() == NOW + 864_000
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert ends_at(made.certificate) == NOW + 864_000


def test_no_two_are_the_same_and_the_key_does_not_show() -> None:
    first, second = (self_signed(["pi"], now=NOW, days=1) for _ in range(2))
    assert first.key != second.key and first.fingerprint != second.fingerprint
    assert len(first.fingerprint) == 95
    assert "PRIVATE" not in repr(first)
