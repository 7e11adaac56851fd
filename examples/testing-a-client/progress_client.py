"""A client of Hydrogen that starts a print and yields how far it is. Yours will do more; it speaks the same frames."""

import json
from collections.abc import Iterator

from websockets.sync.client import connect


def print_and_follow(url: str, key: str, file: str) -> Iterator[float]:
    """Start `file` on the only printer; yields fractions from 0 to 1. Raises RuntimeError if the print does not complete."""
    headers = {"Authorization": f"Key {key}"}
    with connect(url, additional_headers=headers, subprotocols=["hydrogen-protocol"]) as socket:
        socket.send(json.dumps({"type": "command", "id": "1", "operation": "job.start", "params": {"file": file}}))
        for message in socket:
            frame = json.loads(message)
            match frame["type"]:
                case "error":
                    raise RuntimeError(frame["error"]["message"])
                case "job.progressed":
                    yield frame["fraction"]
                case "job.finished" if frame["outcome"] == "completed":
                    return
                case "job.finished":
                    raise RuntimeError(f"{frame['outcome']}: {frame['reason']}")
