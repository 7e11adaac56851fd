"""A chip of GPIO lines that behaves as libgpiod 2 does, as far as it is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


@dataclass
class FakeChip:
    """levels: of each line, physical. taken: lines that another process holds. requests: consumers, in order."""

    levels: dict[int, bool] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)

    def load(self) -> tuple[Any, Any]:
        """What importing it gives."""
        words = SimpleNamespace(
            Direction=SimpleNamespace(OUTPUT="output", AS_IS="as is"),
            Value=SimpleNamespace(ACTIVE=True, INACTIVE=False),
        )
        return SimpleNamespace(LineSettings=SimpleNamespace, request_lines=self._request), words

    def _request(self, path: str, *, consumer: str, config: dict[int, Any]) -> Any:
        ((line, settings),) = config.items()
        if not path.startswith("/dev/gpiochip"):
            raise FileNotFoundError(2, "No such file or directory", path)
        if line in self.taken:
            raise OSError(16, "Device or resource busy")
        self.requests.append(consumer)
        if settings.direction == "output":
            self.levels[line] = settings.output_value != settings.active_low
        return _Request(self, line, is_active_low=settings.active_low)


class _Request:
    def __init__(self, chip: FakeChip, line: int, *, is_active_low: bool) -> None:
        self._chip, self._line, self._is_active_low = chip, line, is_active_low

    def __enter__(self) -> _Request:
        self._chip.taken.add(self._line)
        return self

    def __exit__(self, *_: object) -> None:
        self._chip.taken.discard(self._line)

    def get_value(self, line: int) -> bool:
        assert line == self._line
        return self._chip.levels.get(line, False) != self._is_active_low
