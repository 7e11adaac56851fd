"""What a firmware complains of, told once and not for every line: a cold nozzle makes each line of a job a complaint."""

from __future__ import annotations

COMPLAINT_SECONDS = 10.0
"""Between two tellings of the same complaint."""


class Complaints:
    """Remembers the last one. Pure: told the monotonic time."""

    def __init__(self) -> None:
        self._text = ""
        self._again_at = 0.0

    def is_news(self, text: str, now: float) -> bool:
        """Are these other words than the last, or was that COMPLAINT_SECONDS ago?"""
        if text == self._text and now < self._again_at:
            return False
        self._text, self._again_at = text, now + COMPLAINT_SECONDS
        return True
