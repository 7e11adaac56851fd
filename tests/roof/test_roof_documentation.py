"""What the documents say is what the code does, where a machine can compare the two."""

from __future__ import annotations

import re
from pathlib import Path

from hydrogen.cli.main import make_parser
from hydrogen.errors import ClientError, DeviceError, ErrorCodes, HostError
from hydrogen.model.events import ALL_EVENTS, TOPICS
from hydrogen.model.printer import PrinterStatus
from tests.roof.house_in_process import house_in_process

ROOT = Path(__file__).parent.parent.parent
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
README = (ROOT / "README.md").read_text()


def words_in_rows(text: str) -> set[str]:
    """What stands in backticks in the first cell of a table's rows."""
    return {
        word
        for line in text.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`([^`]+)`", line.split("|")[1])
    }


def section(head: str) -> str:
    return re.split(r"\n##+ ", PROTOCOL.split(f"# {head}\n")[1])[0]


def test_every_event_is_documented_and_no_other() -> None:
    assert words_in_rows(section("Events")) == {event.wire_type for event in ALL_EVENTS}
    for event in ALL_EVENTS:
        row = next(line for line in section("Events").splitlines() if f"`{event.wire_type}`" in line)
        if event.wire_type != "terminal.line":
            assert ("sample" in row.split("|")[2]) is event.is_sample, row


def test_every_error_code_is_documented_and_no_other() -> None:
    leaves = [leaf for family in (ClientError, DeviceError, HostError) for leaf in family.__subclasses__()]
    codes = {leaf.code for leaf in leaves if leaf.__module__ == "hydrogen.errors"} | {
        *ErrorCodes.HALT,
        *ErrorCodes.COMPLAINT,
        *ErrorCodes.HEAT,
    }
    assert words_in_rows(section("Errors")) == codes


async def test_every_operation_is_documented_with_its_scope_and_parameters(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        registry = house.hydrogen.registry
        assert words_in_rows(section("Operations")) == set(registry.names)
        for name in registry.names:
            operation = registry.get(name)
            row = next(line for line in section("Operations").splitlines() if f"`{name}`" in line)
            assert operation.scope in row.split("|")[2], row
            for parameter in operation.params.model_fields:
                assert f"`{parameter}`" in row, row


def test_every_topic_and_every_state_of_a_printer_is_documented() -> None:
    for word in [*TOPICS, *PrinterStatus]:
        assert f"`{word}`" in PROTOCOL


def test_the_readme_shows_only_commands_that_exist() -> None:
    block = README.split("## The command line\n\n```\n")[1].split("```")[0]
    known = make_parser().format_help()
    for line in block.splitlines():
        for word in re.findall(r"(?:^hydrogen |\| )([a-z-]+)", line):
            assert re.search(rf"^    {word} ", known, re.MULTILINE), word


def test_links_between_the_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), (path, target)
