"""Tokens of a provider: rights by groups, keys that rotate, a provider that is down, and the attacks on all of it."""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey

from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import Query, Request
from hydrogen.auth.keys import KeyRing
from hydrogen.auth.oidc import COOL_DOWN_SECONDS, MOST_KEYS, OidcTokens, ProviderSettings
from hydrogen.auth.provider import published_keys
from hydrogen.auth.session_store import SessionStore
from hydrogen.auth.sessions import SessionTokens
from hydrogen.core.clock import ManualClock, SystemClock
from hydrogen.errors import AuthFailed, Forbidden
from tests.support.issuer import AUDIENCE, Issuer
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


class Provider:
    def __init__(self, **settings: Any) -> None:
        self.clock = ManualClock()
        self.issuer = Issuer(self.clock.wall())
        self.log = RecordingLog()
        groups = {"makers": frozenset({"read", "print"}), "owners": frozenset({"admin"})}
        self.tokens = OidcTokens(
            ProviderSettings(issuer=self.issuer.url, audience=AUDIENCE, scopes_of_group=groups, **settings),
            fetch=self.issuer.publish,
            clock=self.clock,
            log=self.log,
        )

    async def refused(self, token: str) -> str:
        with pytest.raises(AuthFailed) as caught:
            await self.tokens.grant_for(token)
        assert len(token) < 8 or token not in caught.value.message
        return caught.value.message


# ----------------------------------------------------------------------------------------------------------- rights


async def test_a_person_has_the_scopes_of_its_groups_until_the_token_ends() -> None:
    provider = Provider()
    grant = await provider.tokens.grant_for(provider.issuer.token(groups=["makers", "owners", "others", 5]))
    assert (grant.principal.name, grant.principal.scopes) == ("oidc:anna", {"read", "print", "admin"})
    assert (grant.via, grant.expires_at) == ("oidc", int(provider.clock.wall()) + 300 + 60)


@pytest.mark.parametrize("groups", [None, [], ["strangers"], "strangers", {"makers": 1}, 5])
async def test_an_account_there_is_no_right_here(groups: Any) -> None:
    provider = Provider()
    with pytest.raises(Forbidden):
        await provider.tokens.grant_for(provider.issuer.token(groups=groups))
    lenient = Provider(default_scopes=frozenset({"read"}))
    grant = await lenient.tokens.grant_for(lenient.issuer.token(groups=groups))
    assert grant.principal.scopes == {"read"}


async def test_groups_may_be_words_in_one_text_and_another_claim() -> None:
    provider = Provider(group_claim="roles")
    grant = await provider.tokens.grant_for(provider.issuer.token(groups=None, roles="makers others"))
    assert grant.principal.scopes == {"read", "print"}


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
async def test_the_other_algorithms_are_taken_too(algorithm: str) -> None:
    provider = Provider()
    provider.issuer.rotate(algorithm)
    assert (await provider.tokens.grant_for(provider.issuer.token())).via == "oidc"


# ------------------------------------------------------------------------------------------------------------- keys


async def test_keys_are_asked_for_once_and_a_new_one_is_found() -> None:
    provider = Provider()
    for _ in range(3):
        await provider.tokens.grant_for(provider.issuer.token())
    assert provider.issuer.requests == 1
    provider.issuer.rotate()
    provider.clock.advance(COOL_DOWN_SECONDS)
    await provider.tokens.grant_for(provider.issuer.token())
    await provider.tokens.grant_for(provider.issuer.token(key="k1"))
    assert provider.issuer.requests == 2


async def test_a_key_that_is_not_published_any_more_opens_nothing() -> None:
    provider = Provider()
    old = provider.issuer.token()
    await provider.tokens.grant_for(old)
    provider.issuer.rotate()
    del provider.issuer.keys["k1"]
    await provider.tokens.refresh()
    await provider.refused(old)


async def test_unknown_key_names_make_one_question_in_half_a_minute() -> None:
    provider = Provider()
    for number in range(100):
        await provider.refused(provider.issuer.token(header={"kid": f"unknown{number}"}))
    assert provider.issuer.requests == 1
    provider.clock.advance(COOL_DOWN_SECONDS)
    await provider.refused(provider.issuer.token(header={"kid": "unknown"}))
    assert provider.issuer.requests == 2


