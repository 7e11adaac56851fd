"""Hydrogen: the service beside a 3D printer."""

__version__ = "0.1.0"
