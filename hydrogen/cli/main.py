"""`hydrogen`: the command line. What is not asked for is not imported."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from hydrogen import __version__
from hydrogen.cli.exit_code import EXIT_CODE_MEANINGS, ExitCode, exit_code_of
from hydrogen.cli.host_commands import add_host_commands
from hydrogen.errors import HydrogenError

EPILOG = """\
examples
  hydrogen setup                                 write a first configuration, by a few questions
  hydrogen demo                                  print the sample on a virtual printer, and watch it
  hydrogen check-config hydrogen.toml            is this configuration right?
  hydrogen serve --config hydrogen.toml          run the service
  hydrogen serve --simulate --speed 20           run it with a virtual printer
  hydrogen print cube.gcode --wait               print a file, show the progress, tell how it ended
  hydrogen files upload cube.bgcode              bring a file to the service, wherever that is
  hydrogen queue add cube.gcode --copies 3       let it be printed when its turn comes
  hydrogen queue clear-bed                       say that the bed is empty, so that the queue may start
  hydrogen analyse cube.gcode                    how long it takes, what it needs, whether it fits the printer
  hydrogen status                                what is every printer doing?
  hydrogen doctor                                what is wrong, and what mends it?
  hydrogen ports                                 what is plugged in, and what to write as a printer's port
  hydrogen emergency                             stop all printers now (M112), past every queue, with or without a service
  hydrogen keys create panel --scopes read       a key for somebody, shown once
  hydrogen stop                                  end the service; what prints, prints on
  hydrogen protocol schema --asyncapi            the protocol, for code generators
  hydrogen stop --all                            end everything; jobs are stopped, heaters are off

A client command finds the service of this machine by itself; one elsewhere with --url (or HYDROGEN_URL). The key is
taken from --key-file, HYDROGEN_API_KEY, the configuration or the data folder.

