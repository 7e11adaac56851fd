"""Floor 6: a client of the public protocol for Python programs, typed and asynchronous. The command line is one of its users.

::

    connection  one connection: commands, status, subscriptions, and everything the service tells
    follower    one connection after the other, as if there were one: through restarts and lost networks
    frame       frames as values of the model

Nothing here knows more than any other client may (docs/protocol.md). A program of five lines::

    async with connect("ws://printer:5001/", key=key) as connection:
        await connection.command("job.start", "ender3", {"file": "cube.gcode"})
        async for told in connection.events():
            print(told)
"""

from hydrogen.client.connection import Connection, connect
from hydrogen.client.follower import AWAY, Follower
from hydrogen.client.frame import Frame, Snapshot

__all__ = ["AWAY", "Connection", "Follower", "Frame", "Snapshot", "connect"]
