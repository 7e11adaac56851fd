"""`hydrogen retention`: what would be deleted and why; with `--apply` it is."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from hydrogen.cli.address import find_service
from hydrogen.cli.client import connected
from hydrogen.cli.command import places_of
from hydrogen.cli.exit_code import ExitCode


async def retention(options: argparse.Namespace) -> ExitCode:
    """A dry run, unless `--apply` was given."""
    async with connected(find_service(places_of(options))) as client:
        told = await client.command("system.retention", params={"apply": True} if options.apply else {})
    if options.json:
        print(json.dumps(told))
    else:
        for line in report_lines(told):
            print(line)
    return ExitCode.FAILED if told.get("failed") else ExitCode.DONE


def report_lines(told: Mapping[str, Any]) -> list[str]:
    """The answer of `system.retention` for people."""
    deletions = told.get("deletions") or []
    lines = [
        f"{one.get('kind', ''):<9} {int(one.get('size_bytes') or 0):>13,}  {one.get('name')}: {one.get('reason')}"
        for one in deletions
    ]
    count, left_out = int(told.get("count") or 0), int(told.get("count") or 0) - len(deletions)
    if left_out > 0:
        lines.append(f"and {left_out:,} more")
    verb = "deleted" if told.get("applied") else "would be deleted (--apply does it)"
    lines.append(f"{count:,} {'thing' if count == 1 else 'things'}, {int(told.get('bytes') or 0):,} bytes, {verb}")
    if told.get("needed"):
        lines.append(f"{told['needed']:,} more stay because a job, the queue or a recovery needs them")
    lines += [f"failed: {sentence}" for sentence in told.get("failed") or []]
    return lines
