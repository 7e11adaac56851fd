"""The printer's prompts, as OctoPrint's bundled plugin has them."""

from __future__ import annotations

from hydrogen.model.events import PrinterPromptShown
from hydrogen.spooler.request import AnswerPrompt
from tests.octoprint.conftest import PRINTER, Octo

PATH = "/api/plugin/action_command_prompt"


async def test_a_prompt_is_told_and_answered(octo: Octo) -> None:
    octo.connect()
    assert (await octo.ask("GET", PATH)).json is None
    assert (await octo.ask("POST", PATH, {"command": "select", "choice": 0})).status == 409
    octo.web.context.publish(
        PrinterPromptShown(at=1.0, printer=PRINTER, message="Filament? [Yes] [No]", buttons=("Yes", "No"))
    )
    assert (await octo.ask("GET", PATH)).json == {"text": "Filament?", "choices": ["Yes", "No"]}
    assert (await octo.ask("POST", PATH, {"command": "select", "choice": 1})).status == 204
    (request,) = octo.requests
    assert isinstance(request, AnswerPrompt) and request.button == "1"
    assert (await octo.ask("POST", PATH, {"command": "press", "choice": 1})).status == 400