async def test_many_at_once_make_one_question() -> None:
    provider = Provider()
    await asyncio.gather(*(provider.tokens.grant_for(provider.issuer.token()) for _ in range(20)))
    assert provider.issuer.requests == 1


async def test_while_the_provider_is_down_known_keys_go_on() -> None:
    provider = Provider()
    await provider.tokens.grant_for(provider.issuer.token())
    provider.issuer.is_down = True
    for _ in range(4):
        provider.clock.advance(3600)
        provider.issuer.now = provider.clock.wall()
        assert not await provider.tokens.refresh()
        await provider.tokens.grant_for(provider.issuer.token())
    provider.issuer.keys.clear()
    provider.issuer.is_down = False
    assert not await provider.tokens.refresh()  # an empty set is no answer either
    assert "provider has no keys" in provider.log.events("warning")


async def test_a_provider_that_was_never_reached_lets_nobody_in_and_is_asked_again_later() -> None:
    provider = Provider()
    provider.issuer.is_down = True
    await provider.refused(provider.issuer.token())
    await provider.refused(provider.issuer.token())
    assert provider.issuer.requests == 1
    provider.issuer.is_down = False
    provider.clock.advance(COOL_DOWN_SECONDS)
    await provider.tokens.grant_for(provider.issuer.token())


async def test_the_running_service_has_the_keys_before_anybody_comes() -> None:
    provider = Provider()
    running = asyncio.create_task(provider.tokens.run())
    await wait_until(lambda: "provider asked" in provider.log.events())
    running.cancel()
    await asyncio.wait([running])
    await provider.tokens.grant_for(provider.issuer.token())
    assert provider.issuer.requests == 1


async def test_the_number_of_keys_is_bounded_and_useless_ones_are_passed_over() -> None:
    provider = Provider()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weak = RSAKey.generate_key(1024, private=True, auto_kid=True).as_dict(private=False)
    secret = OctKey.generate_key(256).as_dict()
    encryption = RSAKey.generate_key(2048, private=True).as_dict(private=False) | {"use": "enc", "kid": "k9"}
    provider.issuer.extra = [weak, secret, encryption, {}, {"kty": "RSA"}]
    await provider.tokens.grant_for(provider.issuer.token())
    assert len(provider.tokens._keys.all) == 1
    good = provider.issuer.publish(provider.issuer.url)[-1]
    provider.issuer.extra = [{**good, "kid": f"copy{number}"} for number in range(100)]
    await provider.tokens.refresh()
    assert len(provider.tokens._keys.all) == MOST_KEYS


# ---------------------------------------------------------------------------------------------------------- attacks


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": "https://login.example/"},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["a", "b"]},
        {"exp": 1},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "an\nna"},
        {"sub": 5},
        {"token_use": "id"},
    ],
)
async def test_claims_that_are_wrong_are_refused(claims: dict[str, Any]) -> None:
    provider = Provider()
    await provider.refused(provider.issuer.token(**claims))


async def test_a_minute_of_difference_between_the_clocks_is_forgiven() -> None:
    provider = Provider()
    now = int(provider.clock.wall())
    at = Authority(KeyRing(), clock=provider.clock, oidc=provider.tokens)
    for claims in ({"exp": now - 59}, {"nbf": now + 59}, {"iat": now + 59}):
        header = [f"Bearer {provider.issuer.token(**claims)}"]
        await at.admit(Request(address="192.0.2.1", query=Query.of(""), authorization=header))
    await provider.refused(provider.issuer.token(exp=now - 61))


async def test_a_token_signed_by_somebody_else_under_a_known_name_is_refused() -> None:
    provider, evil = Provider(), Provider()
    await provider.refused(evil.issuer.token())
    await provider.refused(evil.issuer.token(header={"kid": None}))
    await provider.refused(evil.issuer.token(header={"jku": "https://evil.example/keys"}))


