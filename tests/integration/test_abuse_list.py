"""The abuse list, row by row, at both doors of a service as people run it. Each row ends with the service as well as before."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import RSAKey

from hydrogen.auth.audit_files import AuditFiles
from hydrogen.auth.key_store import KeyStore
from hydrogen.auth.principal import SCOPES
from hydrogen.system.clock_trust import is_clock_synchronised
from tests.auth import test_auth_keys
from tests.integration.house_process import KEY, HouseProcess, until
from tests.integration.stranger import BEHIND_A_PROXY, Stranger, end_of, frame_of
from tests.operations import test_operations_freshness
from tests.support.issuer import AUDIENCE, Issuer, part_of_token, serving, signed_by_hand, signed_with_secret
from tests.support.waiting import wait_until_answered

pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_KEY = f"Key {KEY}"
SECONDS_OF_PATIENCE = 0.6
"""Of the service with a request that does not come to its end, in both doors' settings."""

OIDC = 'oidc_groups = { makers = ["read", "print"] }'


class Bench:
    """The service, its provider, and strangers who come each from an address of its own."""

    def __init__(self, house: HouseProcess, issuer: Issuer, pages: dict[str, Any]) -> None:
        self.house = house
        self.issuer = issuer
        self._pages = pages
        self._numbers = itertools.count(1)

    def stranger(self) -> Stranger:
        number = next(self._numbers)
        return Stranger(self.house, f"198.51.{number // 250}.{1 + number % 250}")

    def publish(self) -> None:
        """The provider says which keys it signs with now."""
        self._pages["/jwks"] = {"keys": self.issuer.publish(self.issuer.url)}


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[Issuer, dict[str, Any]]]:
    pages: dict[str, Any] = {}
    with serving(pages) as url:
        issuer = Issuer(time.time(), url)
        pages["/.well-known/openid-configuration"] = {"issuer": url, "jwks_uri": f"{url}/jwks"}
        yield issuer, pages


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(
    tmp_path_factory: pytest.TempPathFactory, provider: tuple[Issuer, dict[str, Any]]
) -> AsyncIterator[Bench]:
    issuer, pages = provider
    house = HouseProcess(
        tmp_path_factory.mktemp("abuse"),
        {},
        tls=BEHIND_A_PROXY,
        websocket=f'host = "127.0.0.1"\nport = 0\nhandshake_timeout_seconds = {SECONDS_OF_PATIENCE}',
        web=f'host = "127.0.0.1"\nport = 0\nhead_seconds = {SECONDS_OF_PATIENCE}\nbody_seconds = {SECONDS_OF_PATIENCE}',
        auth=f'keys = ["{KEY}"]\noidc_issuer = "{issuer.url}"\n{OIDC}',
    )
    house.has_signing_key = False
    made = Bench(house, issuer, pages)
    made.publish()
    try:
        await house.start()
        yield made
        assert await house.stop() == 0, house.said
    finally:
        await house.clean_up()


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def unharmed(bench: Bench) -> AsyncIterator[None]:
    """Behind every row: it lives, it answers, nobody's defect was met, and nothing was told by a traceback."""
    yield
    assert (await bench.stranger().ask("GET", "/api/system/health")).status == 200
    assert (await bench.stranger().knock("/", ("Authorization", BY_KEY))).status == 101
    for words in ("Traceback", "defect met", "service failed", "incident"):
        assert words not in bench.house.said, bench.house.said


def assert_refused(answers: list[Any], shown: str = "") -> None:
    for door, answer in zip(("websocket", "http"), answers, strict=True):
        assert (answer.status, answer.code) == (401, "auth_failed"), (door, answer)
        assert len(shown) < 5 or shown.encode() not in answer.body, door


# -------------------------------------------------------------------------------------------------------- credentials

WRONG_HEADERS = {
    "empty": "Key ",
    "no scheme": KEY,
    "short": "Key k",
    "prefix": f"Key {KEY[:-1]}",
    "longer": f"Key {KEY}x",
    "other case": f"Key {KEY.upper()}",
    "trailing word": f"Key {KEY} x",
    "two spaces": f"Key  {KEY}",
    "lower-case scheme": f"key {KEY}",
    "Basic": f"Basic {base64.b64encode(f'key:{KEY}'.encode()).decode()}",
    "a key as a token": f"Bearer {KEY}",
    "an empty token": "Bearer ",
    "not ASCII": "Key schlüssel-0123",
}


