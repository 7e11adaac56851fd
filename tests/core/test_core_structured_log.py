from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.log import Log
from hydrogen.core.structured_log import MASK, MAX_ITEMS, MAX_TEXT, configure_log, redact_fields, redact_text
from hydrogen.errors import PortBusy
from hydrogen.model.printer import PrinterStatus
from tests.support.property_settings import REPEATABLE

SECRET = "sesame-4711-open"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _standard_logging_as_it_was() -> Iterator[None]:
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers


def written(**fields: object) -> dict[str, Any]:
    """The fields as they come out as JSON."""
    stream = io.StringIO()
    configure_log(level="debug", stream=stream).info("something happened", **fields)
    [line] = stream.getvalue().splitlines()
    entry = json.loads(line)
    return {name: value for name, value in entry.items() if name not in ("timestamp", "level", "event")}


# ------------------------------------------------------------------------------------------------------------ form


def test_a_stream_that_is_no_terminal_gets_one_json_object_per_line() -> None:
    stream = io.StringIO()
    log: Log = configure_log(stream=stream)
    log.info("printer connected", printer="ender3", baud=115200)
    log.error("port lost", reason="two\nlines")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert list(first) == ["timestamp", "level", "event", "printer", "baud"]
    assert first["timestamp"].endswith("Z")
    assert (first["level"], first["event"], first["baud"]) == ("info", "printer connected", 115200)
    assert (second["level"], second["reason"]) == ("error", "two\nlines")


def test_a_terminal_gets_lines_for_people() -> None:
    stream = Terminal()
    configure_log(stream=stream).info("printer connected", baud=115200)
    assert "printer connected" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_the_form_can_be_forced() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    configure_log(stream=terminal, json=True).info("said")
    configure_log(stream=pipe, json=False).info("said")
    assert json.loads(terminal.getvalue())["event"] == "said"
    assert "said" in pipe.getvalue()
    assert not pipe.getvalue().startswith("{")
    assert "\x1b[" not in pipe.getvalue()


def test_entries_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    log = configure_log(level="warning", stream=stream)
    for write in (log.debug, log.info, log.warning, log.error):
        write("said")
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == ["warning", "error"]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown log level 'loud'"):
        configure_log(level="loud", stream=io.StringIO())


def test_making_the_log_does_not_load_rich() -> None:
    script = (
        "import io, sys; from hydrogen.core.structured_log import configure_log;"
        "configure_log(stream=io.StringIO(), json=False).info('said');"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'rich'], 'rich is loaded';"
        "import rich.console"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


# --------------------------------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "key", "keys", "token", "access_token", "password", "passphrase", "client_secret"),
        *("Authorization", "credentials", "certificate", "JWT"),
    ],
)
def test_fields_that_smell_of_a_secret_are_masked_whatever_they_hold(name: str) -> None:
    for value in (SECRET, [SECRET], {"a": SECRET}, SECRET.encode(), RuntimeError(SECRET)):
        assert written(**{name: value}) == {name: MASK}


def test_a_missing_secret_is_shown_as_missing() -> None:
    assert written(api_key=None) == {"api_key": None}


def test_secrets_in_nested_values_are_masked() -> None:
    fields = written(
        configuration={"auth": {"x": SECRET}, "websocket": {"port": 5001, "api_keys": [SECRET]}},
        clients=[{"name": "web", "token": SECRET}, ({"deep": {"password": SECRET}},)],
        frozen=MappingProxyType({"session_token": SECRET}),
    )
    assert SECRET not in json.dumps(fields)
    assert fields["configuration"]["websocket"] == {"port": 5001, "api_keys": MASK}
    assert fields["clients"] == [{"name": "web", "token": MASK}, [{"deep": {"password": MASK}}]]


@pytest.mark.parametrize(
    "text",
    [
        f"GET /websocket?key={SECRET} HTTP/1.1",
        f"ws://printer:5001/?since=b7c1.812&ticket={SECRET}&topics=job",
        f"/?KEY={SECRET}",
        f"/?token={SECRET}#top",
        f"api_key={SECRET}; path=/",
        f"Authorization: Key {SECRET}",
        f"('Authorization', 'Bearer {SECRET}')",
        f"{{'Authorization': 'Key {SECRET}'}}",
        f"sent Bearer {SECRET} to it",
        f'{{"type":"authenticate","token":"{SECRET}"}}',
        f"{{'api_key': '{SECRET}'}}",
        f"https://user:{SECRET}@host/path",
    ],
)
def test_secrets_inside_text_are_masked_and_the_rest_stays(text: str) -> None:
    for shown in (
        redact_text(text),
        json.dumps(written(request=text)),
        json.dumps(written(error=ValueError(text))),
        json.dumps(written(frames=[{"raw": text}])),
        json.dumps(written(names={text: 1})),
    ):
        assert SECRET not in shown
        assert MASK in shown


