"""`hydrogen recover`: shows what taking up an interrupted print would do, and does it when somebody says yes."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hydrogen.cli.address import Places, find_service
from hydrogen.cli.client import connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.snapshot import snapshot_of
from hydrogen.errors import Conflict, NotFound
from hydrogen.spooler.recovery.recovery_plan import UNKNOWN_Z

APPROVAL = "yes"


def recover_command(options: argparse.Namespace, ask: Callable[[str], str] = input) -> int:
    """Plan, show, ask, recover. With `--yes DIGEST` nobody is asked, and only that very plan is carried out."""
    if options.discard:
        return asyncio.run(_discard(options))
    try:
        printer, plan = asyncio.run(_planned(options))
    except Conflict as error:
        if error.details.get("reason") != UNKNOWN_Z:
            raise
        raise Conflict(f"{error.message}: {_with_height(options)}", **error.details) from None
    print(json.dumps(plan) if options.json else "\n".join(plan_lines(printer, plan)))
    if options.yes is None and not _is_approved(options, ask):
        print("nothing was done", file=sys.stderr)
        return ExitCode.DONE if options.json else ExitCode.NOT_NOW
    if options.yes is not None and options.yes != plan["digest"]:
        raise Conflict(f"this is another plan than {options.yes}: look at it, and approve {plan['digest']}")
    return asyncio.run(_recovered(options, printer, plan))


def plan_lines(printer: str, plan: Mapping[str, Any]) -> Iterator[str]:
    """The plan for people: what is in doubt, what it would send and why, what to look at."""
    doubt = plan["doubt"]
    yield f"{printer}: {plan['file']}, job {plan['job']}"
    yield f"  it stopped between line {doubt['first_line']} and line {doubt['last_line']} of the file"
    yield f"  it would go on with line {plan['line']}, layer {plan['layer']}, Z {plan['z_mm']} mm"
    for option in plan["options"]:
        yield f"  --start {option['start']:<7} line {option['line']}, layer {option['layer']}, Z {option['z_mm']} mm"
    yield "  before that it would send:"
    for step in plan["steps"]:
        yield f"    {step['gcode']:<28} {step['why']}"
    for warning in plan["warnings"]:
        yield f"  ! {warning}"
    if plan["choice"]["z_mm"] is None:
        yield "  with a height that you measured: --z MM"
    yield f"  plan {plan['digest']}"


def _with_height(options: argparse.Namespace) -> str:
    """What to type once the height is known."""
    return f"hydrogen recover{f' {options.job}' if options.job else ''} --z MM"


def _is_approved(options: argparse.Namespace, ask: Callable[[str], str]) -> bool:
    if options.json or (ask is input and not sys.stdin.isatty()):
        return False
    try:
        return ask(f"Look at the printer. Do exactly this? Type {APPROVAL}: ").strip() == APPROVAL
    except EOFError:
        return False


def _choice(options: argparse.Namespace) -> dict[str, Any]:
    choice: dict[str, Any] = {"start": options.start}
    if options.line is not None:
        choice |= {"start": "line", "line": options.line}
    if options.height is not None:
        choice |= {"start": "height", "height_mm": options.height}
    if options.z is not None:
        choice["z_mm"] = options.z
    return choice


async def _planned(options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
    async with connected(find_service(_places(options))) as client:
        printer, job = _target(options, (await snapshot_of(client)).get("printers", {}))
        return printer, await client.command("job.recovery_plan", printer, {"job": job, **_choice(options)})


async def _recovered(options: argparse.Namespace, printer: str, plan: Mapping[str, Any]) -> ExitCode:
    async with connected(find_service(_places(options))) as client:
        params = {"job": plan["job"], "plan_digest": plan["digest"], **_choice(options)}
        started = await client.command("job.recover", printer, params)
    print(f"{printer}: printing {plan['file']} from line {plan['line']}, job {started.get('job')}")
    return ExitCode.DONE


async def _discard(options: argparse.Namespace) -> ExitCode:
    async with connected(find_service(_places(options))) as client:
        printer, job = _target(options, (await snapshot_of(client)).get("printers", {}))
        await client.command("job.discard_recovery", printer, {"job": job})
    print(f"{printer}: job {job} was given up")
    return ExitCode.DONE


def _places(options: argparse.Namespace) -> Places:
    return Places(
        url=options.url, key_file=options.key_file, runtime_dir=options.runtime_dir, config=options.client_config
    )


def _target(options: argparse.Namespace, printers: Mapping[str, Any]) -> tuple[str, str]:
    """The printer and the job that are meant. Raises NotFound."""
    offered = {name: state.get("recoverable") for name, state in printers.items() if state.get("recoverable")}
    if options.printer is not None:
        offered = {name: job for name, job in offered.items() if name == options.printer}
        if options.job is not None:
            return options.printer, options.job
    elif options.job is not None:
        offered = {name: job for name, job in offered.items() if job.get("job") == options.job}
    if len(offered) == 1:
        [(name, job)] = offered.items()
        return name, options.job or job["job"]
    if offered:
        raise NotFound(
            f"several printers have a job to recover: say which with --printer ({', '.join(sorted(offered))})"
        )
    raise NotFound("there is no interrupted job to recover")
