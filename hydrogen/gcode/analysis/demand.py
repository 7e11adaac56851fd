"""How fast lines must come: the moves by blocks, since a printer has some in store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hydrogen.gcode.analysis.page import Reals
from hydrogen.gcode.program.analysis import LOWEST_BYTES, STEPS_PER_OCTAVE

BLOCK_MOVES = 32
"""A planner of 16 moves (Marlin's BLOCK_BUFFER_SIZE) and a queue of four run empty within so many if lines come too slowly."""

FRAME_BYTES = 11
"""What a number (`N12345 `), a checksum (`*123`) and the line end add to a line, less when the numbers are small."""

STEPS = 60
"""Of LineDemand.histogram: up to 3.2 million bytes/s."""


@dataclass(slots=True)
class Block:
    """Moves in a row: the byte of the file where they begin, their seconds, lines and bytes on the wire."""

    offset: int
    line: int
    seconds: float
    lines: int
    bytes: int


class DemandMeter:
    """Is given settled moves in order."""

    def __init__(self) -> None:
        self._held: Reals = np.zeros((5, 0))
        self.most_lines: Block | None = None
        self.most_bytes: Block | None = None
        self.histogram = np.zeros(STEPS)

    def take(self, seconds: Reals, offset: Reals, line: Reals, lines: Reals, size: Reals) -> None:
        """offset, line: of each move's line. lines, size: how many lines and bytes have gone out with it, from the file's
        start.
        """
        held = np.concatenate((self._held, np.stack((seconds, offset, line, lines, size))), axis=1)
        whole = held.shape[1] // BLOCK_MOVES * BLOCK_MOVES
        if whole:
            blocks = held[:, :whole].reshape(5, -1, BLOCK_MOVES)
            self._judge(blocks)
        self._held = held[:, whole:].copy()

    def _judge(self, blocks: Reals) -> None:
        seconds = np.maximum(blocks[0].sum(axis=1), 1e-6)
        lines = blocks[3, :, -1] - blocks[3, :, 0] + 1
        size = (blocks[4, :, -1] - blocks[4, :, 0]) * lines / np.maximum(lines - 1, 1)
        for amounts, best in ((lines, self.most_lines), (size, self.most_bytes)):
            index = int(np.argmax(amounts / seconds))
            block = Block(
                int(blocks[1, index, 0]),
                int(blocks[2, index, 0]),
                float(seconds[index]),
                int(lines[index]),
                int(size[index]),
            )
            if amounts is lines and (best is None or block.lines / block.seconds > best.lines / best.seconds):
                self.most_lines = block
            if amounts is size and (best is None or block.bytes / block.seconds > best.bytes / best.seconds):
                self.most_bytes = block
        steps = np.log2(np.maximum(size / seconds / LOWEST_BYTES, 1.0)) * STEPS_PER_OCTAVE
        self.histogram += np.bincount(np.minimum(steps.astype(np.int64), STEPS - 1), weights=seconds, minlength=STEPS)
