"""The room joins the HTTP port without being loaded before it."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import hydrogen.moonraker.mount
assert "starlette" not in sys.modules and "hydrogen.moonraker.routes" not in sys.modules
"""


def test_naming_the_room_loads_nothing_of_it() -> None:
    assert subprocess.run([sys.executable, "-c", CODE], timeout=30).returncode == 0
