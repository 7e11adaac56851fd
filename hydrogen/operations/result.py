"""What operations answer, as JSON Schemas for the documents. Objects stay open: a later version may say more.

An operation that is not here answers an object; its description says what is in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from hydrogen.gcode.program.analysis import FileAnalysis
from hydrogen.gcode.program.preflight import Preflight
from hydrogen.model.backlog import BedState, QueueEntry
from hydrogen.model.receipt import Receipt
from hydrogen.model.schema import Schema, SchemaBook
from hydrogen.model.sensor import SensorState
from hydrogen.spooler.recovery.recovery_plan import RecoveryPlan

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": ["number", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MOMENT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
ANYTHING: Schema = {"type": "object"}
TEXTS: Schema = {"type": "array", "items": TEXT}

JOB_STATES = ("printing", "completed", "cancelled", "failed", "interrupted")


def result_schemas(book: SchemaBook) -> Mapping[str, Schema]:
    """By the operation's name; what they share is defined in `book`."""
    return {
        **_of_printers(book),
        **_of_jobs(book),
        **_of_the_queue(book),
        **_of_files(book),
        **_of_analyses(book),
        **_of_the_system(),
        **_of_app_keys(),
        **_of_keys(),
        **_of_diagnoses(),
        **_of_sensors(book),
        **_of_ports(),
        **_of_printer_setup(),
    }