@pytest.mark.parametrize("value", WRONG_HEADERS.values(), ids=WRONG_HEADERS)
async def test_wrong_header_is_refused(bench: Bench, value: str) -> None:
    assert_refused(await bench.stranger().both(value), value.partition(" ")[2])


@pytest.mark.parametrize(
    "query", ["?key=", "?key=%00", "?key=%ff%fe", f"?key={KEY[:-1]}", f"?key={KEY}x", f"?ticket={KEY}", "?ticket="]
)
async def test_wrong_url_is_refused(bench: Bench, query: str) -> None:
    assert_refused(await bench.stranger().both(None, query), query.partition("=")[2])


async def test_nothing_is_refused_and_a_wrong_header_is_not_mended_by_a_right_url(bench: Bench) -> None:
    assert_refused(await bench.stranger().both(None))
    assert_refused(await bench.stranger().both("Key wrong-key-0123", f"?key={KEY}"))


async def test_credential_as_long_as_a_book_is_refused(bench: Bench) -> None:
    knocked, asked = await bench.stranger().both(f"Key {'k' * 17_000}")
    assert 400 <= knocked.status < 500  # the library's own limit of a line comes first
    assert (asked.status, asked.code) == (401, "auth_failed")


async def test_two_headers_are_refused_though_one_is_right(bench: Bench) -> None:
    stranger = bench.stranger()
    answer = await stranger.knock("/", ("Authorization", BY_KEY), ("Authorization", BY_KEY))
    assert (answer.status, answer.code) == (401, "auth_failed")


async def test_revoked_key_loses_its_connection_within_a_second_and_opens_nothing(bench: Bench) -> None:
    store = KeyStore(bench.house.data_dir)
    key, _ = store.create("revoked", scopes=SCOPES, created_at=time.time())
    stranger = bench.stranger()
    await _until_known(bench, key.key)
    async with stranger.inside(f"Key {key.key}") as client:
        store.revoke("revoked")
        began = time.monotonic()
        error = await client.first(lambda frame: frame["type"] == "error")
        assert error["error"]["code"] == "auth_failed"
        assert await client.close_code() == 1008
        assert time.monotonic() - began < 3.0  # the promise is one second; the machine may be busy
    assert_refused(await stranger.both(f"Key {key.key}"), key.key)


async def test_expired_key_loses_its_connection_and_opens_nothing(bench: Bench) -> None:
    now = time.time()
    key, _ = KeyStore(bench.house.data_dir).create("brief", scopes=SCOPES, created_at=now, expires_at=now + 3.0)
    await _until_known(bench, key.key)
    stranger = bench.stranger()
    async with stranger.inside(f"Key {key.key}") as client:
        assert await client.close_code() == 1008
    assert_refused(await stranger.both(f"Key {key.key}"), key.key)


async def _until_known(bench: Bench, key: str) -> None:
    async def is_known() -> bool:
        return (await bench.stranger().ask("GET", "/api/system/info", Authorization=f"Key {key}")).status == 200

    await wait_until_answered(is_known, seconds=30)


async def test_how_long_a_refusal_takes_tells_nothing(bench: Bench) -> None:
    test_auth_keys.test_how_long_a_refusal_takes_tells_nothing_of_how_close_the_guess_was()


async def test_thousand_bad_logins_get_a_handful_of_answers_and_disturb_nobody(bench: Bench) -> None:
    guesser, neighbour = bench.stranger(), bench.stranger()
    async with guesser.inside(BY_KEY) as client:
        lines, began = len(bench.house.said.splitlines()), time.monotonic()
        tries = [guesser.knock("/", ("Authorization", f"Key guess-{number:04}")) for number in range(30)]
        tries += [guesser.ask("GET", f"/api/system/info?key=guess-{number:04}") for number in range(970)]
        statuses = [(await one).status for one in tries]
        assert set(statuses) == {401, 429}, set(statuses)
        # Five are free; each further one doubles the wait of a second, and on a busy machine some waits go by meanwhile.
        assert statuses.count(401) <= 7 + math.log2(1 + time.monotonic() - began)
        assert len(bench.house.said.splitlines()) - lines < 40
        assert await client.is_answered()
    assert (await guesser.ask("GET", "/api/system/info", Authorization=BY_KEY)).status == 429
    assert [answer.status for answer in await neighbour.both(BY_KEY)] == [101, 200]


# ------------------------------------------------------------------------------------- requests that do not end, or do not fit


