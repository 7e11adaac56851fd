"""A virtual printer behind a pty that understands its host only at one speed."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import pty
import random
import tty

from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.firmware.settings import MarlinSettings

TCGETS2 = 0x802C542A
"""asm-generic/ioctls.h: struct termios2, in which the speed is a number."""

OUTPUT_SPEED_WORD = 10
"""Of that struct, counted in 32-bit words."""


class SpeedPeer:
    """`path` is what a host opens. At a wrong speed it hears, and is heard as, noise (seeded); `boots_in` seconds it is deaf.

    speeds: every speed that the host wrote at, once each, in order. received: what it wrote at the right one.
    """

    def __init__(
        self,
        baud: int | None,
        *,
        settings: MarlinSettings | None = None,
        answers_noise: bool = True,
        boots_in: float = 0.0,
    ) -> None:
        self.baud = baud
        self.speeds: list[int] = []
        self.received = bytearray()
        self._loop = asyncio.get_running_loop()
        self._ready_at = self._loop.time() + boots_in
        self._answers_noise = answers_noise
        self._random = random.Random(7)
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self.slave)
        self.printer = VirtualMarlin(
            settings or MarlinSettings(instant_motion=True, instant_heating=True, greets_on_power=False), seed=1
        )
        self.printer.power_on(self._loop.time())
        self._timer: asyncio.TimerHandle | None = None
        self._loop.add_reader(self.master, self._on_bytes)

    def host_speed(self) -> int:
        words = array.array("I", [0] * 64)
        fcntl.ioctl(self.slave, TCGETS2, words)
        return words[OUTPUT_SPEED_WORD]

    def _on_bytes(self) -> None:
        data = os.read(self.master, 4096)
        speed = self.host_speed()
        if speed not in self.speeds:
            self.speeds.append(speed)
        now = self._loop.time()
        if now < self._ready_at:
            return
        if speed == self.baud:
            self.received += data
            self.printer.receive(data, now)
            self.say(self.printer.data_to_send())
            self._arm(now)
        elif self._answers_noise and self.baud is not None:
            self.say(self._random.randbytes(len(data) * 3))

    def _arm(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self.printer.next_deadline()
        if deadline is not None:
            self._timer = self._loop.call_later(max(0.0, deadline - now), self._on_deadline)

    def _on_deadline(self) -> None:
        now = self._loop.time()
        self.printer.handle_deadline(now)
        self.say(self.printer.data_to_send())
        self._arm(now)

    def say(self, data: bytes) -> None:
        try:
            os.write(self.master, data)
        except OSError:
            pass  # nobody has it open

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self.master)
        os.close(self.master)
        os.close(self.slave)
