"""Every request that OctoPrint's clients are known to make, with the status and every key that OctoPrint 1.11.8 answers with,
as it was measured there. One running host, one table; what does not hold is told row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.compat.conftest import Host
from tests.compat.slicer import BOUNDARY, curl_form
from tests.integration.house_process import square_lines
from tests.support.waiting import wait_until_answered


@dataclass(frozen=True)
class Row:
    """keys: dotted, `[]` for the first of a list. nulls: keys among them whose value may be null, and no other."""

    method: str
    path: str
    status: int
    keys: Sequence[str] = ()
    nulls: Sequence[str] = ()
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body if isinstance(self.body, dict) else ''}".rstrip()


def cmd(place: str, status: int = 204, /, **body: Any) -> Row:
    return Row("POST", place, status, body=body)


def each(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names)


FLAGS = each(
    "state.flags",
    *("operational", "printing", "cancelling", "pausing", "resuming", "finishing"),
    *("closedOrError", "error", "paused", "ready", "sdReady"),
)
FILE = ("name", "display", "path", "type", "typePath", "origin", "size", "date", "refs.resource", "refs.download")
JOB = (
    *each("job.file", "name", "path", "display", "origin", "size", "date"),
    *each("job", "estimatedPrintTime", "averagePrintTime", "lastPrintTime", "filament", "user"),
    *each("progress", "completion", "filepos", "printTime", "printTimeLeft", "printTimeLeftOrigin"),
)
USER = ("name", "active", "user", "admin", "apikey", "settings", "groups", "needs.role", "needs.group", "permissions")
HEATER = ("actual", "target", "offset")

LOOKING = (
    Row("GET", "/api/version", 200, ("api", "server", "text")),
    Row("GET", "/api/server", 200, ("version", "safemode"), nulls=("safemode",)),
    Row("GET", "/api/currentuser", 200, ("name", "permissions", "groups")),
    Row(
        "GET",
        "/api/connection",
        200,
        (
            *each("current", "state", "port", "baudrate", "printerProfile"),
            *each("options", "ports", "baudrates", "printerProfiles[].id", "printerProfiles[].name", "autoconnect"),
            *each("options", "portPreference", "baudratePreference", "printerProfilePreference"),
        ),
    ),
    Row(
        "GET",
        "/api/printer",
        200,
        (*each("temperature.tool0", *HEATER), *each("temperature.bed", *HEATER), "sd.ready", "state.text", *FLAGS),
    ),
    Row("GET", "/api/printer?history=true&limit=1", 200, each("temperature.history[]", "time", "tool0.actual")),
    Row("GET", "/api/printer?exclude=temperature,sd", 200, ("state.text", "state.error", *FLAGS)),
    Row("GET", "/api/printer/tool", 200, each("tool0", *HEATER)),
    Row("GET", "/api/printer/bed", 200, each("bed", *HEATER)),
    Row("GET", "/api/printer/chamber", 409, ("error",)),
    Row("GET", "/api/printer/sd", 200, ("ready",)),
    Row("GET", "/api/printer/error", 200),
    Row("GET", "/api/printer/command/custom", 200, ("controls",)),
    Row("GET", "/api/job", 200, (*JOB, "state"), nulls=JOB),
    Row(
        "GET",
        "/api/settings",
        200,
        (
            *("feature.sdSupport", "feature.temperatureGraph", "appearance.name", "appearance.color"),
            *("webcam.streamUrl", "webcam.snapshotUrl", "webcam.webcamEnabled", "webcam.webcams", "webcam.flipH"),
            *("webcam.flipV", "webcam.rotate90", "webcam.streamRatio", "webcam.snapshotSslValidation"),
            *("plugins.discovery.upnpUuid", "temperature.profiles", "temperature.cutoff", "gcodeAnalysis.runAt"),
            *("serial.autoconnect", "scripts.gcode", "terminalFilters", "system.actions", "server.commands"),
        ),
    ),
    Row(
        "GET",
        "/api/printerprofiles",
        200,
        each(
            "profiles._default",
            *("id", "name", "model", "color", "current", "default", "resource", "heatedBed", "heatedChamber"),
            *("volume.formFactor", "volume.origin", "volume.width", "volume.depth", "volume.height"),
            *(f"axes.{axis}.{key}" for axis in "xyze" for key in ("speed", "inverted")),
            *("extruder.count", "extruder.offsets", "extruder.nozzleDiameter", "extruder.sharedNozzle"),
        ),
        nulls=each("profiles._default", "volume.width", "volume.depth", "volume.height", "extruder.nozzleDiameter"),
    ),
    Row("GET", "/api/printerprofiles/_default", 200, ("id", "name", "axes.x.speed")),
    Row("GET", "/api/printerprofiles/other", 404, ("error",)),
    Row("GET", "/api/files", 200, ("files", "free", "total", *(f"files[].{key}" for key in FILE))),
    Row("GET", "/api/files?recursive=true&force=true", 200, ("files[].path",)),
    Row("GET", "/api/files/local", 200, ("files[].path",)),
    Row("GET", "/api/files/local/one.gcode", 200, FILE),
    Row("GET", "/api/files/local/none.gcode", 404, ("error",)),
    Row("GET", "/api/files/sdcard", 200, ("files",)),
    Row("GET", "/downloads/files/local/one.gcode", 200),
    Row("GET", "/downloads/files/local/none.gcode", 404, ("error",)),
    Row("GET", "/api/system/commands", 200, ("core", "custom")),
    Row("GET", "/api/system/commands/core", 200),
    Row("GET", "/api/system/info", 200, ("systeminfo",)),
    Row("GET", "/api/system/usage", 200, each("usage.uploads", "free", "total")),
    Row("GET", "/api/system/startup", 200, ("startup",)),
    Row("GET", "/api/languages", 200, ("language_packs._core.languages",)),
    Row("GET", "/api/timelapse", 200, ("config.type", "enabled", "files")),
    Row("GET", "/api/timelapse?unrendered=true", 200, ("unrendered",)),
    Row("GET", "/api/slicing", 200),
    Row("GET", "/api/setup/wizard", 200),
    Row(
        "GET", "/api/access/permissions", 200, each("permissions[]", "key", "name", "dangerous", "description", "needs")
    ),
    Row("GET", "/api/access/groups", 200, each("groups[]", "key", "name", "permissions", "subgroups", "needs.group")),
    Row("GET", "/api/access/users", 200, each("users[]", *USER), nulls=("users[].apikey",)),
    Row("GET", "/api/users", 200, each("users[]", *USER), nulls=("users[].apikey",)),
    Row("GET", "/plugin/logging/logs", 200, ("files", "free", "total")),
    Row("GET", "/plugin/appkeys/probe", 204),
    Row("GET", "/api/plugin/action_command_prompt", 200),
    Row("GET", "/sockjs/info", 200, ("websocket", "cookie_needed", "origins", "entropy")),
    Row("GET", "/", 200),
    Row("GET", "/api/nothing/of/that/name", 404, ("error",)),
    Row("GET", "/plugin/nothing", 404, ("error",)),
)

DOING = (
    Row("POST", "/api/login", 200, (*USER, "session"), nulls=("apikey",), body={"passive": True}),
    cmd("/api/files/test", 200, command="exists", storage="local", path="", filename="one.gcode"),
    cmd("/api/files/test", 200, command="sanitize", storage="local", path="", filename="a b.gcode"),
    cmd("/api/util/test", 200, command="address"),
    cmd("/api/printer/tool", command="target", targets={"tool0": 50}),
    cmd("/api/printer/tool", command="offset", offsets={"tool0": 0}),
    cmd("/api/printer/tool", command="select", tool="tool0"),
    cmd("/api/printer/tool", command="flowrate", factor=95),
    cmd("/api/printer/tool", 400, command="flowrate", factor=500),
    cmd("/api/printer/tool", 400, command="fly"),
    cmd("/api/printer/bed", command="target", target=30),
    cmd("/api/printer/bed", command="offset", offset=0),
    cmd("/api/printer/chamber", 409, command="target", target=30),
    cmd("/api/printer/printhead", command="home", axes=["x", "y", "z"]),
    cmd("/api/printer/printhead", command="jog", x=1, y=0, z=0),
    cmd("/api/printer/printhead", command="jog", x=1, absolute=True, speed=3000),
    cmd("/api/printer/printhead", command="feedrate", factor=105),
    cmd("/api/printer/printhead", 400, command="home", axes=["q"]),
    cmd("/api/printer/tool", command="extrude", amount=1),
    cmd("/api/printer/command", command="M117 x"),
    cmd("/api/printer/command", commands=["M117 y", "M117 z"]),
    cmd("/api/printer/command", 404, script="none"),
    cmd("/api/printer/command", 400),
    cmd("/api/job", 409, command="start"),
    cmd("/api/job", 409, command="cancel"),
    cmd("/api/job", 409, command="restart"),
    cmd("/api/job", 409, command="pause", action="pause"),
    cmd("/api/job", 400, command="fly"),
    cmd("/api/connection", command="connect"),
    cmd("/api/connection", command="fake_ack"),
    cmd("/api/connection", 400, command="fly"),
    Row(
        "POST",
        "/api/files/local/one.gcode",
        201,
        ("name", "path", "origin", "refs.resource", "refs.download"),
        body={"command": "copy", "destination": "two.gcode"},
    ),
    Row(
        "POST",
        "/api/files/local/two.gcode",
        201,
        ("name", "path", "origin", "refs.resource"),
        body={"command": "move", "destination": "sub"},
    ),
    Row(
        "GET",
        "/api/files/local/sub",
        200,
        ("name", "path", "type", "children[].path", "size", "date", "prints.success"),
    ),
    cmd("/api/files/local/one.gcode", 409, command="copy", destination="sub/two.gcode"),
    cmd("/api/files/local/none.gcode", 404, command="select"),
    cmd("/api/files/local/one.gcode", 400, command="fly"),
    Row("DELETE", "/api/files/local/sub/two.gcode", 204),
    Row("DELETE", "/api/files/local/sub/two.gcode", 404, ("error",)),
    Row("DELETE", "/api/files/local/sub", 204),
    Row("POST", "/api/settings", 409, ("error",), body={"appearance": {"name": "x"}}),
    Row("POST", "/plugin/appkeys/request", 201, ("app_token",), body={"app": "a test"}),
    cmd("/api/system/commands/core/none", 404),
)

PRINTING = (
    Row("GET", "/api/job", 200, (*JOB, "state"), nulls=JOB[6:]),
    cmd("/api/printer/printhead", 409, command="jog", x=1),
    cmd("/api/printer/printhead", 409, command="home", axes=["x"]),
    cmd("/api/printer/printhead", command="feedrate", factor=100),
    cmd("/api/files/local/one.gcode", 409, command="select"),
    Row("DELETE", "/api/files/local/long.gcode", 409, ("error",)),
    cmd("/api/job", 409, command="start"),
)

OFFLINE = (
    Row("GET", "/api/printer", 409, ("error",)),
    Row("GET", "/api/printer/tool", 409, ("error",)),
    Row("GET", "/api/printer/bed", 409, ("error",)),
    Row("GET", "/api/printer/sd", 409, ("error",)),
    Row("GET", "/api/job", 200, (*JOB, "state"), nulls=JOB),
    Row("GET", "/api/connection", 200, ("current.state",)),
    cmd("/api/printer/command", 409, command="M117 x"),
    cmd("/api/printer/printhead", 409, command="jog", x=1),
    cmd("/api/printer/tool", 409, command="target", targets={"tool0": 50}),
    cmd("/api/printer/bed", 409, command="target", target=30),
    cmd("/api/job", 409, command="start"),
    cmd("/api/files/local/one.gcode", 409, command="select", print=True),
)

FOLDER_FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="foldername"\r\n\r\nsub\r\n--{BOUNDARY}--\r\n'.encode()
)

STRANGERS = tuple(
    Row(row.method, row.path, 403, ("error",), body=row.body)
    for row in (*LOOKING[:40], *DOING, *OFFLINE)
    if row.path.startswith(("/api/", "/downloads/"))
    and row.status not in (404, 405)
    and not row.path.startswith(("/api/currentuser", "/api/system/info", "/api/nothing"))
)


async def wrong_rows(host: Host, rows: Sequence[Row], prefix: str = "") -> list[str]:
    found = []
    for row in rows:
        answer = await host.ask(row.method, prefix + row.path, row.body)
        if answer.status != row.status:
            found.append(f"{row}: {answer.status}, not {row.status}: {answer.body[:200]!r}")
        elif row.status == 204 and answer.body:
            found.append(f"{row}: 204 with a body")
        elif row.keys:
            found += [f"{row}: {trouble}" for trouble in _troubles(answer.json, row)]
    return found


def _troubles(told: Any, row: Row) -> Iterator[str]:
    for key in row.keys:
        try:
            value = _at(told, key)
        except (KeyError, IndexError, TypeError):
            yield f"{key} is missing"
            continue
        if value is None and key not in row.nulls:
            yield f"{key} is null"


def _at(told: Any, key: str) -> Any:
    for part in key.split("."):
        name = part.removesuffix("[]")
        assert isinstance(told, Mapping)
        told = told[name]
        if part.endswith("[]"):
            told = told[0]
    return told


@pytest.mark.timeout(240)
async def test_every_request_is_answered_as_octoprint_answers_it(start_host: Any) -> None:
    host: Host = await start_host(speed=20.0)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    long = "\n".join(["G21", "G90", "M83", "G28", *square_lines(3000, feedrate=1200)[7:-2]]).encode()
    for name, content in (("one.gcode", b"G28\nG1 X1 F600\n"), ("long.gcode", long)):
        stored = await host.ask("POST", "/api/files/local", curl_form([("print", "false")], name, content), **headers)
        assert stored.status == 201
        for key in ("done", "effectiveSelect", "effectivePrint", "files.local.refs.resource", "files.local.origin"):
            _at(stored.json, key)
    assert await wrong_rows(host, LOOKING) == []
    assert await wrong_rows(host, LOOKING[:20], "/printers/bench") == []
    made = await host.ask("POST", "/api/files/local", FOLDER_FORM, **headers)
    assert (made.status, made.json["done"], made.json["folder"]["path"]) == (201, True, "sub")
    assert await wrong_rows(host, DOING) == []
    await host.await_state("Operational", seconds=60.0)
    started = await host.ask("POST", "/api/files/local/long.gcode", {"command": "select", "print": True})
    assert started.status == 204
    await host.await_state("Printing", seconds=60.0)
    assert await wrong_rows(host, PRINTING) == []
    assert (await host.ask("POST", "/api/job", {"command": "cancel"})).status == 204
    await host.await_state("Operational", seconds=60.0)
    assert (await host.ask("POST", "/api/connection", {"command": "disconnect"})).status == 204
    await host.await_state("Offline", seconds=60.0)
    assert await wrong_rows(host, OFFLINE) == []
    await who_shows_no_key_is_refused_with_403(host)


async def who_shows_no_key_is_refused_with_403(host: Host) -> None:
    stranger = Host(host.house, host.printer, host.watcher, host.port, key="")
    found: list[str] = []
    for row in STRANGERS:

        async def is_answered(row: Row = row) -> bool:
            answer = await stranger.ask(row.method, row.path, row.body)
            if answer.status == 429:  # the limit on requests
                return False
            if answer.status != 403 or not isinstance(answer.json["error"], str):
                found.append(f"{row}: {answer.status} {answer.body[:100]!r}")
            return True

        await wait_until_answered(is_answered, 60.0)
    assert found == []
