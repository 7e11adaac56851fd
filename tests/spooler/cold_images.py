"""Cold journals as bytes, for tests: written without a disk, damaged as a disk does it."""

from __future__ import annotations

from random import Random

from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.spooler.journal.cold_record import (
    FILE_BYTES,
    ColdProgress,
    ColdRecord,
    encode_header,
    encode_record,
    header_places,
    record_place,
)
from hydrogen.spooler.journal.journal import JobHeader

SECTOR_BYTES = 512


def header(
    job: str = "j1", *, printer: str = "bench", started_at: float = 1000.0, outcome: str | None = None
) -> JobHeader:
    return JobHeader(
        job=job,
        file="part.gcode",
        actor="ada",
        spool_file=f"{job}.gcode",
        size_bytes=100,
        inode=7,
        sha256="ab",
        lines_total=10,
        started_at=started_at,
        printer=printer,
        outcome=outcome,
    )


def record(sequence: int, *, job: str = "j1", offset: int | None = None, at: float | None = None) -> ColdRecord:
    return ColdRecord(
        sequence=sequence,
        job=job,
        at=1000.0 + sequence if at is None else at,
        progress=ColdProgress(
            offset=sequence * 100 if offset is None else offset,
            lines_done=sequence * 3,
            number=5000 + sequence,
            epoch=1,
            layer=sequence // 4,
            targets_celsius={"tool0": 210.0},
        ),
        machine=MachineState(x_mm=1.5, y_mm=2.0, z_mm=sequence * 0.2, fans={"0": 128.0}, settings=("M204 P500",)),
    )


def image(records: int, head: JobHeader | None = None) -> bytearray:
    """The file after so many records."""
    data = bytearray(FILE_BYTES)
    for generation, at in enumerate(header_places(), start=1):
        put(data, encode_header(head or header(), generation), at)
    for sequence in range(1, records + 1):
        put(data, encode_record(record(sequence)), record_place(sequence))
    return data


def put(data: bytearray, block: bytes, at: int) -> None:
    data[at : at + len(block)] = block


def torn(before: bytes, block: bytes, at: int, random: Random) -> bytearray:
    """The file when the power went while `block` was written: each sector is old, new, zeros or rubbish."""
    data = bytearray(before)
    for start in range(0, len(block), SECTOR_BYTES):
        new = block[start : start + SECTOR_BYTES]
        kind = random.randrange(4)
        if kind == 1:
            put(data, new, at + start)
        elif kind == 2:
            put(data, bytes(len(new)), at + start)
        elif kind == 3:
            put(data, random.randbytes(len(new)), at + start)
    return data


def damaged(data: bytearray, random: Random) -> bytes:
    """What else happens to files: bits flip, sectors go, the end is missing."""
    for _ in range(random.randrange(4)):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    for _ in range(random.randrange(3)):
        put(data, bytes(SECTOR_BYTES), random.randrange(len(data) // SECTOR_BYTES) * SECTOR_BYTES)
    return bytes(data[: random.randrange(len(data))] if random.randrange(3) == 0 else data)
