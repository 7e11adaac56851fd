"""Binary G-code on standard input becomes text on standard output: `python -m hydrogen.files.unpacking_process`.

A process of its own, because unpacking is arithmetic on every byte: in the service's process it would hold up whoever waits for
a temperature, however many threads there are. It yields to everything else on the machine. What is wrong with a file is one
line on standard error, and exit code 3.
"""

from __future__ import annotations

import os
import sys

from hydrogen.gcode.binary.conversion import text_of
from hydrogen.gcode.binary.heatshrink import Damaged

NICENESS = 15

DAMAGED = 3
"""Exit code: the file's fault."""


def main() -> int:
    """Returns the exit code."""
    os.nice(NICENESS)
    try:
        for text in text_of(sys.stdin.buffer.read):
            sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except Damaged as error:
        print(str(error), file=sys.stderr)
        return DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main())
