"""`hydrogen protocol`: the protocol as documents that programs read. No service is needed: the code itself is asked."""

from __future__ import annotations

import argparse
import json

from hydrogen.access import Access
from hydrogen.app import Hydrogen, ServeOptions
from hydrogen.cli.exit_code import ExitCode
from hydrogen.config import configuration_from_table
from hydrogen.core.clock import SystemClock
from hydrogen.core.log import SilentLog
from hydrogen.websocket.schema import asyncapi_document, protocol_schema


def protocol_command(options: argparse.Namespace) -> ExitCode:
    """`hydrogen protocol schema [--asyncapi]`: JSON on the standard output."""
    print(protocol_text(is_asyncapi=options.asyncapi), end="")
    return ExitCode.DONE


def protocol_text(*, is_asyncapi: bool) -> str:
    """The document, indented, with a line's end behind it. Opens nothing: a house that is built and never run."""
    house = Hydrogen(
        configuration_from_table({}, "protocol"),
        Access(keys=()),
        options=ServeOptions(),
        clock=SystemClock(),
        log=SilentLog(),
    )
    operations = house.registry.describe()
    document = asyncapi_document(operations) if is_asyncapi else protocol_schema(operations)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
