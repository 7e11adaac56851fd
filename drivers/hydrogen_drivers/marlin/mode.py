"""Which positioning modes the printer is in, as far as our own lines tell."""

from __future__ import annotations

from hydrogen.gcode.outgoing import LineSource


class ModeTracker:
    """Follows G90, G91, M82 and M83 through everything that is sent; itself a LineSource in front of the job's.

    In Marlin G90 and G91 set the extruder's mode too, M82 and M83 override it (GcodeSuite::set_relative_mode).
    """

    __slots__ = ("_inner", "is_extruder_relative", "is_relative")

    def __init__(self) -> None:
        self.is_relative = False
        self.is_extruder_relative = False
        self._inner: LineSource | None = None

    def follow(self, source: LineSource) -> ModeTracker:
        """Stand in front of `source`."""
        self._inner = source
        return self

    def take(self) -> tuple[bytes, int] | None:
        """The source's next line, looked at on its way."""
        taken = self._inner.take() if self._inner is not None else None
        if taken is not None and taken[0][:2] in (b"G9", b"M8"):
            self.note(taken[0])
        return taken

    def note(self, body: bytes) -> None:
        """This line is sent."""
        word = body.split(b" ", 1)[0]
        if word == b"G90":
            self.is_relative = self.is_extruder_relative = False
        elif word == b"G91":
            self.is_relative = self.is_extruder_relative = True
        elif word == b"M82":
            self.is_extruder_relative = False
        elif word == b"M83":
            self.is_extruder_relative = True
