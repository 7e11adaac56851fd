"""`python -m hydrogen` is the command `hydrogen`."""

from __future__ import annotations

import sys

from hydrogen.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