@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "], ids=["silence", "a drip"])
@pytest.mark.parametrize("door", ["websocket", "http"])
async def test_slow_head_is_cut_off(bench: Bench, door: str, beginning: bytes) -> None:
    reader, writer = await _opened(bench, door)
    writer.write(beginning)
    ended = asyncio.create_task(end_of(reader))
    began = time.monotonic()
    while not ended.done() and beginning:
        writer.write(b"x")
        await asyncio.wait([ended], timeout=0.05)
    assert b"200 OK" not in await ended
    assert time.monotonic() - began < 10 * SECONDS_OF_PATIENCE
    writer.close()


async def test_slow_body_is_refused(bench: Bench) -> None:
    reader, writer = await _opened(bench, "http")
    writer.write(
        b"POST /api/auth/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{"
    )
    assert b"invalid_message" in await end_of(reader)
    writer.close()


async def test_crowd_of_slow_heads_keeps_nobody_out_for_long(bench: Bench) -> None:
    crowd = [await _opened(bench, door) for door in ("websocket", "http") for _ in range(50)]
    await asyncio.gather(*(end_of(reader) for reader, _ in crowd))
    assert [answer.status for answer in await bench.stranger().both(BY_KEY)] == [101, 200]
    for _, writer in crowd:
        writer.close()


@pytest.mark.parametrize(
    "lines",
    [b"X-Long: " + b"x" * 200_000, b"\r\n".join(b"X-%d: y" % number for number in range(5000))],
    ids=["one long", "many"],
)
@pytest.mark.parametrize("door", ["websocket", "http"])
async def test_oversized_headers_are_refused(bench: Bench, door: str, lines: bytes) -> None:
    reader, writer = await _opened(bench, door)
    head = bench.stranger().handshake("/", ("Authorization", BY_KEY))[:-2]
    writer.write(head + lines + b"\r\n\r\n")
    said = await end_of(reader)
    assert b" 101 " not in said and b" 200 " not in said
    assert KEY.encode() not in said
    writer.close()


