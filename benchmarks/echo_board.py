"""The least board that a Python process can be: a pty on which every read is answered with `ok`, whatever it was.

It reads no line and moves nothing. What it serves to a host with one line in flight is what two processes and a pty allow
on this machine, at this moment; the virtual printer's figure is to be read beside it. Run as `python -m benchmarks.echo_board`:
it prints the pty's name and echoes until it is terminated.
"""

from __future__ import annotations

import os
import tty


def main() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    print(os.ttyname(slave), flush=True)
    while True:  # the slave stays open here, so that a host that leaves is no error
        os.read(master, 4096)
        os.write(master, b"ok\n")


if __name__ == "__main__":
    main()