async def test_other_algorithms_and_demands_are_refused() -> None:
    # That of the proof itself is in test_auth_signature.py; here: that it is asked with the right list.
    provider = Provider()
    head, body, mark = provider.issuer.token().split(".")
    none, shared = "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0"
    for token in (f"{none}.{body}.", f"{shared}.{body}.{mark}", f"{head}.{body}."):
        await provider.refused(token)


async def test_a_token_without_a_key_name_is_tried_with_all_keys() -> None:
    provider = Provider()
    provider.issuer.rotate("ES256")
    for key in ("k1", "k2"):
        assert await provider.tokens.grant_for(provider.issuer.token(key=key, header={"kid": None}))


# --------------------------------------------------------------------------------------- beside keys and sessions


async def test_a_person_gets_a_session_with_the_same_rights_that_outlives_no_token(tmp_path: Path) -> None:
    provider = Provider()
    sessions = SessionTokens(SessionStore(tmp_path), clock=provider.clock)
    at = Authority(KeyRing(), clock=provider.clock, sessions=sessions, oidc=provider.tokens)

    def shown(token: str) -> Request:
        return Request(address="192.0.2.1", query=Query.of(""), authorization=[f"Bearer {token}"])

    grant = await at.admit(shown(provider.issuer.token()))
    session = await at.session_for(grant)
    assert session.expires_at == grant.expires_at
    provider.issuer.is_down = True
    by_session = await at.admit(shown(session.token))
    assert (by_session.principal, by_session.via) == (grant.principal, "session")
    assert (await at.renewed(by_session, provider.issuer.token(), address="192.0.2.1")).via == "oidc"
    with pytest.raises(AuthFailed):
        await at.renewed(by_session, provider.issuer.token(sub="karl"), address="192.0.2.1")
    await at.end_session(by_session)
    with pytest.raises(AuthFailed):
        await at.admit(shown(session.token))


# ------------------------------------------------------------------------------------------------ a real provider


@pytest.fixture
async def mock_provider() -> AsyncIterator[str]:
    """oidc-provider-mock from the package index, in a process of its own; yields its issuer."""
    script = (
        "import oidc_provider_mock, sys, logging; logging.disable()\n"
        "with oidc_provider_mock.run_server_in_thread() as server:\n"
        "    print(server.server_port, flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.DEVNULL}
    process = await asyncio.create_subprocess_exec(sys.executable, "-W", "ignore", "-c", script, **pipes)
    assert process.stdout is not None and process.stdin is not None
    async with asyncio.timeout(30):
        port = int(await process.stdout.readline())
    yield f"http://localhost:{port}"
    process.stdin.close()
    async with asyncio.timeout(30):
        await process.wait()


def sign_in(issuer: str, subject: str) -> dict[str, Any]:
    """The authorization code flow, as a browser and a client go through it; the token endpoint's answer."""
    import httpx

    with httpx.Client(base_url=issuer) as http:
        redirect = "http://localhost/back"
        asks = {"client_id": "hydrogen", "redirect_uri": redirect, "response_type": "code", "scope": "openid"}
        answer = http.post(f"/oauth2/authorize?{urlencode(asks)}", data={"sub": subject})
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        tokens: dict[str, Any] = http.post("/oauth2/token", data=form, auth=("hydrogen", "secret")).json()
        return tokens


async def test_a_real_providers_token_is_taken_and_another_audiences_is_not(mock_provider: str) -> None:
    issued = await asyncio.to_thread(sign_in, mock_provider, "anna")
    for audience, is_taken in (("hydrogen", True), ("another", False)):
        settings = ProviderSettings(issuer=mock_provider, audience=audience, default_scopes=frozenset({"read"}))
        tokens = OidcTokens(settings, fetch=published_keys, clock=SystemClock(), log=RecordingLog())
        if is_taken:
            assert (await tokens.grant_for(issued["id_token"])).principal.name == "oidc:anna"
            with pytest.raises(AuthFailed):  # its access tokens are opaque
                await tokens.grant_for(issued["access_token"])
        else:
            with pytest.raises(AuthFailed):
                await tokens.grant_for(issued["id_token"])