exit codes
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit code."""
    parser = make_parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return ExitCode.USAGE
    try:
        return int(options.run(options))
    except HydrogenError as error:
        print(f"hydrogen: {error}", file=sys.stderr)
        return exit_code_of(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has seen enough (`hydrogen watch | head`).
        sys.stderr.close()
        return ExitCode.DONE


def make_parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    codes = "".join(f"  {code.value:<5}{meaning}\n" for code, meaning in EXIT_CODE_MEANINGS)
    parser = argparse.ArgumentParser(
        prog="hydrogen",
        description="The service beside a 3D printer, and a client for it.",
        epilog=EPILOG + codes,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hydrogen {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_service_commands(commands)
    _add_print_commands(commands)
    _add_queue_commands(commands)
    _add_analysis_command(commands)
    _add_other_commands(commands)
    _add_key_commands(commands)
    _add_audit_commands(commands)
    _add_tls_commands(commands)
    add_host_commands(commands, _add)
    return parser


Commands = Any  # argparse's sub-parsers action has no public type


def _add_service_commands(commands: Commands) -> None:
    serve = _add(commands, "serve", "run the service until SIGTERM or Ctrl-C", _serve)
    source = serve.add_mutually_exclusive_group()
    source.add_argument("--config", type=Path, metavar="FILE", help="configuration (TOML)")
    source.add_argument(
        "--simulate", action="store_true", help="a virtual printer and temporary folders, no file needed"
    )
    serve.add_argument("--speed", default="1", metavar="N|max", type=_speed, help="of the virtual printer (1)")
    serve.add_argument("--own-spoolers", action="store_true", help="jobs end with the service, heaters off")
    serve.add_argument("--lifeline", action="store_true", help="end when the standard input ends (for parents)")
    check = _add(commands, "check-config", "say what is wrong with a configuration", _check_config)
    check.add_argument("file", type=Path, metavar="FILE")
    stop = _add(commands, "stop", "end the service of this machine; spoolers with a job print on", _stop)
    stop.add_argument("--all", action="store_true", help="end the spoolers too: jobs are stopped, heaters are off")
    _add_places(stop, is_local=True)
    protocol = _add(
        commands, "protocol", "what is spoken on the WebSocket and over HTTP, for programs to read", _protocol
    )
    protocol.add_argument("what", choices=("schema",), help="a JSON Schema of every frame")
    forms = protocol.add_mutually_exclusive_group()
    forms.add_argument("--asyncapi", action="store_true", help="an AsyncAPI 3 document instead")
    forms.add_argument("--openapi", action="store_true", help="HTTP instead, as an OpenAPI 3.1 document")
    demo = _add(commands, "demo", "print a file on a virtual printer, with everything it takes", _demo)
    demo.add_argument("file", nargs="?", metavar="FILE", help="G-code to print (a sample cube)")
    demo.add_argument(
        "--speed", default=DEMO_SPEED, metavar="N|max", type=_speed, help=f"of the printer ({DEMO_SPEED})"
    )


def _add_print_commands(commands: Commands) -> None:
    print_file = _add(commands, "print", "print a file", _client("print_file"))
    print_file.add_argument("file", metavar="FILE", help="a local file, or the name of one in the files folder")
    print_file.add_argument("--wait", action="store_true", help="show the progress; the exit code tells the outcome")
    for name, sentence in (
        ("pause", "pause the job; the heat stays"),
        ("resume", "go on with a paused job"),
        ("cancel", "end the job for good"),
    ):
        _add_printer(_add(commands, name, sentence, _client("act_on_job")))
    answer = _add(commands, "answer", "press a button of what the printer asks", _client("answer"))
    answer.add_argument(
        "button", nargs="?", metavar="BUTTON", help="its name, or its number from 0; not needed for one"
    )
    _add_printer(answer)
    _add_recover(commands)
    _add_record(commands)
    emergency = _add(commands, "emergency", "stop a printer now (M112); all of them if none is named", _emergency)
    emergency.add_argument("printer", nargs="?", metavar="PRINTER")
    _add_places(emergency)
    _add_printer(print_file)


def _add_record(commands: Commands) -> None:
    record = _add(commands, "record", "write down what a printer says; hydrogen-sim can play it then", _record)
    record.add_argument("output", type=Path, metavar="FILE", help="JSON lines, without what is private")
    record.add_argument("--seconds", type=float, metavar="N", help="listen so much longer (0)")
    record.add_argument("--only-listen", action="store_true", help="ask nothing; until --seconds or Ctrl-C")
    _add_printer(record)


def _add_recover(commands: Commands) -> None:
    recover = _add(commands, "recover", "take up an interrupted print: shows the plan, and asks first", _recover)
    recover.add_argument("job", nargs="?", metavar="JOB", help="not needed for the youngest one")
    place = recover.add_mutually_exclusive_group()
    place.add_argument(
        "--start", choices=("record", "layer"), default="record", help="where it was recorded last (record)"
    )
    place.add_argument("--line", type=int, metavar="N", help="start at this line of the file")
    place.add_argument("--height", type=float, metavar="MM", help="start where plastic is laid at this height")
    recover.add_argument("--z", type=float, metavar="MM", help="how high the nozzle stands now, if you measured it")
    recover.add_argument("--yes", metavar="DIGEST", help="approve the plan with this digest, without being asked")
    recover.add_argument("--discard", action="store_true", help="give the job up instead")
    recover.add_argument(
        "--json", action="store_true", help="the plan for programs; nothing is asked or done without --yes"
    )
    _add_printer(recover)


def _add_other_commands(commands: Commands) -> None:
    status = _add(commands, "status", "what the service and its printers are doing", _client("status"))
    status.add_argument("--json", action="store_true", help="for programs")
    _add_places(status)
    printers = _add(
        commands,
        "printers",
        "what every printer is doing, a line each; add and remove printers",
        _fleet("list_printers"),
    )
    _add_printer_actions(printers)
    ports = _add(commands, "ports", "this machine's serial ports, and what to write as a printer's port", _list_ports)
    for listed in (printers, ports):
        listed.add_argument("--json", action="store_true", help="for programs")
        _add_places(listed)
    watch = _add(commands, "watch", "show a printer until Ctrl-C", _client("watch"))
    watch.add_argument("--json", action="store_true", help="every frame of the protocol, one a line")
    _add_printer(watch)
    power = _add(commands, "power", "switch a printer on or off", _client("switch_power"))
    power.add_argument("position", choices=("on", "off"))
    power.add_argument("printer", nargs="?", metavar="PRINTER", help="may be left out if there is only one")
    power.add_argument("--force", action="store_true", help="off, even while it prints: the job is lost")
    _add_places(power)
    doctor = _add(commands, "doctor", "what is wrong with the host and its printers, and what mends it", _doctor)
    doctor.add_argument("printer", nargs="?", metavar="PRINTER", help="only this one's link")
    doctor.add_argument("--json", action="store_true", help="for programs")
    _add_places(doctor)
    sensors = _add(commands, "sensors", "what is measured beside the printers", _sensors)
    sensors.add_argument("--json", action="store_true", help="for programs")
    _add_printer(sensors)
    retention = _add(commands, "retention", "show what is to be deleted from the disk, and why", _retention)
    retention.add_argument("--apply", action="store_true", help="delete it now, instead of within the hour")
    retention.add_argument("--json", action="store_true", help="for programs")
    _add_places(retention)
    _add_file_commands(commands)


def _add_file_commands(commands: Commands) -> None:
    files = _add(commands, "files", "what can be printed: list, upload, move, delete", _files("list_files"))
    actions = files.add_subparsers(title="actions", metavar="ACTION")
    listed = _add(actions, "list", "show the files", _files("list_files"))
    for action in (files, listed):
        action.add_argument("--json", action="store_true", help="one object a line")
    upload = _add(actions, "upload", "bring a file to the service, wherever that is", _files("upload"))
    upload.add_argument(
        "file", metavar="FILE", help="a local file: .gcode, .gco, .g, .bgcode, or one of these with .gz"
    )
    upload.add_argument("name", nargs="?", metavar="NAME", help="what it is to be called there, with its folder")
    move = _add(actions, "move", "rename a file, or move it to another folder", _files("move"))
    delete = _add(actions, "delete", "delete a file; never one that prints", _files("delete"))
    for action in (move, delete):
        action.add_argument("name", metavar="NAME", help="as the list shows it")
    move.add_argument("to", metavar="TO", help="the path that it is to have")
    delete.add_argument("--force", action="store_true", help="also one that an entry of the queue waits for")
    for action in (files, listed, upload, move, delete):
        action.set_defaults(command="files")
        _add_places(action)


def _add_analysis_command(commands: Commands) -> None:
    analyse = _add(commands, "analyse", "read a G-code file whole: time, filament, layers, what is wrong", _analyse)
    analyse.add_argument("file", type=Path, metavar="FILE", help="a local file; no service is needed")
    analyse.add_argument("--config", type=Path, metavar="FILE", help="configuration (TOML) that describes the printer")
    analyse.add_argument("--printer", metavar="NAME", help="which one of it; may be left out if there is only one")
    analyse.add_argument("--json", action="store_true", help="everything, for programs")


def _add_queue_commands(commands: Commands) -> None:
    queue = _add(
        commands, "queue", "what waits to be printed: list, add, remove, move, hold, release, clear-bed", _show_queue
    )
    queue.add_argument("--json", action="store_true", help="for programs")
    _add_printer(queue)
    actions = queue.add_subparsers(title="actions", metavar="ACTION", dest="action")
    listed = _add(actions, "list", "show the queue, and what keeps it from going on", _show_queue)
    listed.add_argument("--json", action="store_true", help="for programs")
    add = _add(
        actions, "add", "queue a file; it starts by itself once its turn has come and the bed is clear", _add_to_queue
    )
    add.add_argument("file", metavar="FILE", help="a local file, or the name of one in the files folder")
    add.add_argument("--copies", type=int, default=1, metavar="N", help="how often (1)")
    add.add_argument("--priority", type=int, default=0, metavar="N", help="higher goes first (0)")
    remove = _add(actions, "remove", "take an entry out", _change_queue)
    move = _add(actions, "move", "put an entry to another place", _change_queue)
    for action in (remove, move):
        action.add_argument("entry", metavar="ENTRY", help="its id, or the end of it that the list shows")
    move.add_argument("place", type=int, metavar="PLACE", help="from 1")
    hold = _add(actions, "hold", "start nothing more; what prints, prints on", _change_queue)
    hold.add_argument("reason", nargs="?", default="", metavar="REASON")
    release = _add(actions, "release", "let the queue go on", _change_queue)
    clear = _add(actions, "clear-bed", "say that there is nothing on the bed", _change_queue)
    for action in (listed, add, remove, move, hold, release, clear):
        action.set_defaults(command="queue")
        _add_printer(action)


def _add_key_commands(commands: Commands) -> None:
    keys = _add(
        commands,
        "keys",
        "make, list and revoke API keys; decide about apps that ask for one",
        _local("keys", "list_all"),
    )
    _add_places(keys, is_local=True)
    actions = keys.add_subparsers(title="actions", metavar="ACTION")
    create = _add(actions, "create", "make a key; it is shown once", _local("keys", "create"))
    create.add_argument("name", metavar="NAME", help="whom it is for: stands in logs, events and the audit log")
    scopes = "read, control, print, files, admin, emergency; all if left out"
    create.add_argument("--scopes", metavar="A,B", help=f"what it may: {scopes}")
    create.add_argument("--printers", metavar="A,B", help="which printers it may see and control (all)")
    create.add_argument("--expires", metavar="WHEN", help="a life (12h, 30d, 8w) or a moment in ISO 8601 (never)")
    _add_places(create, is_local=True)
    _add_places(_add(actions, "list", "show who has a key", _local("keys", "list_all")), is_local=True)
    revoke = _add(
        actions, "revoke", "take a key away; its connections are closed within a second", _local("keys", "revoke")
    )
    revoke.add_argument("name", metavar="NAME", help="the key's name or id")
    _add_places(revoke, is_local=True)
    _add_places(_add(actions, "pending", "show the apps that ask for a key", _app_key("pending")))
    approve = _add(actions, "approve", "give an app a key of its own", _app_key("approve"))
    approve.add_argument("--scopes", metavar="A,B", help="what it may (all but admin)")
    approve.add_argument("--printers", metavar="A,B", help="which printers it may see and control (all)")
    deny = _add(actions, "deny", "refuse an app a key", _app_key("deny"))
    for action in (approve, deny):
        action.add_argument("request", metavar="ID", help="the request's id, as `keys pending` shows it")
        _add_places(action)


def _add_audit_commands(commands: Commands) -> None:
    audit = _add(commands, "audit", "show and verify the record of who did what", _local("audit", "show"))
    audit.set_defaults(number=LAST_RECORDS, actor=None, action=None, json=False)
    _add_places(audit, is_local=True)
    actions = audit.add_subparsers(title="actions", metavar="ACTION")
    show = _add(actions, "show", "show the last records", _local("audit", "show"))
    show.add_argument("-n", "--number", type=int, default=LAST_RECORDS, metavar="N", help=f"how many ({LAST_RECORDS})")
    show.add_argument("--actor", metavar="NAME", help="only what this one did")
    show.add_argument("--action", metavar="NAME", help="only this, such as login.failed or printer.home")
    show.add_argument("--json", action="store_true", help="one object a line, as it is stored")
    _add_places(show, is_local=True)
    verify = _add(actions, "verify", "read the whole chain and say where it is broken", _local("audit", "verify"))
    verify.add_argument("--expect", action="append", metavar="DIGEST", help="noted earlier; must be part of the chain")
    _add_places(verify, is_local=True)


def _add_printer_actions(printers: argparse.ArgumentParser) -> None:
    actions = printers.add_subparsers(title="actions", metavar="ACTION")
    added = _add(actions, "add", "add a printer to a running service; prints go on", _fleet("add_printer"))
    added.add_argument("name", metavar="NAME", help="a-z, 0-9, - and _")
    added.add_argument("port", metavar="PORT", help="as `hydrogen ports` shows it, tcp://host:port, or virtual:")
    added.add_argument("--driver", default="marlin", metavar="NAME", help="what the printer speaks (marlin)")
    added.add_argument("--baud", type=int, metavar="N", help="speed of the port (found out)")
    added.add_argument("--size", type=_size, metavar="X,Y,Z", help="how far the axes go, in mm")
    removed = _add(actions, "remove", "take out a printer that was added; its heaters go off", _fleet("remove_printer"))
    removed.add_argument("name", metavar="NAME")
    for action in (added, removed):
        action.set_defaults(command="printers")
        _add_places(action)


def _size(text: str) -> list[float]:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not three numbers such as 220,220,250") from None
    return [x, y, z]


def _add_tls_commands(commands: Commands) -> None:
    tls = _add(commands, "tls", "make a certificate", _local("tls", "self_signed"))
    actions = tls.add_subparsers(title="actions", metavar="ACTION", required=True)
    made = _add(actions, "self-signed", "make a certificate that vouches for itself", _local("tls", "self_signed"))
    made.add_argument("--name", action="append", metavar="NAME", help="a name or address (this host's names)")
    made.add_argument("--days", type=float, default=CERTIFICATE_DAYS, help=f"its life ({CERTIFICATE_DAYS})")
    made.add_argument("--folder", type=Path, metavar="DIR", help="where it goes (tls/ in the data folder)")
    made.add_argument("--replace", action="store_true", help="make another one in the place of an older one")
    _add_places(made, is_local=True)


CERTIFICATE_DAYS = 825
"""Longer ones are refused by Apple's systems, whoever signed them."""

