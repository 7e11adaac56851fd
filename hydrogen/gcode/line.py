r"""A line of G-code before it gets its number: what may be sent, and in which form.

A numbered line that the firmware cannot take whole is worse than a refused one: Marlin asks for it again, gets the same
bytes again, and the print never goes on. So everything that could part our bytes from what Marlin keeps is settled here,
before the line is numbered (Marlin `queue.cpp`, `process_stream_char` and `get_serial_commands`):

- `;` and what follows is cut by the firmware, a checksum behind it included;
- a backslash is dropped by the firmware before it sums up (and shields the byte behind it);
- more than 95 characters are cut, and the checksum with them;
- bytes from 0x80 can put the firmware's reader out of step without any reply, control characters edit its buffer;
- a line that contains `M110` anywhere skips the sequence check and sets the line number, even inside the text of an `M117`;
- empty lines and pure comments give no `ok` at all.

What only people read (`M117`, `M118`, object names …) is mended; any other line is refused, because a changed command is
another command.
"""

from __future__ import annotations

import re

from hydrogen.errors import LineRefused

MAX_LINE_BYTES = 95
"""A whole numbered line without its newline: Marlin's `MAX_CMD_SIZE` of 96 holds it with the closing NUL."""

MAX_BODY_BYTES = 82
"""What is left for the command itself: 95 less `N9999999 ` and `*255`, so that it fits whatever number it gets."""

_plain_move = re.compile(rb"(G[0-3] [-XYZEFIJR0-9. ]{0,78}[0-9])\r?\n?").fullmatch
"""The line that makes up nearly all of a file: nothing in it can need mending (82 bytes at most)."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_own_number = re.compile(rb"(?:N-?\d+ *)+")
_own_checksum = re.compile(rb"\*\d* *$")
_own_checksums = re.compile(rb"(?:\*\d* *)+$")
_command = re.compile(rb"([A-Za-z]) *0*(\d+)")
_line_number_command = re.compile(rb"[Mm] *0*110(?!\d)")
_word = re.compile(rb"[^ *]+")
_is_clean = re.compile(rb"[ -~]*").fullmatch
_unsendable = re.compile(rb"[^ -~]")
_unsendable_character = re.compile(r"[^ -~]")
_hidden_number = b"M110"

_TEXT_COMMANDS = frozenset({b"M0", b"M1", b"M75", b"M117", b"M118", b"M486"})
"""Their argument is read by people only: prompts, job and object names, display and echo texts. `M16` (kills on a wrong
machine name) and the commands that take a file name are not here: a mended name would be another name."""


def prepare(raw: bytes) -> bytes | None:
    """The command in `raw` as it may be numbered, or None when the line carries none.

    Cuts the line end, a `;` comment, outer blanks, an own `N<n>` and `*<checksum>`; tabs become blanks, backslashes go.
    `M110` is swallowed (None): numbering belongs to the link. Lower-case commands stay as they are, the firmware will
    say `Unknown command`. Preparing what was prepared changes nothing; the result is printable ASCII of at most
    `MAX_BODY_BYTES`.

    Raises:
        LineRefused: `details` has `line` and `reason`: `too_long`, `not_ascii`, `hides_m110` or `control_character`.
    """
    plain = _plain_move(raw)
    if plain is not None:
        return plain[1]
    body = _strip(raw)
    if not body or _line_number_command.match(body) is not None:
        return None
    if _is_clean(body) is None or len(body) > MAX_BODY_BYTES or _hidden_number in body:
        return _mend(body)
    return body


def command_of(body: bytes) -> bytes:
    """The command's name in the form of the tables: `G1`, `M109`, `T0`; the first word where it is none of these.

    Reads as Marlin's parser does: `G1X10`, `M109S200`, `G01 X1` and `M 110` are G1, M109, G1 and M110. Upper case.
    """
    found = _command.match(body)
    if found is not None:
        return found[1].upper() + found[2]
    word = _word.match(body)
    return b"" if word is None else word[0].upper()


def _strip(raw: bytes) -> bytes:
    """Without all that is not the command itself."""
    body = raw.removeprefix(_BYTE_ORDER_MARK).partition(b";")[0].replace(b"\\", b"").replace(b"\t", b" ").strip()
    if b"*" not in body and not body.startswith(b"N"):
        return body
    number = _own_number.match(body)
    if number is not None:
        body = body[number.end() :]
        trailer = _own_checksum if _is_text(body) else _own_checksums
        return trailer.sub(b"", body).rstrip()
    if _command.match(body) is not None and not _is_text(body):
        return _own_checksums.sub(b"", body).rstrip()
    return body


def _is_text(body: bytes) -> bool:
    return command_of(body) in _TEXT_COMMANDS


def _mend(body: bytes) -> bytes:
    """A text that can be sent, or the refusal of anything else."""
    if not _is_text(body):
        raise _refusal(body)
    try:
        text = _unsendable_character.sub("?", body.decode("utf-8")).encode("ascii")
    except UnicodeDecodeError:
        text = _unsendable.sub(b"?", body)
    return text.partition(_hidden_number)[0][:MAX_BODY_BYTES].rstrip()


def _refusal(body: bytes) -> LineRefused:
    shown = body[:MAX_BODY_BYTES].decode("ascii", "replace")
    if not body.isascii():
        reason, why = "not_ascii", "it holds characters that are not ASCII"
    elif _is_clean(body) is None:
        reason, why = "control_character", "it holds control characters"
    elif _hidden_number in body:
        reason, why = "hides_m110", "`M110` in it would reset the printer's line numbers"
    else:
        reason, why = "too_long", f"it has {len(body)} bytes and the printer takes {MAX_BODY_BYTES}"
    return LineRefused(f"the line {shown!r} cannot be sent: {why}", line=shown, reason=reason)
