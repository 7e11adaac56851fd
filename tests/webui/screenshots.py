"""`python -m tests.webui.screenshots [FOLDER]`: the pictures of docs/dashboard. The tests take the same ones, in a hurry."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.webui.browser import Visitor, browsing
from tests.webui.scenes import walk
from tests.webui.stage import PRETTY, open_stage

FOLDER = Path(__file__).parents[2] / "docs" / "dashboard"


async def take(target: Path) -> None:
    """A print takes its time: two minutes."""
    await asyncio.to_thread(target.mkdir, parents=True, exist_ok=True)

    async def tell(scene: str, look: str, visitor: Visitor) -> None:
        print(target / f"{scene}-{look}.png", flush=True)

    with tempfile.TemporaryDirectory(prefix="hydrogen-pictures-") as place:
        async with browsing() as browser, open_stage(Path(place), browser, PRETTY) as stage:
            await walk(stage, browser, target, tell)


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