LAST_RECORDS = 50

DEMO_SPEED = "40"
"""The sample takes 20 minutes on a printer and half a minute so: long enough to watch, short enough to wait for."""


def _add(
    commands: Commands, name: str, sentence: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=sentence, description=f"{sentence}.")
    parser.set_defaults(run=run, command=name)
    return parser


def _add_printer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--printer", metavar="NAME", help="which one; may be left out if there is only one")
    _add_places(parser)


def _add_places(parser: argparse.ArgumentParser, *, is_local: bool = False) -> None:
    group = parser.add_argument_group("where the service is")
    if not is_local:
        group.add_argument("--url", metavar="URL", help="ws://HOST:PORT/ (HYDROGEN_URL)")
        group.add_argument("--key-file", type=Path, metavar="FILE", help="holds the API key")
    group.add_argument("--runtime-dir", type=Path, metavar="DIR", help="its runtime folder")
    group.add_argument("--config", dest="client_config", type=Path, metavar="FILE", help="its configuration")


def _speed(text: str) -> str:
    try:
        is_good = text == "max" or float(text) > 0
    except ValueError:
        is_good = False
    if not is_good:
        raise argparse.ArgumentTypeError("must be a number greater than 0, or 'max'")
    return text


# ----------------------------------------------------------------------------------------------------- running them


