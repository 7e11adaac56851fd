"""A small OpenID issuer: keys that rotate, JWT access tokens with whatever claims a test wants, and an HTTP port for both."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from hydrogen.errors import Unavailable

AUDIENCE = "hydrogen"


class Issuer:
    """`published` stands for what the provider sends; `requests` counts how often it was asked; `is_down`: no answer."""

    def __init__(self, now: float, url: str = "https://login.example") -> None:
        self.url = url
        self.now = now
        self.keys: dict[str, tuple[str, Any]] = {}
        self.extra: list[Mapping[str, Any]] = []
        self.requests = 0
        self.is_down = False
        self.rotate()

    def rotate(self, algorithm: str = "RS256") -> str:
        """A further key; returns its name. It signs from now on."""
        name = f"k{len(self.keys) + 1}"
        makers = {
            "RS256": lambda: RSAKey.generate_key(2048, private=True),
            "ES256": lambda: ECKey.generate_key("P-256", private=True),
            "EdDSA": lambda: OKPKey.generate_key("Ed25519", private=True),
        }
        self.keys[name] = (algorithm, makers[algorithm]())
        return name

    def token(self, *, key: str | None = None, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Signed by the newest key, or that one; claims that are None are left out."""
        name = key or list(self.keys)[-1]
        algorithm, private = self.keys[name]
        body = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "anna",
            "exp": int(self.now) + 300,
            "groups": ["makers"],
            **claims,
        }
        head = {"alg": algorithm, "kid": name, **(header or {})}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return jwt.encode(
                {name: value for name, value in head.items() if value is not None},
                {name: value for name, value in body.items() if value is not None},
                private,
                algorithms=[algorithm],
            )

    def publish(self, issuer: str) -> list[Mapping[str, Any]]:
        """What OidcTokens asks for."""
        self.requests += 1
        if self.is_down or issuer != self.url:
            raise Unavailable("no answer")
        public = [{**key.as_dict(private=False), "kid": name, "use": "sig"} for name, (_, key) in self.keys.items()]
        return [*self.extra, *public]


def part_of_token(value: Any) -> str:
    """JSON as a token carries it (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed_by_hand(header: Mapping[str, Any], claims: Mapping[str, Any], key: RSAKey) -> str:
    """RS256, whatever the header says: libraries refuse to sign what no honest signer would."""
    text = f"{part_of_token(header)}.{part_of_token(claims)}"
    mark = key.raw_value.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def signed_with_secret(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes) -> str:
    """HS256, with anything for a secret."""
    text = f"{part_of_token(header)}.{part_of_token(claims)}"
    mark = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


@contextmanager
def serving(pages: Mapping[str, Any]) -> Iterator[str]:
    """An HTTP port of this machine: path to a JSON value, or to (status, headers, bytes). Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path, (404, {}, b""))
            status, headers, body = page if isinstance(page, tuple) else (200, {}, json.dumps(page).encode())
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
