"""`hydrogen protocol`: the protocol as documents that programs read. No service is needed: the code itself is asked."""

from __future__ import annotations

import argparse
import json
from enum import Enum

from hydrogen.access import Access
from hydrogen.app import Hydrogen, ServeOptions
from hydrogen.cli.exit_code import ExitCode
from hydrogen.config import configuration_from_table
from hydrogen.core.clock import SystemClock
from hydrogen.core.log import SilentLog
from hydrogen.web.door import Door
from hydrogen.web.openapi import openapi_document
from hydrogen.web.settings import WebSettings
from hydrogen.web.table import all_endpoints
from hydrogen.websocket.schema import asyncapi_document, protocol_schema


class Document(Enum):
    """What there is to read."""

    SCHEMA = "schema"
    ASYNCAPI = "asyncapi"
    OPENAPI = "openapi"


def protocol_command(options: argparse.Namespace) -> ExitCode:
    """`hydrogen protocol schema [--asyncapi | --openapi]`: JSON on the standard output."""
    wanted = Document.ASYNCAPI if options.asyncapi else Document.OPENAPI if options.openapi else Document.SCHEMA
    print(protocol_text(wanted), end="")
    return ExitCode.DONE


def protocol_text(wanted: Document) -> str:
    """The document, indented, with a line's end behind it. Opens nothing: a house that is built and never run."""
    house = Hydrogen(
        configuration_from_table({}, "protocol"),
        Access(keys=()),
        options=ServeOptions(),
        clock=SystemClock(),
        log=SilentLog(),
    )
    return json.dumps(_document(wanted, house), indent=1, ensure_ascii=False) + "\n"


def _document(wanted: Document, house: Hydrogen) -> object:
    operations = house.registry.describe()
    match wanted:
        case Document.SCHEMA:
            return protocol_schema(operations)
        case Document.ASYNCAPI:
            return asyncapi_document(operations)
        case Document.OPENAPI:
            door = Door(house.web_house.authority, WebSettings(), house.web_house.proxies)
            return openapi_document(all_endpoints(door, house.web_house), operations)
