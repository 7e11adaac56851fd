"""The table of causes: which signs point to which cause, and how surely. Data; diagnosis.py reads it.

A rule is `confidence: all of these signs, none of those`. Of each cause the first rule that fits counts.

`high` is kept for what the machine itself says (the kernel, the firmware, the file system), or for two witnesses that agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hydrogen.doctor.sign import Found, Sign

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """any_of: at least one of them too, if there are any. is_aside: true, and told, but no explanation of what broke."""

    confidence: Confidence
    all_of: frozenset[Sign]
    none_of: frozenset[Sign] = frozenset()
    any_of: frozenset[Sign] = frozenset()
    is_aside: bool = False

    def fits(self, signs: Found) -> bool:
        has = signs.keys()
        return has >= self.all_of and not has & self.none_of and (not self.any_of or bool(has & self.any_of))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """name: stable, for programs. sentence: what is wrong. next_step: what to do. explains: the faults that it leads to."""

    name: str
    sentence: str
    next_step: str
    rules: tuple[Rule, ...]
    explains: frozenset[Sign]


def _rule(
    confidence: Confidence,
    *all_of: Sign,
    but_not: tuple[Sign, ...] = (),
    with_one_of: tuple[Sign, ...] | frozenset[Sign] = (),
    is_aside: bool = False,
) -> Rule:
    return Rule(
        confidence=confidence,
        all_of=frozenset(all_of),
        none_of=frozenset(but_not),
        any_of=frozenset(with_one_of),
        is_aside=is_aside,
    )


_WIRE = frozenset({Sign.DAMAGED_LINES, Sign.LOST_LINES, Sign.REPLIES_LOST, Sign.GARBLED_REPLIES, Sign.WINDOW_ONLY})
_BROKEN = frozenset({Sign.LINK_LOST, Sign.BOARD_RESET, Sign.WENT_SILENT})
_USB = (Sign.USB_GONE, Sign.USB_DISABLED, Sign.OVER_CURRENT, Sign.HUB_FAILED, Sign.USB_ERRORS)
_S = Sign
_POWER = (Sign.UNDER_VOLTAGE_AT_FAULT, Sign.OVER_CURRENT, Sign.HUB_FAILED, Sign.USB_DISABLED)

CAUSES: tuple[Cause, ...] = (
    Cause(
        name="port_forbidden",
        sentence="Hydrogen may not open the printer's port",
        next_step="sudo usermod -aG dialout $USER (or the group that the port belongs to), then log in anew",
        rules=(_rule("high", _S.PORT_FORBIDDEN),),
        explains=frozenset({_S.PORT_FORBIDDEN}),
    ),
    Cause(
        name="port_taken",
        sentence="another program holds the printer's port",
        next_step="end that program (OctoPrint, Klipper, a slicer, a serial monitor), or give it another port",
        rules=(_rule("high", _S.PORT_BUSY, _S.OTHER_HOLDER), _rule("medium", _S.PORT_BUSY)),
        explains=frozenset({_S.PORT_BUSY, _S.SILENT, _S.GARBLED}),
    ),
    Cause(
        name="other_program",
        sentence="another program reads the printer's port beside Hydrogen and takes its answers away",
        next_step="end that program; sudo fuser -v PORT shows it. Against ModemManager and brltty: hydrogen udev install",
        rules=(
            _rule("high", _S.OTHER_HOLDER, with_one_of=_WIRE | {_S.WENT_SILENT, _S.SILENT, _S.GARBLED}),
            _rule("low", _S.PORT_GRABBER, with_one_of=(_S.GARBLED, _S.SILENT), but_not=(_S.PORT_MISSING,)),
        ),
        explains=_WIRE | {_S.WENT_SILENT, _S.SILENT, _S.GARBLED},
    ),
    Cause(
        name="under_voltage",
        sentence="the host's power supply is too weak, and takes the USB port or the board with it",
        next_step="use the supply made for this Raspberry Pi (5.1 V) with a short, thick cable, and power what hangs on USB by "
        "itself, the printer's board above all (a cable without its 5 V line, or tape over it)",
        rules=(
            _rule("high", _S.UNDER_VOLTAGE_AT_FAULT, with_one_of=_BROKEN | _WIRE),
            _rule("medium", _S.UNDER_VOLTAGE, is_aside=True),
            _rule("low", _S.UNDER_VOLTAGE_EARLIER, with_one_of=_BROKEN, is_aside=True),
        ),
        explains=_BROKEN | _WIRE | {_S.HEARTBEAT_MISSED, _S.PORT_MISSING},
    ),
    Cause(
        name="usb_over_current",
        sentence="a USB port was switched off because too much current was drawn from it",
        next_step="put the printer on a hub with a supply of its own, or on a cable without the 5 V line; look for a short",
        rules=(
            _rule("high", _S.OVER_CURRENT, with_one_of=_BROKEN | {_S.PORT_MISSING}),
            _rule("medium", _S.OVER_CURRENT, is_aside=True),
        ),
        explains=_BROKEN | {_S.PORT_MISSING},
    ),
    Cause(
        name="usb_hub",
        sentence="the USB hub or the host's USB controller failed, not the printer's own cable",
        next_step="put the printer on a port of the host itself; replace the hub or its supply",
        rules=(
            _rule("high", _S.HUB_FAILED, _S.USB_GONE),
            _rule("medium", _S.USB_GONE, _S.USB_ALL_GONE, but_not=(_S.UNDER_VOLTAGE,)),
            _rule("medium", _S.HUB_FAILED, is_aside=True),
        ),
        explains=_BROKEN | {_S.PORT_MISSING},
    ),
    Cause(
        name="electrical_noise",
        sentence="heaters, motors or their supply disturb the cable",
        next_step="a short, shielded USB cable with ferrites, away from motor and heater wires; common ground of host and "
        "printer; a mains filter. The link mends what it can meanwhile",
        rules=(
            _rule("high", _S.USB_DISABLED, _S.AT_SWITCHING),
            _rule("medium", _S.USB_DISABLED),
            _rule("medium", _S.AT_SWITCHING, with_one_of=_WIRE | _BROKEN, but_not=(_S.UNDER_VOLTAGE_AT_FAULT,)),
        ),
        explains=_BROKEN | _WIRE,
    ),
    Cause(
        name="usb_cable",
        sentence="the USB connection came off for a moment: plug, cable, or the adapter on the board",
        next_step="replace the cable, fix the plug, try another port",
        rules=(
            _rule(
                "medium",
                _S.USB_GONE,
                _S.USB_BACK,
                but_not=(_S.UNDER_VOLTAGE_AT_FAULT, _S.OVER_CURRENT, _S.HUB_FAILED, _S.USB_DISABLED, _S.USB_ALL_GONE),
            ),
            _rule(
                "medium",
                _S.USB_ERRORS,
                with_one_of=_BROKEN | {_S.PORT_MISSING},
                but_not=(_S.UNDER_VOLTAGE_AT_FAULT, _S.OVER_CURRENT, _S.HUB_FAILED, _S.USB_DISABLED),
            ),
        ),
        explains=_BROKEN | {_S.PORT_MISSING},
    ),
    Cause(
        name="unplugged",
        sentence="the printer's port went away: it was unplugged, or the printer switched off",
        next_step="plug it in and switch it on; `ls -l /dev/serial/by-id/` shows what is there, and which name to configure",
        rules=(
            _rule("high", _S.PORT_MISSING),
            _rule("medium", _S.USB_GONE, _S.LINK_LOST, but_not=(_S.USB_BACK, _S.USB_ALL_GONE, *_POWER)),
        ),
        explains=frozenset({_S.PORT_MISSING, _S.LINK_LOST}),
    ),
    Cause(
        name="firmware_halted",
        sentence="the firmware stopped by itself, to be safe",
        next_step="read its message: a thermal fault wants the heater and its sensor looked at before it is reset",
        rules=(_rule("high", _S.HALTED),),
        explains=frozenset({_S.HALTED, _S.SILENT, _S.WENT_SILENT, _S.LINK_LOST, _S.GARBLED}),
    ),
    Cause(
        name="board_reset",
        sentence="the printer's board restarted by itself",
        next_step="look at the printer's own supply and its connectors, the reset button, and whether a heater that switches "
        "on pulls the voltage down; then at its firmware's watchdog",
        rules=(
            _rule("medium", _S.BOARD_RESET, but_not=(_S.UNDER_VOLTAGE_AT_FAULT, *_USB)),
            _rule("low", _S.BOARD_RESET),
        ),
        explains=frozenset({_S.BOARD_RESET, _S.LINK_LOST, _S.GARBLED_REPLIES}),
    ),
    Cause(
        name="wrong_baud",
        sentence="the printer speaks at another speed than those that were tried, or something else is at this port",
        next_step="set `baud` in [printers.NAME] to the firmware's BAUDRATE; a bootloader that answers wants the board reset",
        rules=(_rule("medium", _S.GARBLED, but_not=(_S.OTHER_HOLDER,)),),
        explains=frozenset({_S.GARBLED, _S.GARBLED_REPLIES}),
    ),
    Cause(
        name="processor_starved",
        sentence="the host has no time for the printer",
        next_step="hydrogen status and `top` show what takes it: a camera, an analysis, another program; move it elsewhere",
        rules=(
            _rule("high", _S.PROCESSOR_STARVED, _S.HEARTBEAT_MISSED),
            _rule("low", _S.PROCESSOR_STARVED, with_one_of=(_S.REPLIES_LOST, _S.WENT_SILENT)),
        ),
        explains=frozenset({_S.HEARTBEAT_MISSED, _S.REPLIES_LOST}),
    ),
    Cause(
        name="memory_short",
        sentence="the host's memory is used up",
        next_step="end what takes it (`ps aux --sort -rss | head`), or add swap or memory",
        rules=(
            _rule("high", _S.OUT_OF_MEMORY),
            _rule("medium", _S.MEMORY_SHORT, _S.HEARTBEAT_MISSED),
        ),
        explains=frozenset({_S.HEARTBEAT_MISSED}),
    ),
    Cause(
        name="disk_full",
        sentence="the disk is full",
        next_step="hydrogen retention --apply lets go of what may go; delete files; `df -h` and `du` show the rest",
        rules=(_rule("high", _S.DISK_FULL, is_aside=True),),
        explains=frozenset(),
    ),
    Cause(
        name="storage_failing",
        sentence="the SD card or disk fails",
        next_step="copy data_dir elsewhere now, and replace the card",
        rules=(_rule("high", _S.STORAGE_ERRORS, is_aside=True),),
        explains=frozenset(),
    ),
    Cause(
        name="host_too_hot",
        sentence="the host is so hot that it slows down",
        next_step="a heat sink or a fan, and not inside the printer's warm housing",
        rules=(_rule("medium", _S.TOO_HOT, is_aside=True),),
        explains=frozenset(),
    ),
    Cause(
        name="receive_buffer_overflow",
        sentence="the printer's receive buffer takes fewer bytes than were sent ahead",
        next_step="nothing to do at once: Hydrogen goes back to one line at a time by itself. If it comes again, tell the "
        "firmware's RX_BUFFER_SIZE, or build it with a larger one",
        rules=(_rule("medium", _S.WINDOW_ONLY, but_not=(_S.AT_SWITCHING, _S.GARBLED_REPLIES)),),
        explains=frozenset({_S.WINDOW_ONLY, _S.DAMAGED_LINES, _S.LOST_LINES}),
    ),
    Cause(
        name="noisy_wire",
        sentence="bytes are damaged on the way: cable, plug or interference",
        next_step="a shorter, shielded USB cable, away from motor and heater wires; a lower baud rate",
        rules=(
            _rule("medium", _S.DAMAGED_LINES, but_not=(_S.WINDOW_ONLY, _S.OTHER_HOLDER)),
            _rule("medium", _S.GARBLED_REPLIES, but_not=(_S.GARBLED, _S.BOARD_RESET, _S.OTHER_HOLDER)),
        ),
        explains=_WIRE,
    ),
    Cause(
        name="lines_lost",
        sentence="whole lines vanish between host and firmware: an adapter or a firmware that does not keep up",
        next_step="a lower baud rate; another USB port without a hub; a firmware with a larger RX_BUFFER_SIZE",
        rules=(_rule("medium", _S.LOST_LINES, but_not=(_S.DAMAGED_LINES, _S.WINDOW_ONLY, _S.OTHER_HOLDER)),),
        explains=frozenset({_S.LOST_LINES}),
    ),
    Cause(
        name="replies_lost",
        sentence="the printer's answers get lost on their way to the host",
        next_step="look for another program at the port (sudo fuser -v PORT), then at cable and adapter",
        rules=(_rule("medium", _S.REPLIES_LOST, but_not=(_S.OTHER_HOLDER, _S.DAMAGED_LINES, _S.PROCESSOR_STARVED)),),
        explains=frozenset({_S.REPLIES_LOST}),
    ),
    Cause(
        name="printer_hangs",
        sentence="the firmware stopped answering while its port stayed",
        next_step="look at the printer's display; reset it. If it comes again, update its firmware",
        rules=(_rule("medium", _S.WENT_SILENT, but_not=(_S.OTHER_HOLDER, _S.UNDER_VOLTAGE_AT_FAULT, *_USB)),),
        explains=frozenset({_S.WENT_SILENT, _S.LINK_LOST}),
    ),
    Cause(
        name="printer_not_there",
        sentence="nobody answers at this port: the printer is off, halted, or it is another port",
        next_step="switch the printer on (its board may be fed by USB alone); compare the port with /dev/serial/by-id/",
        rules=(_rule("medium", _S.SILENT, but_not=(_S.PORT_MISSING, _S.OTHER_HOLDER)),),
        explains=frozenset({_S.SILENT}),
    ),
)
"""From the most special to the most general."""
