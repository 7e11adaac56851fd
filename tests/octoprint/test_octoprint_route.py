from __future__ import annotations

from hydrogen.octoprint.route import FaceRoute, endpoints_of
from tests.octoprint.conftest import Octo


def test_each_path_is_there_at_the_root_and_for_each_printer() -> None:
    route = FaceRoute(name="x", method="POST", path="/api/x", scope="control", is_urgent=True)
    at_root, of_printer = endpoints_of([route], None)  # type: ignore[arg-type]
    assert (at_root.path, of_printer.path) == ("/api/x", "/printers/{printer}/api/x")
    assert at_root.name != of_printer.name
    for endpoint in (at_root, of_printer):
        assert endpoint.admits_itself
        assert endpoint.is_urgent
        assert not endpoint.is_documented
        assert endpoint.scope == "control"


async def test_what_is_raised_has_octoprints_shape(octo: Octo) -> None:
    answer = await octo.ask("POST", "/api/job", b"{")
    assert answer.status == 400
    assert set(answer.json) == {"error"}
    assert (await octo.ask("POST", "/api/job", b"x" * 70_000)).status == 413
