"""Who this house is, for ever: a UUID in the data folder. Clients know a server again by it, whatever its address is."""

from __future__ import annotations

import uuid
from pathlib import Path

from hydrogen.core.disk import told_about, write_atomically

IDENTITY_FILE = "identity"

LONGEST_FILE_BYTES = 1024


def load_identity(data_dir: Path) -> str:
    """The UUID of this data folder in lower case; one is made if there is none, or none that can be understood.

    Blocks. Raises HostError.
    """
    path = data_dir / IDENTITY_FILE
    with told_about(path):
        try:
            with path.open("rb") as stream:
                return str(uuid.UUID(stream.read(LONGEST_FILE_BYTES).decode("ascii").strip()))
        except (FileNotFoundError, ValueError):
            pass
    made = str(uuid.uuid4())
    write_atomically(path, f"{made}\n".encode(), 0o644)
    return made
