"""What the two ports are built from: their sections of the configuration, and who may come in."""

from __future__ import annotations

import socket
from dataclasses import fields, replace

from hydrogen.access import Access, bound_host
from hydrogen.config import Configuration
from hydrogen.web.settings import WebSettings
from hydrogen.websocket.context import WebSocketSettings


def websocket_settings(configuration: Configuration, access: Access) -> WebSocketSettings:
    """The configured WebSocket; on loopback if nobody chose a key. Keys and settings of one name are the same."""
    section = configuration.websocket
    names = {field.name for field in fields(WebSocketSettings)} & set(type(section).model_fields)
    configured = WebSocketSettings(**{name: getattr(section, name) for name in names})
    hosts = (*section.allowed_hosts, socket.gethostname())
    return replace(configured, host=bound_host(configuration, access, section.host), allowed_hosts=hosts)


def web_settings(configuration: Configuration, access: Access) -> WebSettings:
    """The configured HTTP port; on loopback if nobody chose a key."""
    section = configuration.web
    names = {field.name for field in fields(WebSettings)} & set(type(section).model_fields)
    configured = WebSettings(**{name: getattr(section, name) for name in names})
    return replace(
        configured,
        host=bound_host(configuration, access, section.host),
        allowed_origins=configuration.websocket.allowed_origins,
        allowed_hosts=(*configuration.websocket.allowed_hosts, socket.gethostname()),
    )
