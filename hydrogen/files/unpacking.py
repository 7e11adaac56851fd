"""Binary G-code unpacked by a process of its own (unpacking_process.py), into a draft like any other."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

from hydrogen.errors import FileRejected, HostError
from hydrogen.files.draft import Draft
from hydrogen.files.gunzip import check_ratio
from hydrogen.files.thread import in_thread
from hydrogen.files.unpacking_process import DAMAGED

READ_BYTES = 256 << 10

SILENT_SECONDS = 60.0
"""Without a byte: then the process hangs. A block of 64 KiB takes a slow machine half a second."""

LONGEST_REASON = 300


async def unpack(packed: Path, draft: Draft) -> None:
    """Write the text of `packed` into `draft`. Raises FileRejected (damaged, bomb), TooLarge, DiskFull, HostError."""
    handle = await asyncio.to_thread(os.open, packed, os.O_RDONLY | os.O_CLOEXEC)
    packed_bytes = os.fstat(handle).st_size
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hydrogen.files.unpacking_process", stdin=handle, stdout=PIPE, stderr=PIPE
        )
    except OSError as error:
        raise HostError(f"cannot start to unpack {packed.name}: {error.strerror or error}") from error
    finally:
        os.close(handle)
    try:
        await _fill(draft, process, packed_bytes)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _fill(draft: Draft, process: Process, packed_bytes: int) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                block = await process.stdout.read(READ_BYTES)
            if not block:
                break
            check_ratio(draft.name, packed_bytes=packed_bytes, unpacked_bytes=draft.size_bytes + len(block))
            await in_thread(draft.write, block)
        async with asyncio.timeout(SILENT_SECONDS):
            said = (await process.stderr.read(READ_BYTES)).decode(errors="replace").strip()
            code = await process.wait()
    except TimeoutError:
        raise HostError(f"unpacking {draft.name} was given up: nothing came for {SILENT_SECONDS:g} s") from None
    if code == DAMAGED:
        reason = said[-LONGEST_REASON:]
        raise FileRejected(f"{draft.name} is no sound binary G-code: {reason}", file=draft.name, reason="damaged")
    if code != 0:
        raise HostError(f"unpacking {draft.name} failed: {said[-LONGEST_REASON:] or f'exit code {code}'}")