def _serve(options: argparse.Namespace) -> int:
    from hydrogen.cli.service import serve_command

    return serve_command(options)


def _check_config(options: argparse.Namespace) -> int:
    from hydrogen.cli.service import check_config_command

    return check_config_command(options)


def _protocol(options: argparse.Namespace) -> int:
    from hydrogen.cli.protocol import protocol_command

    return protocol_command(options)


def _stop(options: argparse.Namespace) -> int:
    from hydrogen.cli.service import stop_command

    return asyncio.run(stop_command(options))


def _local(room: str, name: str) -> Callable[[argparse.Namespace], int]:
    """A command that works on the folders of this machine, not on the service."""

    def run(options: argparse.Namespace) -> int:
        from hydrogen.cli import audit, certificate, keys

        rooms: dict[str, object] = {"keys": keys, "audit": audit, "tls": certificate}
        work: Callable[[argparse.Namespace], ExitCode] = getattr(rooms[room], name)
        return work(options)

    return run


def _app_key(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        from hydrogen.cli import app_keys

        work: Callable[[argparse.Namespace], Coroutine[Any, Any, ExitCode]] = getattr(app_keys, name)
        return asyncio.run(work(options))

    return run


def _demo(options: argparse.Namespace) -> int:
    from hydrogen.cli.demo import demo

    return asyncio.run(demo(options))


def _emergency(options: argparse.Namespace) -> int:
    from hydrogen.cli.emergency import emergency

    return asyncio.run(emergency(options))


def _analyse(options: argparse.Namespace) -> int:
    from hydrogen.cli.analysis import analyse_command

    return analyse_command(options)


def _show_queue(options: argparse.Namespace) -> int:
    from hydrogen.cli.backlog import show_queue

    return asyncio.run(show_queue(options))


def _add_to_queue(options: argparse.Namespace) -> int:
    from hydrogen.cli.backlog import add_to_queue

    return asyncio.run(add_to_queue(options))


def _change_queue(options: argparse.Namespace) -> int:
    from hydrogen.cli.backlog import change_queue

    return asyncio.run(change_queue(options))


def _record(options: argparse.Namespace) -> int:
    from hydrogen.cli.record import record

    return asyncio.run(record(options))


def _fleet(function: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        from hydrogen.cli import fleet

        return int(asyncio.run(getattr(fleet, function)(options)))

    return run


def _list_ports(options: argparse.Namespace) -> int:
    from hydrogen.cli.port import list_ports

    return asyncio.run(list_ports(options))


def _retention(options: argparse.Namespace) -> int:
    from hydrogen.cli.retention import retention

    return asyncio.run(retention(options))


def _doctor(options: argparse.Namespace) -> int:
    from hydrogen.cli.doctor import doctor

    return asyncio.run(doctor(options))


def _sensors(options: argparse.Namespace) -> int:
    from hydrogen.cli.sensors import sensors

    return asyncio.run(sensors(options))


def _files(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        from hydrogen.cli import files

        work: Callable[[argparse.Namespace], Coroutine[Any, Any, ExitCode]] = getattr(files, name)
        return asyncio.run(work(options))

    return run


def _recover(options: argparse.Namespace) -> int:
    from hydrogen.cli.recovery import recover_command

    return recover_command(options)


def _client(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        from hydrogen.cli import command

        work: Callable[[argparse.Namespace], Coroutine[Any, Any, ExitCode]] = getattr(command, name)
        return asyncio.run(work(options))

    return run


if __name__ == "__main__":
    sys.exit(main())
