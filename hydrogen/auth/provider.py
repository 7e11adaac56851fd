"""What an OpenID provider publishes: where its keys are (discovery) and the keys themselves. Everything here blocks.

Outgoing calls go to the configured issuer and to the `jwks_uri` that it names, over https checked against the system's
authorities (plain http to this machine only, for tests and sidecars), follow no redirection, and are bounded in time and size.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from hydrogen.auth.outgoing import is_fetchable
from hydrogen.errors import HydrogenError, Unavailable
from hydrogen.model.codec import decode_json

FETCH_SECONDS = 5.0

LARGEST_DOCUMENT_BYTES = 262_144
"""A set of keys has some kilobytes."""


def published_keys(issuer: str) -> tuple[Mapping[str, Any], ...]:
    """The provider's keys as JWKs. Raises Unavailable, with the reason."""
    configuration = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if configuration.get("issuer") != issuer:
        # OpenID Connect Discovery 1.0, 4.3: anything else would be another provider's document.
        raise Unavailable(
            f"{issuer} says that it is another issuer; auth.oidc_issuer must be exactly what it calls itself"
        )
    location = configuration.get("jwks_uri")
    if not isinstance(location, str):
        raise Unavailable(f"{issuer} does not say where its keys are (jwks_uri)")
    keys = _fetch(location).get("keys")
    if not isinstance(keys, list):
        raise Unavailable(f"{location} is no set of keys")
    return tuple(key for key in keys if isinstance(key, Mapping))


def _fetch(url: str) -> Mapping[str, Any]:
    if not is_fetchable(url):
        raise Unavailable(f"{url[:200]} is not called: https is needed")
    opener = urllib.request.build_opener(_NoRedirection)
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    try:
        with opener.open(request, timeout=FETCH_SECONDS) as answer:
            content = answer.read(LARGEST_DOCUMENT_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{url[:200]} does not answer: {str(error)[:200]}") from error
    if len(content) > LARGEST_DOCUMENT_BYTES:
        raise Unavailable(f"{url[:200]} sends more than {LARGEST_DOCUMENT_BYTES} bytes")
    try:
        body = decode_json(content)
    except (HydrogenError, UnicodeDecodeError):
        raise Unavailable(f"{url[:200]} sends no JSON") from None
    if not isinstance(body, Mapping):
        raise Unavailable(f"{url[:200]} sends no JSON object")
    return body


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Nobody is sent elsewhere: what is returned makes the answer an error."""
