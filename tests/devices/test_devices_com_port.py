"""RFC 2217 in pieces of any size; every byte value passes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hydrogen.devices.com_port import ComPort, Purge, Setting, escape, missing_of_command, opening, setting

AGREED = b"\xff\xfd\x2c"
SPEED_IS_115200 = b"\xff\xfa\x2c\x65\x00\x01\xc2\x00\xff\xf0"


def in_pieces(data: bytes, size: int) -> tuple[ComPort, bytes]:
    com_port = ComPort()
    payload = b"".join(com_port.receive_data(data[i : i + size]) for i in range(0, len(data), size))
    return com_port, payload


def test_words_of_the_rfc() -> None:
    assert setting(Setting.BAUD, 115200) == b"\xff\xfa\x2c\x01\x00\x01\xc2\x00\xff\xf0"
    assert setting(Setting.BAUD, 0x0000FF00) == b"\xff\xfa\x2c\x01\x00\x00\xff\xff\x00\xff\xf0"
    assert setting(Setting.PURGE, Purge.TO_SEND) == b"\xff\xfa\x2c\x0c\x02\xff\xf0"
    assert opening(9600).startswith(b"\xff\xfb\x2c\xff\xfb\x00\xff\xfd\x00")


def test_option_speed_and_data_are_told_apart_in_pieces_of_any_size() -> None:
    said = b"ok\n" + AGREED + b"T:20\xff\xff\n" + SPEED_IS_115200 + b"start\n"
    for size in range(1, len(said) + 1):
        com_port, payload = in_pieces(said, size)
        assert payload == b"ok\nT:20\xff\nstart\n"
        assert com_port.is_agreed
        assert com_port.values[Setting.BAUD] == 115200
        assert not com_port.replies


def test_option_that_is_refused_is_known() -> None:
    com_port, payload = in_pieces(b"\xff\xfe\x2cok\n", 2)
    assert com_port.is_agreed is False
    assert payload == b"ok\n"


def test_what_the_server_wants_besides_is_refused_once() -> None:
    com_port = ComPort()
    for _ in range(3):
        assert com_port.receive_data(b"\xff\xfd\x01\xff\xfb\x05\xff\xfb\x00\xff\xfd\x03") == b""
    assert bytes(com_port.replies) == b"\xff\xfc\x01\xff\xfe\x05"


def test_endless_answer_takes_no_room_and_speech_goes_on_behind_it() -> None:
    com_port = ComPort()
    assert com_port.receive_data(b"\xff\xfa\x2c\x64" + b"x" * 100_000) == b""
    assert com_port.receive_data(b"\xff\xf0ok\n") == b"ok\n"


@given(st.lists(st.binary(max_size=12), max_size=8), st.integers(1, 5))
def test_data_survives_escape_and_any_cut(chunks: list[bytes], size: int) -> None:
    said = AGREED.join(escape(chunk) for chunk in chunks)
    _, payload = in_pieces(said, size)
    assert payload == b"".join(chunks)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_no_noise_breaks_it(noise: bytes, size: int) -> None:
    com_port, payload = in_pieces(noise, size)
    assert len(payload) <= len(noise)
    assert len(com_port.replies) <= len(noise)


def test_a_command_that_was_begun_is_found_wherever_it_was_cut() -> None:
    said = escape(b"N1 G1\xff\n") + setting(Setting.BAUD, 0xFF) + escape(b"M105\n")
    whole = ComPort()
    for cut in range(len(said) + 1):
        kept = missing_of_command(said[:cut], said[cut:])
        begun = said[: cut + kept]
        com_port = ComPort()
        com_port.receive_data(begun + b"\nM112\n")
        assert com_port.receive_data(b"x") == b"x", cut  # outside of any command
        assert kept <= 12
    assert whole.receive_data(said) == b"N1 G1\xff\nM105\n"
