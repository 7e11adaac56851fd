"""One print from the command line: start it, watch it, tell how it ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.follower import Follower, outcome_of
from hydrogen.cli.render import Display, summary_lines
from hydrogen.cli.upload import upload_file
from hydrogen.core.clock import Clock
from hydrogen.errors import FileRejected, HydrogenError
from hydrogen.files.folder import check_printable
from hydrogen.files.name import BINARY_SUFFIX, SUFFIXES, is_packed_name, is_printable_name
from hydrogen.files.store import FileStore


async def bring_file(file: str, address: ServiceAddress) -> str:
    """The name under which the service finds `file`: a local file is copied into the files folder of a service on this
    machine that runs as the same user, or uploaded to any other; anything else is taken as the name of a file that is there.

    Raises FileRejected, FileUnreadable, InvalidMessage, DiskFull, HostError, ServiceUnreachable.
    """
    source, name = _source_of(file, address)
    if source is None:
        return name
    if address.data_dir is None or is_packed_name(name) or not _is_ours(address.data_dir):
        return await upload_file(address, source, name)
    stored = await FileStore(address.data_dir / "files").add(source, name)
    return stored.path


def _is_ours(folder: Path) -> bool:
    """Could the service read what we write there?"""
    try:
        return folder.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _source_of(file: str, address: ServiceAddress) -> tuple[Path | None, str]:
    """What must be brought (None: nothing), and the name under which the service will find it."""
    source = Path(file)
    if not source.exists():
        return None, file
    if is_packed_name(source.name):
        return source, source.name
    if not is_printable_name(source.name):
        expected = ", ".join(sorted({*SUFFIXES, BINARY_SUFFIX}))
        raise FileRejected(f"{file} is no G-code file: its name must end in {expected}", file=file, reason="suffix")
    check_printable(source)
    if address.data_dir is not None:
        folder = (address.data_dir / "files").resolve()
        if source.resolve().is_relative_to(folder):
            return None, source.resolve().relative_to(folder).as_posix()
    return source, source.name


class PrintWatch:
    """Follows one job to its end."""

    def __init__(
        self, find_address: Callable[[], ServiceAddress], *, printer: str, job: str, display: Display, clock: Clock
    ) -> None:
        self._follower = Follower(find_address, clock=clock)
        self._printer = printer
        self._job = job
        self._display = display
        self.finished: Mapping[str, Any] | None = None

    async def run(self) -> ExitCode:
        """Returns when the job is over: DONE only for a completed one. Raises ServiceUnreachable."""
        frames = self._follower.frames()
        try:
            async for frame in frames:
                self._show(frame)
                if frame.get("type") == "job.finished" and frame.get("job") == self._job:
                    self.finished = frame
                elif frame.get("type") in ("snapshot", "printer.attached", "status"):
                    self.finished = await self._outcome_meanwhile()
                if self.finished is not None:
                    break
        finally:
            await frames.aclose()
            self._display.close()
        for line in summary_lines(self.finished or {}):
            self._display.note(line)
        return ExitCode.DONE if (self.finished or {}).get("outcome") == "completed" else ExitCode.NOT_PRINTED

    def _show(self, frame: Mapping[str, Any]) -> None:
        if frame.get("type") == "client.away":
            self._display.note(f"the service is away, waiting for it: {frame.get('reason')}")
        if frame.get("type") == "error.raised" and frame.get("printer") in (None, self._printer):
            error = frame.get("error") or {}
            self._display.note(f"error {error.get('code')}: {error.get('message')}")
        if self._follower.view.epoch:
            self._display.update(self._follower.view.printer(self._printer))

    async def _outcome_meanwhile(self) -> Mapping[str, Any] | None:
        """Did the job end while nobody looked?"""
        job = self._follower.view.printer(self._printer).job
        if (job is not None and job.get("id") == self._job) or self._follower.client is None:
            return None
        try:
            return await outcome_of(self._follower.client, self._printer, self._job)
        except HydrogenError:
            return None  # asked again at the next sign of life
