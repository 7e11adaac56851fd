"""Secrets are where they belong and nowhere else: searched for in everything that a service and its spooler leave behind."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from hydrogen.auth.key_store import KeyStore
from hydrogen.auth.principal import SCOPES
from hydrogen.cli.client import connected
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    KEY,
    HouseProcess,
    await_status,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)
from tests.integration.stranger import Stranger
from tests.support.http_peer import Answer

WRONG = "wrong-but-nearly-right-key"
"""What people mistype is nearly a secret."""

BELONGS_TO = {"hydrogen.toml": {"key"}, "session_keys.json": {"signing key"}}
"""The files in which a secret is at home."""


async def test_no_secret_is_written_anywhere_it_does_not_belong(
    tmp_path: Path, start_virtual_printer: Callable[..., VirtualPrinter]
) -> None:
    printer = start_virtual_printer(speed=None)
    sections = {"logging": 'level = "debug"\nformat = "json"'}
    async with running_house(tmp_path, {"bench": str(printer.link)}, has_signing_key=False, **sections) as house:
        visitor = _Visitor(house)
        await visitor.show_everything()
        async with connected(house.address) as client:
            await await_status(client, "idle")
            await print_started(client, house, square_lines(20))
            await frame_where(client, lambda frame: frame.get("type") == "job.finished")
        await until((house.data_dir / "session_keys.json").exists, lambda: house.said)
        visitor.secrets["signing key"] = _pem_line(house)
        pids = [pid for pid in (house.process.pid if house.process else None, house.spooler_pid()) if pid]
        assert len(pids) == 2
        _search_processes(pids, visitor)
        _search_files(tmp_path, visitor)  # much of the runtime folder is gone behind the end
        assert await house.stop() == 0, house.said
        await until(lambda: house.spooler_pid() is None)
        _search_files(tmp_path, visitor)
        assert len(visitor.answers) > 20
        for number, answer in enumerate(visitor.answers):
            visitor.search(f"error answer {number}", answer.body + repr(answer.headers).encode())
        audit = (house.data_dir / "audit" / "audit-000001.jsonl").read_text()
    assert visitor.found == []
    assert '"action":"login.failed"' in audit and '"schemes":["bearer","key","key in body"' in audit


class _Visitor(Stranger):
    """Comes by every door with every kind of credential, right, used up, ended and wrong."""

    def __init__(self, house: HouseProcess) -> None:
        super().__init__(house, "127.0.0.1")
        self.secrets = {"key": KEY, "wrong key": WRONG}
        self.answers: list[Answer] = []
        self.found: list[str] = []

    async def show_everything(self) -> None:
        await until(lambda: self.record.web_port)
        token, ended = [await self._session() for _ in range(2)]
        ticket, unused = [await self._ticket() for _ in range(2)]
        made, _ = KeyStore(self.house.data_dir).create("panel", scopes=SCOPES, created_at=time.time())
        self.secrets |= {"session": token, "ended session": ended, "ticket": ticket, "unused ticket": unused}
        self.secrets["made key"] = made.key
        assert (await self.ask("DELETE", "/api/auth/session", Authorization=f"Bearer {ended}")).status == 204
        assert (await self.knock(f"/?ticket={ticket}")).status == 101
        assert (await self.knock(f"/?key={KEY}")).status == 101
        async with self.inside(f"Bearer {token}") as client:
            for shown in (ended, token[:-6], WRONG):
                error = await client.answer_to({"type": "authenticate", "id": "a", "token": shown}, "a")
                self.search("a frame", json.dumps(error).encode())
                await self._forgive()
            error = await client.answer_to({"type": "command", "id": "b", "operation": KEY, "params": {KEY: KEY}}, "b")
        await self._show_what_is_wrong(ended, token, ticket)
        KeyStore(self.house.data_dir).revoke("panel")

    async def _show_what_is_wrong(self, ended: str, token: str, ticket: str) -> None:
        for header in (f"Key {WRONG}", f"Bearer {ended}", f"Bearer {token[:-6]}", f"Basic {KEY}", KEY, f"key {KEY}"):
            self.answers += await self.both(header)
            await self._forgive()
        for query in (f"?ticket={ticket}", f"?key={WRONG}", f"?key={KEY[:-1]}", f"?ticket={KEY}"):
            self.answers += await self.both(None, query)
            await self._forgive()
        self.answers += await self.both(None, f"?key={KEY}", Origin="http://evil.example")
        self.answers.append(await self.ask("POST", "/api/auth/session", body={"key": WRONG}))
        self.answers.append(await self.ask("POST", "/api/auth/session", body=b'{"key":"' + WRONG.encode()))
        self.answers.append(await self.ask("GET", f"/api/{'x' * 40}?key={KEY}"))
        self.answers.append(await self.knock(f"/nowhere?key={KEY}"))
        assert {answer.status for answer in self.answers} <= {400, 401, 403, 404}

    async def _forgive(self) -> None:
        """A right login, so that the next wrong one is looked at."""
        assert (await self.knock("/", ("Authorization", f"Key {KEY}"))).status == 101

    async def _session(self) -> str:
        return str((await self.ask("POST", "/api/auth/session", body={"key": KEY})).json["token"])

    async def _ticket(self) -> str:
        return str((await self.ask("POST", "/api/auth/ticket", Authorization=f"Key {KEY}")).json["ticket"])

    # ------------------------------------------------------------------------------------------------------ searching

    def search(self, where: str, content: bytes, at_home: frozenset[str] | set[str] = frozenset()) -> None:
        """Note every secret that stands there: as it is, in base64, or percent-encoded."""
        for name, secret in self.secrets.items():
            if name not in at_home and any(form in content for form in _forms(secret)):
                self.found.append(f"{name} in {where}")


def _forms(secret: str) -> Iterator[bytes]:
    """A token counts by its signature: the head is no secret, and the claims stand for nothing without it."""
    kept = secret.rpartition(".")[2].encode() if secret.count(".") == 2 else secret.encode()
    yield kept
    yield base64.b64encode(kept).rstrip(b"=")[:-2]
    yield kept.hex().encode()


def _pem_line(house: HouseProcess) -> str:
    """A line of the private key."""
    pem = json.loads((house.data_dir / "session_keys.json").read_bytes())["keys"][0]["pem"]
    return str(pem.splitlines()[5])


def _search_processes(pids: list[int], visitor: _Visitor) -> None:
    for pid in pids:
        visitor.search(f"arguments of {pid}", Path(f"/proc/{pid}/cmdline").read_bytes())


def _search_files(folder: Path, visitor: _Visitor) -> None:
    """Everything: logs, journals, audit log, database, runtime folder, what was printed."""
    searched = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    for path in searched:
        with suppress(FileNotFoundError):  # written anew under our eyes
            visitor.search(str(path.relative_to(folder)), path.read_bytes(), BELONGS_TO.get(path.name, set()))
            assert not re.search(r"key|session|ticket", path.name) or path.stat().st_mode & 0o077 == 0, path
    names = {path.name for path in searched}
    assert {"service.log", "hydrogen.db", "bench.log", "audit-000001.jsonl", "keys.json"} <= names, names


def test_the_search_finds_what_is_there() -> None:
    visitor = _Visitor(HouseProcess.__new__(HouseProcess))
    visitor.secrets["session"] = "head.claims.signature-of-it"
    visitor.search("a", b"GET /?key=" + KEY.encode())
    visitor.search("b", b"Basic " + base64.b64encode(KEY.encode()))
    visitor.search("c", b"... signature-of-it")
    visitor.search("d", b"nothing; head.claims")
    assert visitor.found == ["key in a", "key in b", "session in c"]