def answer_object(*, may_lack: Mapping[str, Schema] | None = None, **properties: Schema) -> Schema:
    """An object with these fields; those of `may_lack` are there only sometimes."""
    return {"type": "object", "properties": {**properties, **(may_lack or {})}, "required": list(properties)}


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def by_printer(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _of_printers(book: SchemaBook) -> dict[str, Schema]:
    word = book.define(
        "EmergencyWord",
        answer_object(
            line=TEXT,
            seen={"type": "string", "description": "`on arrival`, `when read` or `in turn`"},
            confirmed={"type": "boolean"},
        ),
    )
    words = list_of(word)
    error = book.define("ErrorObject", answer_object(code=TEXT, message=TEXT, details=ANYTHING))
    nothing = answer_object()
    bed: Schema = {"type": "string", "enum": [str(state) for state in BedState]}
    return {
        **{
            f"printer.{name}": nothing
            for name in (
                *("connect", "disconnect", "set_temperature", "home", "jog", "move", "extrude"),
                *("set_feedrate", "set_flow", "set_fan", "select_tool"),
            )
        },
        "printer.send_gcode": answer_object(
            may_lack={"replies": TEXTS, "truncated": {"type": "boolean"}, "emergency": words}
        ),
        "printer.answer_prompt": answer_object(may_lack={"button": TEXT_OR_NULL, "emergency": words}),
        "printer.profile": answer_object(
            low_mm={"type": ["object", "null"]},
            high_mm={"type": ["object", "null"]},
            highest_celsius=by_printer({"type": "number"}),
            presets=list_of(
                answer_object(name=TEXT, nozzle_celsius=NUMBER, bed_celsius=NUMBER, chamber_celsius=NUMBER)
            ),
        ),
        "printer.clear_bed": answer_object(bed=bed),
        "printer.cool_down": answer_object(),
        "power.on": answer_object(power=TEXT),
        "power.off": answer_object(power=TEXT),
        "printer.emergency_stop": answer_object(
            stopped=TEXTS, may_lack={"emergency": by_printer(words), "failed": by_printer(error)}
        ),
    }


def _of_jobs(book: SchemaBook) -> dict[str, Schema]:
    job = book.define(
        "PastJob",
        answer_object(
            job=TEXT,
            printer=TEXT,
            file=TEXT,
            actor=TEXT,
            started_at=MOMENT_OR_NULL,
            finished_at=MOMENT_OR_NULL,
            outcome=TEXT_OR_NULL,
            state={"type": "string", "enum": list(JOB_STATES)},
            reason=TEXT_OR_NULL,
            error_code=TEXT_OR_NULL,
            lines_done=COUNT_OR_NULL,
            lines_total=COUNT_OR_NULL,
            bytes_total=COUNT_OR_NULL,
            elapsed_seconds=NUMBER,
            resends=COUNT_OR_NULL,
            possible_duplicates=COUNT_OR_NULL,
        ),
    )
    begun = answer_object(
        job=TEXT, may_lack={"lines_total": COUNT, "bytes_total": COUNT, "layers_total": COUNT_OR_NULL}
    )
    nothing = answer_object()
    return {
        **{f"job.{name}": nothing for name in ("pause", "resume", "cancel", "discard_recovery")},
        "job.start": begun,
        "job.exclude_object": answer_object(object=TEXT, name=TEXT),
        "job.recover": {**begun, "properties": {**begun["properties"], "continues": TEXT_OR_NULL}},
        "job.recovery_plan": book.of_value(RecoveryPlan),
        "job.history": answer_object(jobs=list_of(job), next=TEXT_OR_NULL),
        "job.show": answer_object(job=job),
        "job.receipt": answer_object(printer=TEXT, receipt=book.of_value(Receipt)),
    }


def _of_the_queue(book: SchemaBook) -> dict[str, Schema]:
    entry = book.of_value(QueueEntry)
    placed = answer_object(entry=entry, position=COUNT)
    held = answer_object(held=by_printer(TEXT))
    bed: Schema = {"type": "string", "enum": [str(state) for state in BedState]}
    desk = answer_object(bed=bed, job=TEXT_OR_NULL, held=TEXT_OR_NULL)
    return {
        "queue.add": placed,
        "queue.move": placed,
        "queue.show": answer_object(entry=entry, position=COUNT_OR_NULL),
        "queue.list": answer_object(
            entries=list_of(entry), total=COUNT, past=list_of(entry), printers=by_printer(desk)
        ),
        "queue.remove": answer_object(),
        "queue.hold": held,
        "queue.release": held,
    }


def _of_files(book: SchemaBook) -> dict[str, Schema]:
    file = book.define("StoredFile", answer_object(path=TEXT, size_bytes=COUNT, modified_at=MOMENT))
    one, many = answer_object(file=file), answer_object(files=COUNT)
    return {
        "file.list": answer_object(
            files=list_of(file), total=COUNT, next=TEXT_OR_NULL, folders=TEXTS, free_bytes=COUNT
        ),
        "file.delete": one,
        "file.move": one,
        "file.copy": one,
        "file.make_folder": answer_object(folder=TEXT),
        "file.move_folder": many,
        "file.delete_folder": many,
    }


def _of_analyses(book: SchemaBook) -> dict[str, Schema]:
    thumbnail = answer_object(url=TEXT, width=COUNT, height=COUNT, media=TEXT)
    number: Schema = {"type": "number"}
    places = dict.fromkeys(("z", "height", "seconds", "filament_mm", "x", "y", "z_start", "e", "feedrate"), number)
    counts = dict.fromkeys(("layer", "layers", "offset", "end", "line", "moves", "tool", "modes"), COUNT)
    return {
        "file.info": answer_object(
            path=TEXT,
            size_bytes=COUNT,
            modified_at=MOMENT,
            sha256=TEXT_OR_NULL,
            state={"type": "string", "enum": ["pending", "ready", "failed"]},
            reason=TEXT,
            print_seconds=NUMBER,
            print_seconds_source={"type": "string", "enum": ["", "model", "slicer"]},
            thumbnails=list_of(thumbnail),
            analysis={"anyOf": [book.of_value(FileAnalysis), {"type": "null"}]},
            may_lack={"analysis_url": TEXT, "layers_url": TEXT, "preflight": book.of_value(Preflight)},
        ),
        "file.analyse": answer_object(path=TEXT, state=TEXT),
        "file.layer": answer_object(**counts, **places),
    }


def _of_the_system() -> dict[str, Schema]:
    series = answer_object(
        at=list_of({"type": "number"}), actual_celsius=list_of(NUMBER), target_celsius=list_of(NUMBER)
    )
    line = answer_object(
        number=COUNT, at=MOMENT, level=TEXT, event=TEXT, part=TEXT, printer=TEXT_OR_NULL, fields=ANYTHING
    )
    deletion = answer_object(kind=TEXT, name=TEXT, size_bytes=COUNT, touched_at=MOMENT, reason=TEXT)
    nothing = answer_object()
    return {
        "temperature.history": answer_object(heaters=by_printer(series)),
        "system.status": answer_object(
            server_start_time=MOMENT, epoch=TEXT, version=ANYTHING, system=ANYTHING, status=ANYTHING
        ),
        "system.actions": answer_object(actions=TEXTS),
        **{f"system.{name}": nothing for name in ("restart", "shutdown", "reboot")},
        "system.logs": answer_object(lines=list_of(line), number=COUNT),
        "system.retention": answer_object(
            applied={"type": "boolean"},
            deletions=list_of(deletion),
            count=COUNT,
            bytes=COUNT,
            needed=COUNT,
            failed=TEXTS,
        ),
    }


def _of_app_keys() -> dict[str, Schema]:
    waiting = answer_object(id=TEXT, app=TEXT, user=TEXT_OR_NULL, address=TEXT, requested_at=MOMENT)
    printers: Schema = {"type": ["array", "null"], "items": TEXT}
    return {
        "appkey.list": answer_object(pending=list_of(waiting)),
        "appkey.approve": answer_object(id=TEXT, app=TEXT, scopes=TEXTS, printers=printers),
        "appkey.deny": answer_object(id=TEXT, app=TEXT),
    }


def _of_keys() -> dict[str, Schema]:
    printers: Schema = {"type": ["array", "null"], "items": TEXT}
    key: dict[str, Schema] = {
        "id": TEXT,
        "name": TEXT,
        "scopes": TEXTS,
        "printers": printers,
        "created_at": MOMENT,
        "expires_at": MOMENT_OR_NULL,
    }
    record = answer_object(
        n=COUNT_OR_NULL,
        at=MOMENT_OR_NULL,
        params={"type": ["object", "null"]},
        **dict.fromkeys(("actor", "source", "action", "printer", "result"), TEXT_OR_NULL),
    )
    return {
        "key.list": answer_object(keys=list_of(answer_object(**key))),
        "key.create": answer_object(key=TEXT, **key),
        "key.revoke": answer_object(id=TEXT, name=TEXT),
        "audit.list": answer_object(records=list_of(record), next=COUNT_OR_NULL),
    }


def _of_diagnoses() -> dict[str, Schema]:
    verdict = answer_object(cause=TEXT, confidence=TEXT, sentence=TEXT, next_step=TEXT, evidence={"type": "array"})
    diagnosis = answer_object(
        printer=TEXT, healthy={"type": "boolean"}, verdicts=list_of(verdict), not_seen={"type": "array"}
    )
    return {"system.diagnose": answer_object(diagnoses=list_of(diagnosis))}


def _of_sensors(book: SchemaBook) -> dict[str, Schema]:
    return {
        "sensor.list": answer_object(sensors=by_printer(book.of_value(SensorState))),
        "sensor.history": answer_object(unit=TEXT, at=list_of({"type": "number"}), value=list_of(NUMBER)),
    }


def _of_ports() -> dict[str, Schema]:
    texts = dict.fromkeys(
        (
            *("path", "bind", "bound_by", "note", "identity", "vendor", "product", "serial_number", "socket"),
            *("by_id", "by_path", "words", "driver", "kind", "title", "advice"),
        ),
        TEXT,
    )
    port = answer_object(**texts, printer=TEXT_OR_NULL, in_use={"type": "boolean"})
    return {"port.list": answer_object(ports=list_of(port))}


def _of_printer_setup() -> Mapping[str, Schema]:
    size: Schema = {"type": ["array", "null"], "items": NUMBER, "minItems": 3, "maxItems": 3}
    # A person may have written another kind of speed (`auto`), or no port, into the file by hand.
    baud: Schema = {"type": ["integer", "string", "null"]}
    printer = answer_object(name=TEXT, driver=TEXT, port=TEXT_OR_NULL, baud=baud, size_mm=size)
    return {
        "printer.added": answer_object(printers=list_of(printer)),
        "printer.add": printer,
        "printer.remove": answer_object(name=TEXT),
    }
