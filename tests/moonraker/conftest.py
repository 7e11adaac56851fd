"""The HTTP port's house, with Moonraker's door on it."""

from __future__ import annotations

from tests.web.conftest import start_web, web

__all__ = ["start_web", "web"]
