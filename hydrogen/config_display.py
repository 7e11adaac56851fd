"""The tables of what clients show and offer of a printer: its camera, and temperatures to choose from."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from hydrogen.config_section import Section
from hydrogen.fleet.printer import TemperaturePreset, Webcam

SCHEMES = frozenset({"http", "https", "rtsp", "rtsps", "webrtc", "webrtcs"})
"""What clients know how to show."""


def _is_address(text: str) -> str:
    if not text or text.startswith("/"):
        return text
    if urlsplit(text).scheme.lower() not in SCHEMES:
        raise ValueError(
            "an address (http://HOST/webcam/?action=stream), or a path on this host (/webcam/?action=stream)"
        )
    return text


Address = Annotated[str, Field(max_length=2000), AfterValidator(_is_address)]
Celsius = Annotated[float, Field(ge=0, le=500)]


class WebcamSection(Section):
    """The camera that looks at a printer, for clients that show it. The service fetches nothing: it tells the addresses."""

    name: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        default="Webcam", description="What people call it."
    )
    stream_url: Address = Field(
        default="",
        description="Where its moving picture is: `http://HOST:8080/?action=stream`, an HLS or WebRTC address, or a path on "
        "this host where a proxy in front of us serves it (`/webcam/?action=stream`). Empty: there is no camera.",
    )
    snapshot_url: Address = Field(
        default="", description="Where a single picture is: `http://HOST:8080/?action=snapshot`. Empty: there is none."
    )
    flip_horizontal: bool = Field(default=False, description="Clients mirror the picture left to right.")
    flip_vertical: bool = Field(default=False, description="Upside down.")
    rotate_90: bool = Field(default=False, description="By 90 degrees, counter-clockwise.")
    aspect_ratio: Literal["16:9", "4:3"] = Field(default="16:9", description="Of the picture, before it is turned.")

    def webcam(self) -> Webcam | None:
        """As the house tells it; None: there is no camera."""
        return Webcam(**self.model_dump()) if self.stream_url or self.snapshot_url else None


class PresetSection(Section):
    """Temperatures for one material, which clients offer as a button. The name is what stands on it. What is left out is left
    alone."""

    nozzle_celsius: Celsius | None = Field(default=None, description="Target of the nozzle, in degrees Celsius.")
    bed_celsius: Celsius | None = Field(default=None, description="Of the bed.")
    chamber_celsius: Celsius | None = Field(default=None, description="Of the chamber.")

    def preset(self, name: str) -> TemperaturePreset:
        """As the house tells it."""
        return TemperaturePreset(name=name, **self.model_dump())


PresetName = Annotated[str, Field(min_length=1, max_length=40)]
Presets = dict[PresetName, PresetSection]


def presets_of(table: Presets) -> tuple[TemperaturePreset, ...]:
    """In the order in which they stand in the file."""
    return tuple(section.preset(name) for name, section in table.items())
