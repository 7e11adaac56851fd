"""`analysis`: how fast a file is analysed, how much memory that takes, and how near the print time is to a virtual printer's.

By default the file is a made vase of 8 MiB; `--gcode FILE` measures others beside it (`.gz` too), `--long` one of 200 MB. The
speed is that of one core: processor time of the whole analysis, digest and all, without the start of the process.
"""

from __future__ import annotations

import gzip
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.figure import BenchmarkFailed, Plan, Sample
from hydrogen.gcode.line import prepare
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.firmware.settings import MarlinSettings

VASE_MOVES = 250_000
LONG_BYTES = 200_000_000
PATIENCE_SECONDS = 120.0


def measure(plan: Plan) -> Iterable[Sample]:
    with tempfile.TemporaryDirectory() as folder:
        vase = Path(folder) / "vase.gcode"
        vase.write_bytes(vase_gcode(VASE_MOVES))
        yield from _measure(vase, "made vase")
        for given in plan.gcode:
            plain = Path(folder) / given.name.removesuffix(".gz")
            plain.write_bytes(gzip.decompress(given.read_bytes()) if given.suffix == ".gz" else given.read_bytes())
            yield from _measure(plain, plain.stem)
        if plan.is_long:
            long = Path(folder) / "long.gcode"
            text = vase.read_bytes()
            with long.open("wb") as file:
                while file.tell() < LONG_BYTES:
                    file.write(text)
            yield from _cost(long, "200 MB", analysed(long))


def _measure(path: Path, name: str) -> Iterator[Sample]:
    ran = analysed(path)
    yield from _cost(path, name, ran)
    real = printer_seconds(path.read_bytes())
    yield Sample(name=f"{name}, estimate / printer", value=ran[0] / real, unit="", goal="0.9 to 1.1")


def _cost(path: Path, name: str, ran: tuple[float, float, float]) -> Iterator[Sample]:
    _, seconds, memory = ran
    speed = path.stat().st_size / seconds / (1 << 20)
    yield Sample(name=f"{name}, speed", value=speed, unit="MiB/s", goal=">= 10")
    yield Sample(name=f"{name}, peak memory", value=memory, unit="MiB", goal="<= 100")


_MEASURED = """
import sys, time
from pathlib import Path
from hydrogen.analyser_process import analyse
from hydrogen.gcode.program.motion import MotionLimits
began = time.process_time()
seconds = analyse(Path(sys.argv[1]), MotionLimits()).analysis.seconds
spent = time.process_time() - began
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, spent, int(peak) / 1024)
"""


def analysed(path: Path) -> tuple[float, float, float]:
    """The estimated print time, seconds of processor time, MiB at most. Raises BenchmarkFailed."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], stdout=subprocess.PIPE, env=environment, check=False
    )
    if ran.returncode != 0:
        raise BenchmarkFailed(f"the analysis ended with code {ran.returncode}")
    seconds, spent, peak = map(float, ran.stdout.split())
    return seconds, spent, peak


def printer_seconds(data: bytes) -> float:
    """How long a virtual printer takes over it, in its own time, without heating and homing."""
    settings = MarlinSettings(advanced_ok=False, instant_heating=True, homing_seconds=0.0, residency_seconds=0.0)
    printer, now = VirtualMarlin(settings), 0.0
    printer.power_on(now)
    printer.data_to_send()
    for raw in [*data.split(b"\n"), b"M400"]:
        body = prepare(raw)
        if body is None:
            continue
        printer.receive(body + b"\n", now)
        while b"ok" not in printer.data_to_send():
            due = printer.next_deadline()
            if due is None or due - now > 1e6:
                raise BenchmarkFailed(f"the virtual printer does not answer {body!r}")
            now = max(now, due)
            printer.handle_deadline(now)
    return now


def vase_gcode(moves: int) -> bytes:
    """A wavy wall in layers, as a slicer writes it: most moves short, some long, a retraction now and then."""
    lines = ["M104 S210", "G28", "G90", "M83", "M204 P1500 T2000"]
    for index in range(moves):
        angle = index * 0.019
        radius = 40.0 + 8.0 * math.sin(7.0 * angle)
        x, y = 100.0 + radius * math.cos(angle), 100.0 + radius * math.sin(angle)
        if index % 1000 == 0:
            layer = index // 1000
            lines += [";LAYER_CHANGE", f";Z:{layer * 0.2 + 0.2:.1f}", f"G1 Z{layer * 0.2 + 0.2:.1f} F600"]
            lines += ["G1 E-1 F2400", f"G1 X{x:.3f} Y{y:.3f} F9000", "G1 E1 F2400", "G1 F3000"]
        lines.append(f"G1 X{x:.3f} Y{y:.3f} E{0.01 + index % 90 / 9000:.5f}")
    return "\n".join(lines).encode() + b"\n"