@pytest.mark.parametrize(
    "secret", ["hyd_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEyMzQ1", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbg"]
)
def test_what_looks_like_a_key_or_a_token_is_masked_wherever_it_stands(secret: str) -> None:
    assert secret[8:] not in json.dumps(written(said=f"somebody pasted {secret} here"))


def test_text_without_secrets_is_not_touched() -> None:
    for text in ("printer connected", "?since=b7c1.812&topics=a,b", "N12 G1 X1.5*33", "key missing", "a = b"):
        assert redact_text(text) == text


def test_the_constant_itself_is_redacted_too() -> None:
    stream = io.StringIO()
    configure_log(stream=stream).info(f"client refused ?key={SECRET}")
    assert SECRET not in stream.getvalue()


def test_a_secret_in_a_traceback_is_masked() -> None:
    try:
        raise RuntimeError(f"cannot open ws://h/?key={SECRET}")
    except RuntimeError as error:
        fields = written(error=error)
    assert "Traceback" in fields["exception"]
    assert f"?key={MASK}" in fields["exception"]
    assert SECRET not in json.dumps(fields)


def test_other_packages_are_logged_the_same_way() -> None:
    stream = io.StringIO()
    configure_log(stream=stream)
    configure_log(stream=stream)  # twice must not double the lines
    logging.getLogger("websockets.server").warning("opened %s", f"/?key={SECRET}")
    logging.getLogger("websockets.server").info("of no interest")
    try:
        raise KeyError("lost")
    except KeyError:
        logging.getLogger("asyncio").exception("task failed")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["source"], first["level"], first["text"]) == ("websockets.server", "warning", f"opened /?key={MASK}")
    assert (second["source"], second["level"], second["error"]) == ("asyncio", "error", "KeyError: 'lost'")


def test_another_packages_broken_message_is_shown_as_it_is() -> None:
    stream = io.StringIO()
    logging.getLogger().handlers.clear()
    configure_log(stream=stream)
    logging.getLogger("clumsy").error("%d bytes", "many")
    assert json.loads(stream.getvalue())["text"] == "%d bytes"


# --------------------------------------------------------------------------------------------------- broken values


class Hostile:
    """Raises wherever it is touched."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__


class HostileText(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = encode = __str__  # type: ignore[assignment]


class HostileDict(dict[str, object]):
    def items(self) -> Any:
        raise RuntimeError("no")


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


class Speed(IntEnum):
    FAST = 2


def test_a_broken_value_never_raises_and_never_hides_the_line() -> None:
    loop: list[object] = []
    loop.append(loop)
    fields = written(
        hostile=Hostile(),
        text=HostileText("hello"),
        mapping=HostileDict(a=1),
        error=HostileError(),
        loop=loop,
        nan=float("nan"),
        surrogate="half \ud800 a pair",
        control="\x1b[2Jgone\x00",
        huge=10**400,
        number=2**70,
        raw=b"\xff\x00",
        function=print,
    )
    assert "Hostile" in fields["hostile"]
    assert fields["text"] == "hello"
    assert fields["mapping"] == {"a": 1}
    assert "HostileError" in fields["error"]
    assert fields["nan"] == "nan"
    assert fields["surrogate"] == "half \\ud800 a pair"
    assert fields["control"] == "\\x1b[2Jgone\\x00"
    assert fields["number"] == str(2**70)


def test_values_of_the_house_are_readable() -> None:
    fields = written(status=PrinterStatus.IDLE, path=Path("/dev/ttyUSB0"), speed=Speed.FAST, error=PortBusy("in use"))
    assert (fields["status"], fields["path"], fields["error"]) == ("idle", "/dev/ttyUSB0", "port_busy: in use")


def test_errors_that_were_expected_come_without_a_traceback() -> None:
    try:
        raise PortBusy("in use")
    except PortBusy as error:
        assert "exception" not in written(error=error)


def test_names_that_structlog_uses_itself_are_kept_apart() -> None:
    fields = written(event=1, level=2, timestamp=3, exc_info=True, stack_info=True, self=4)
    assert fields == {"event_": 1, "level_": 2, "timestamp_": 3, "exc_info_": True, "stack_info_": True, "self_": 4}


def test_no_value_can_fill_the_disk() -> None:
    deep: Any = "bottom"
    for _ in range(200):
        deep = [deep]
    fields = written(text="x" * 100_000, items=list(range(10_000)), names={str(i): i for i in range(10_000)}, deep=deep)
    assert len(fields["text"]) == MAX_TEXT + 1
    assert len(fields["items"]) == len(fields["names"]) == MAX_ITEMS
    assert len(json.dumps(fields["deep"])) < 100


@pytest.mark.parametrize("error", [BrokenPipeError("gone"), ValueError("I/O operation on closed file")])
def test_a_stream_that_is_gone_never_raises(error: Exception) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise error

    configure_log(stream=Gone()).error("said")


def test_a_stream_that_knows_only_ascii_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    configure_log(stream=stream).info("temperature read", unit="°C")
    assert json.loads(raw.getvalue().decode("ascii").replace("\\xb0", "°"))["unit"] == "°C"


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(Hostile),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner) | st.frozensets(st.integers()),
    max_leaves=8,
)


@REPEATABLE
@given(fields=st.dictionaries(st.text(), _anything, max_size=5), name=st.text(max_size=30))
def test_whatever_is_logged_comes_out_as_one_line_of_json(fields: dict[str, Any], name: str) -> None:
    stream = io.StringIO()
    log = configure_log(stream=stream)
    log.info(name, **fields)
    line, rest = stream.getvalue().split("\n")
    assert rest == ""
    entry = json.loads(line)
    assert set(redact_fields(fields)) <= set(entry)
