"""What was found in files, over HTTP."""

from __future__ import annotations

from hydrogen.analysis.shelf import AnalysisShelf, limits_key
from hydrogen.gcode.program.analysis import FileAnalysis, LayerIndex
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.qoi import encode_png
from hydrogen.gcode.program.thumbnail import Thumbnail
from tests.web.conftest import BLIND_KEY, READER_KEY, Web

SHA = "ab" * 32
PNG = encode_png(bytes(4), 1, 1)


def shelved(web: Web) -> str:
    shelf: AnalysisShelf = web.shelf
    shelf.prepare()
    picture = Thumbnail(width=1, height=1, form="png", media="image/png", data=PNG)
    analysis = FileAnalysis(sha256=SHA, seconds=7.0)
    shelf.store(limits_key(MotionLimits()), analysis, LayerIndex(offset=(3,)), [picture])
    return f"/api/analysis/{SHA}"


async def test_an_analysis_its_layers_and_its_pictures_are_served(web: Web) -> None:
    path = shelved(web)
    document = await web.ask("GET", path, key=READER_KEY)
    assert (document.status, document.json["seconds"]) == (200, 7.0)
    layers = await web.ask("GET", f"{path}/layers", key=READER_KEY)
    assert (layers.status, layers.json["offset"]) == (200, [3])
    picture = await web.ask("GET", f"{path}/thumbnails/0", key=READER_KEY)
    assert (picture.status, picture.headers["content-type"], picture.body) == (200, "image/png", PNG)
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in picture.headers["cache-control"]


async def test_who_has_it_already_is_not_sent_it_again(web: Web) -> None:
    path = shelved(web)
    tag = (await web.ask("GET", path, key=READER_KEY)).headers["etag"]
    assert (await web.ask("GET", path, key=READER_KEY, headers={"If-None-Match": tag})).status == 304


async def test_what_is_not_there_is_not_found(web: Web) -> None:
    path = shelved(web)
    for missing in (
        f"/api/analysis/{'cd' * 32}",
        "/api/analysis/..%2fx",
        f"{path}/thumbnails/5",
        f"{path}?printer=nobody",
    ):
        assert (await web.ask("GET", missing, key=READER_KEY)).status == 404, missing
    assert (await web.ask("GET", f"{path}?prnter=x", key=READER_KEY)).status == 400


async def test_it_is_for_those_who_may_read(web: Web) -> None:
    path = shelved(web)
    assert (await web.ask("GET", path, key=None)).status == 401
    assert (await web.ask("GET", f"{path}/thumbnails/0", key=BLIND_KEY)).status == 403
