"""Ports behind which a virtual printer can be found."""

from __future__ import annotations
