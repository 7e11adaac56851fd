"""Fixtures for every test: a virtual printer on a pty."""

pytest_plugins = ["hydrogen_simulators.pytest_plugin"]