async def _opened(bench: Bench, door: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    record = bench.stranger().record
    port = record.websocket_port if door == "websocket" else record.web_port
    return await asyncio.open_connection("127.0.0.1", port)


async def test_oversized_message_is_closed_with_1009_whole_or_merely_claimed(bench: Bench) -> None:
    async with bench.stranger().inside(BY_KEY) as client:
        await client.socket.send("x" * 65_537)
        assert await client.close_code() == 1009
    reader, writer = await bench.stranger().raw_inside(BY_KEY)
    writer.write(frame_of(1, b"", length=2**62))
    assert b"\x03\xf1" in await end_of(reader)  # 1009
    writer.close()


async def test_oversized_body_is_refused_before_it_has_come(bench: Bench) -> None:
    body = b'{"key":"' + b"k" * 100_000 + b'"}'
    answer = await bench.stranger().ask("POST", "/api/auth/session", body=body)
    assert (answer.status, answer.code) == (413, "invalid_message")
    answer = await bench.stranger().ask("POST", "/api/auth/session", Content_Length="99999999999")
    assert answer.status in (400, 413)


# --------------------------------------------------------------------------------------------------------------- content


async def test_bad_utf8_is_closed_with_1007_and_refused(bench: Bench) -> None:
    async with bench.stranger().inside(BY_KEY) as client:
        await client.socket.send(b'{"type":"ping","id":"\xff\xfe"}', text=True)
        assert await client.close_code() == 1007
    answer = await bench.stranger().ask("POST", "/api/auth/session", body=b'{"key":"\xff\xfe"}')
    assert (answer.status, answer.code) == (400, "invalid_message")
    answer = await bench.stranger().ask("GET", "/%ff%fe/%00")
    assert answer.status == 404


@pytest.mark.parametrize(
    "text",
    ["[" * 30_000, '{"a":' * 10_000, '{"type":"command","id":"c","params":' + '{"a":' * 8000, "9" * 60_000, "1e99999"],
    ids=["lists", "objects", "params", "digits", "infinity"],
)
async def test_deep_and_endless_json_is_invalid_and_the_connection_stays(bench: Bench, text: str) -> None:
    async with bench.stranger().inside(BY_KEY) as client:
        assert (await client.answer_to(text, None))["error"]["code"] == "invalid_message"
        assert await client.is_answered()
    answer = await bench.stranger().ask("POST", "/api/auth/session", body=text.encode())
    assert (answer.status, answer.code) == (400, "invalid_message")


def command(message_id: str, operation: str, **more: Any) -> dict[str, Any]:
    return {"type": "command", "id": message_id, "operation": operation, **more}


async def test_one_id_twice_is_two_commands_and_two_tabs_get_each_their_own(bench: Bench) -> None:
    stranger = bench.stranger()
    async with stranger.inside(BY_KEY) as one, stranger.inside(BY_KEY) as two:
        answers = await asyncio.gather(
            one.answer_to(command("c1", "job.history"), "c1"), two.answer_to(command("c1", "file.list"), "c1")
        )
        assert ["jobs" in answers[0]["result"], "files" in answers[1]["result"]] == [True, True]
        assert "jobs" in (await one.answer_to(command("c1", "job.history"), "c1"))["result"]


async def test_idempotency_key_of_another_command_is_a_conflict(bench: Bench) -> None:
    async with bench.stranger().inside(BY_KEY) as client:
        protected = {"idempotency_key": "abuse-list-0123456789"}
        first = await client.answer_to(command("a", "job.history", **protected), "a")
        again = await client.answer_to(command("b", "job.history", **protected), "b")
        assert first["result"] == again["result"]
        other = await client.answer_to(command("c", "file.list", **protected), "c")
        assert other["error"]["code"] == "conflict"


async def test_stale_command_is_replayed_where_the_clock_is_right(bench: Bench) -> None:
    async with bench.stranger().inside(BY_KEY) as client:
        answer = await client.answer_to(command("a", "file.list", issued_at="2001-01-01T00:00:00Z"), "a")
        assert "result" in answer or answer["error"]["code"] == "replayed"
        assert ("error" in answer) is is_clock_synchronised()
        answer = await client.answer_to(command("b", "file.list", issued_at="yesterday"), "b")
        assert answer["error"]["code"] == "invalid_message"
    test_operations_freshness.test_outside_the_window_is_replayed(31.0)


# ------------------------------------------------------------------------------------------------------------- web pages


async def test_foreign_page_gets_in_by_no_url(bench: Bench) -> None:
    for origin in ("http://evil.example", "null", "http://localhost.evil.example", "https://localhost@evil.example"):
        for answer in await bench.stranger().both(None, f"?key={KEY}", Origin=origin):
            assert (answer.status, answer.code) == (403, "forbidden"), origin
            assert KEY.encode() not in answer.body


async def test_page_that_calls_by_a_foreign_name_is_refused_whatever_it_shows(bench: Bench) -> None:
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    for answer in await bench.stranger().both(BY_KEY, **rebound):
        assert (answer.status, answer.code) == (403, "forbidden")


async def test_ticket_opens_once_and_for_its_page_only(bench: Bench) -> None:
    stranger = bench.stranger()

    async def ticket(**headers: str) -> str:
        answer = await stranger.ask("POST", "/api/auth/ticket", Authorization=BY_KEY, **headers)
        return str(answer.json["ticket"])

    reused = await ticket()
    assert (await stranger.knock(f"/?ticket={reused}")).status == 101
    assert_refused(await stranger.both(None, f"?ticket={reused}"), reused)
    page, other = "http://localhost:8080", "http://localhost:9090"
    assert (await stranger.knock(f"/?ticket={await ticket(Origin=page)}", ("Origin", other))).status == 401
    assert (await stranger.knock(f"/?ticket={await ticket(Origin=page)}", ("Origin", page))).status == 101
    by_ticket = await stranger.ask("POST", f"/api/auth/ticket?ticket={await ticket()}")
    assert (by_ticket.status, by_ticket.code) == (403, "forbidden")


# --------------------------------------------------------------------------------------------------------------- tokens


def _claims(issuer: Issuer) -> dict[str, Any]:
    return {"iss": issuer.url, "aud": AUDIENCE, "sub": "anna", "exp": int(issuer.now) + 300, "groups": ["makers"]}


def _unsigned(issuer: Issuer, algorithm: str) -> str:
    return f"{part_of_token({'alg': algorithm, 'kid': 'k1'})}.{part_of_token(_claims(issuer))}."


def _confused(issuer: Issuer) -> str:
    """Signed with the provider's public key, taken for a shared secret."""
    secret = issuer.keys["k1"][1].as_pem(private=False)
    return signed_with_secret({"alg": "HS256", "kid": "k1"}, _claims(issuer), secret)


def _demanding(issuer: Issuer) -> str:
    return signed_by_hand(
        {"alg": "RS256", "kid": "k1", "crit": ["exp"], "exp": 1}, _claims(issuer), issuer.keys["k1"][1]
    )


def _by_another(issuer: Issuer, **header: Any) -> str:
    forger = Issuer(issuer.now, issuer.url)
    return forger.token(key="k1", header=header or None)


def _with_its_own_key(issuer: Issuer) -> str:
    forger = Issuer(issuer.now, issuer.url)
    own: RSAKey = forger.keys["k1"][1]
    return forger.token(header={"jwk": own.as_dict(private=False)})


OIDC_ATTACKS: dict[str, Callable[[Issuer], str]] = {
    "alg none": lambda issuer: _unsigned(issuer, "none"),
    "alg NONE": lambda issuer: _unsigned(issuer, "NONE"),
    "key confusion": _confused,
    "another key by this name": _by_another,
    "a key it brings along": _with_its_own_key,
    "unknown kid": lambda issuer: _by_another(issuer, kid="k99"),
    "no kid": lambda issuer: _by_another(issuer, kid=None),
    "crit": _demanding,
    "another audience": lambda issuer: issuer.token(key="k1", aud="another"),
    "no audience": lambda issuer: issuer.token(key="k1", aud=None),
    "another issuer": lambda issuer: issuer.token(key="k1", iss="https://evil.example"),
    "expired": lambda issuer: issuer.token(key="k1", exp=int(time.time()) - 61),
    "never ending": lambda issuer: issuer.token(key="k1", exp=None),
    "of tomorrow": lambda issuer: issuer.token(key="k1", nbf=int(time.time()) + 3600),
    "of nobody": lambda issuer: issuer.token(key="k1", sub=None),
    "cut off": lambda issuer: issuer.token(key="k1")[:-5],
    "other claims": lambda issuer: _with_other_claims(issuer.token(key="k1")),
}


def _with_other_claims(token: str) -> str:
    head, body, mark = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{part_of_token({**claims, 'sub': 'root'})}.{mark}"


@pytest.mark.parametrize("attack", OIDC_ATTACKS.values(), ids=OIDC_ATTACKS)
async def test_token_that_the_provider_did_not_give_for_us_is_refused(
    bench: Bench, attack: Callable[[Issuer], str]
) -> None:
    token = attack(bench.issuer)
    assert_refused(await bench.stranger().both(f"Bearer {token}"), token)


async def test_right_token_comes_in_and_a_stranger_of_the_provider_does_not(bench: Bench) -> None:
    stranger = bench.stranger()
    good = bench.issuer.token(key="k1", aud=AUDIENCE)
    assert [answer.status for answer in await stranger.both(f"Bearer {good}")] == [101, 200]
    nobody = bench.issuer.token(key="k1", groups=["strangers"])
    assert [answer.status for answer in await stranger.both(f"Bearer {nobody}")] == [403, 403]


async def test_ended_forged_and_altered_sessions_are_refused(bench: Bench) -> None:
    stranger = bench.stranger()
    token = (await stranger.ask("POST", "/api/auth/session", body={"key": KEY})).json["token"]
    assert [answer.status for answer in await stranger.both(f"Bearer {token}")] == [101, 200]
    altered = _with_other_claims(token)
    assert_refused(await stranger.both(f"Bearer {altered}"), altered)
    forged = Issuer(time.time(), "hydrogen").token(
        key="k1", header={"kid": json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]}
    )
    assert_refused(await stranger.both(f"Bearer {forged}"), forged)
    again = await stranger.ask("POST", "/api/auth/session", Authorization=f"Bearer {token}")
    assert (again.status, again.code) == (403, "forbidden")
    async with stranger.inside(f"Bearer {token}") as client:
        assert (await stranger.ask("DELETE", "/api/auth/session", Authorization=f"Bearer {token}")).status == 204
        assert await client.close_code() == 1008
    assert_refused(await stranger.both(f"Bearer {token}"), token)


async def test_signing_key_is_there_since_the_first_start_and_for_its_owner_only(bench: Bench) -> None:
    path = bench.house.data_dir / "session_keys.json"
    await until(path.exists, lambda: bench.house.said)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"BEGIN PRIVATE KEY" in path.read_bytes()
    assert not path.with_suffix(".json.damaged").exists()


async def test_audit_log_is_whole(bench: Bench) -> None:
    assert AuditFiles(bench.house.data_dir).verify().breaks == []
