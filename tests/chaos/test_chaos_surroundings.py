"""The disk that can be filled and the wall clock that can be set wrong do what they say, to other processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.small_disk import OpenDisk, SmallDisk, disk_over
from tests.chaos.wall_clock_jump import WallClock

WRITES = "import sys; open(sys.argv[1], 'ab', buffering=0).write(bytes(100_000))"

READS_CLOCKS = "import time; input(); print(time.time()); input(); print(time.time())"

WRITES_WHEN_ASKED = """
for path in iter(input, ""):
    try:
        with open(path, "ab", buffering=0) as file:
            file.write(bytes(1000))
        print("written", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
"""


def test_a_full_disk_takes_nothing_and_a_freed_one_does(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with disk_over(folder, list, size_bytes=1 << 20) as disk:
        if not isinstance(disk, SmallDisk):
            assert disk.name == "RLIMIT_FSIZE"
            return

        def write(name: str) -> subprocess.CompletedProcess[str]:
            command = [*disk.prefix, sys.executable, "-c", WRITES, str(folder / name)]
            return subprocess.run(command, capture_output=True, text=True, check=False)

        assert write("before").returncode == 0
        assert disk.seen(folder / "before").stat().st_size == 100_000
        disk.fill()
        assert "No space left on device" in write("full").stderr
        disk.free()
        assert write("after").returncode == 0
    assert list(folder.iterdir()) == []


def test_without_a_disk_of_its_own_the_processes_are_held_from_lengthening_files(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_WHEN_ASKED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        disk = OpenDisk(lambda: [child.pid])
        said = []
        for change in (lambda: None, disk.fill, disk.free):
            change()
            child.stdin.write(f"{tmp_path / 'file'}\n")
            said.append(child.stdout.readline().strip())
        child.stdin.write("\n")
    assert said == ["written", os.strerror(27), "written"]


def test_the_wall_clock_of_a_process_jumps_while_it_runs(tmp_path: Path) -> None:
    wall = WallClock(tmp_path / "wall")
    with subprocess.Popen(
        [sys.executable, "-P", "-c", READS_CLOCKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **wall.environment},
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        wall.jump(3600)
        child.stdin.write("\n")
        child.stdin.flush()
        late = float(child.stdout.readline())
        wall.jump(-7200)
        child.stdin.write("\n")
        child.stdin.flush()
        early = float(child.stdout.readline())
    assert 3000 < late - time.time() < 4000
    assert -4000 < early - time.time() < -3000
