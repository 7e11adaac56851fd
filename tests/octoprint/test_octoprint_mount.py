from __future__ import annotations

import subprocess
import sys


def test_nothing_of_the_room_is_loaded_before_the_port() -> None:
    program = (
        "import sys, hydrogen.app; loaded = [m for m in sys.modules if m.startswith(('hydrogen.octoprint.', 'starlette'))];"
        "print(sorted(loaded))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "starlette" not in said.stdout
    assert "hydrogen.octoprint.table" not in said.stdout
