"""Which speed does the printer talk at? Found out by asking at each, on one open port.

A silent board answers the probe (facts/link.md section 1), which executes nothing; so an empty line and the probe are sent
at one speed after the other, and what comes back is judged (`hydrogen.gcode.link.evidence`). The speed of the open descriptor
is changed: opening anew would move DTR and reset many boards between two tries.

The first speed gets more time than Marlin lets pass between two `busy` lines: a printer that is too busy to answer names
itself there, before it is sent bytes at any other speed, which to it are noise. Three rounds are made, because a board that
resets when the port is opened takes up to ten seconds to boot. Noise ends a try early. On a pty, which has no speed, the
first one that is answered wins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from hydrogen.devices.transport import PortWire
from hydrogen.errors import DeviceError, LinkLost, PortUnusable, PrinterGarbled, PrinterSilent
from hydrogen.gcode.link.evidence import SCORED_BYTES, Evidence, Verdict, score
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.link.packing import LEAVE

SPEEDS = (115200, 250000, 230400, 500000, 1_000_000, 57600, 38400, 19200, 9600)
"""The usual speeds, the likely ones first. OctoPrint tries the same but 500,000 and 1,000,000, which Marlin's
`Configuration.h` (BAUDRATE) names too."""

PATIENCE_SECONDS = 15.0
"""The whole search; a printer's shorter connect timeout shortens all tries alike."""

FIRST_SECONDS = 2.2
"""For the first speed in the first round: longer than Marlin's DEFAULT_KEEPALIVE_INTERVAL of 2 s."""

TRY_SECONDS = 0.4
"""For any other: the probe and its answer take 0.12 s at 9600 baud, a printer amid moves answers within 0.3 s."""

LAST_TRY_SECONDS = 0.6
"""In the last round."""

SHORTEST_TRY_SECONDS = 0.15

LEAVE_SECONDS = 0.03
"""Until the four bytes that end packing have left at 9600 baud, before the next speed is set."""

NOISE_BYTES = 24
"""So many bytes are no accident of a reset: what they look like, they are."""


def schedule(speeds: Sequence[int], patience_seconds: float) -> Iterator[tuple[int, float, bool]]:
    """Speed and seconds of every try, in order; and whether, if it fails, a printer that unpacks is told not to."""
    scale = min(1.0, patience_seconds / PATIENCE_SECONDS)
    for tour, seconds in enumerate((TRY_SECONDS, TRY_SECONDS, LAST_TRY_SECONDS)):
        for place, baud in enumerate(speeds):
            is_first = tour == 0 and place == 0
            yield baud, max(SHORTEST_TRY_SECONDS, scale * (FIRST_SECONDS if is_first else seconds)), tour == 1


def failure(heard: Mapping[int, Evidence], port: str) -> DeviceError:
    """What each speed showed, as the error that a person reads."""
    tried = [
        {
            "baud": baud,
            "bytes": seen.byte_count,
            "printable_percent": round(100 * seen.printable_share),
            "saw": str(seen),
        }
        for baud, seen in heard.items()
    ]
    told = {baud: seen for baud, seen in heard.items() if seen.byte_count}
    if not told:
        said = (
            f"no byte came from {port} at any of {len(heard)} speeds: is the printer switched on, is it the right port?"
        )
        return PrinterSilent(said, port=port, tried=tried)
    words = "; ".join(f"at {baud}: {seen}" for baud, seen in told.items())
    if any(seen.verdict is Verdict.BOOTLOADER for seen in told.values()):
        cure = "that is a bootloader instead of a firmware: reset the board, or flash it"
    else:
        cure = "if its firmware uses another baud rate, configure that as `baud`; else look at cable and port"
    silent = "; at the others nothing" if len(told) < len(heard) else ""
    return PrinterGarbled(f"no baud rate gave an answer of a printer ({words}{silent}): {cure}", port=port, tried=tried)


class Ear(asyncio.Protocol):
    """What came from a port that no connection owns yet; the last SCORED_BYTES are kept."""

    def __init__(self) -> None:
        self.heard = b""
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Bytes from the printer."""
        self.heard = (self.heard + data)[-SCORED_BYTES:]
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The port is closed or gone."""
        if not self.gone.done():
            self.gone.set_result(None)
        self._changed.set()

    async def listen(self, seconds: float, *enough: Verdict) -> Evidence:
        """Until what was heard is one of `enough` (NOISE_BYTES of it, unless it is an answer), or the time is over.

        Raises LinkLost.
        """
        try:
            async with asyncio.timeout(seconds):
                while not self._is_enough(enough):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass
        return score(self.heard)

    def _is_enough(self, enough: Sequence[Verdict]) -> bool:
        if self.gone.done():
            raise LinkLost("the port vanished while it was listened to: unplugged, or the printer lost power")
        seen = score(self.heard)
        return seen.verdict in enough and (seen.verdict is Verdict.ANSWER or seen.byte_count >= NOISE_BYTES)


async def detect_baud(
    wire: PortWire,
    ear: Ear,
    *,
    port: str,
    speeds: Sequence[int] = SPEEDS,
    patience_seconds: float = PATIENCE_SECONDS,
) -> int:
    """The speed at which a printer answered; `wire` is left at it.

    Raises PrinterSilent or PrinterGarbled, saying what each speed showed, LinkLost, or PortUnusable if the port takes none.
    """
    heard: dict[int, Evidence] = {}
    refusal: PortUnusable | None = None
    try:
        async with asyncio.timeout(min(patience_seconds, PATIENCE_SECONDS)):
            for baud, seconds, is_left in schedule(speeds, patience_seconds):
                try:
                    await wire.change_speed(baud)
                except PortUnusable as error:
                    refusal = error
                    continue
                seen = await _ask(wire, ear, seconds)
                if seen.verdict is Verdict.ANSWER:
                    return baud
                if seen.byte_count or baud not in heard:
                    heard[baud] = seen
                if is_left:  # a host that died in a packed job leaves a printer to which plain text is noise
                    wire.write(LEAVE)
                    await ear.listen(LEAVE_SECONDS)
    except TimeoutError:
        pass
    if refusal is not None and not heard:
        raise refusal
    raise failure(heard, port)


async def _ask(wire: PortWire, ear: Ear, seconds: float) -> Evidence:
    wire.discard_input()
    ear.heard = b""
    wire.write(b"\n" + PROBE)
    return await ear.listen(seconds, Verdict.ANSWER, Verdict.NOISE)
