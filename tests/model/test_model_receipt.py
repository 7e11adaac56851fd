from __future__ import annotations

from hypothesis import given

from hydrogen.model.codec import decode_json, encode_json, event_from_plain, plain_event
from hydrogen.model.events import JobReceiptIssued
from hydrogen.model.job import JobOutcome
from hydrogen.model.receipt import HeaterRecord, NoteRecord, PauseRecord, Receipt
from tests.support.model_strategies import objects_of
from tests.support.property_settings import REPEATABLE


def test_a_receipt_survives_the_wire_whole() -> None:
    receipt = Receipt(
        job="j",
        file="a.gcode",
        outcome=JobOutcome.CANCELLED,
        heaters={"bed": HeaterRecord(last_target_celsius=60.0, min_celsius=59.0)},
        pauses=(PauseRecord(began_at=1_800_000_000.0, seconds=3.0, reason="lunch"),),
        errors=(NoteRecord(noted_at=1_800_000_001.0, text="cold", code="cold_extrusion"),),
    )
    event = JobReceiptIssued(at=1_800_000_009.0, printer="p", job="j", receipt=receipt)
    assert event_from_plain(decode_json(encode_json(plain_event(event)))) == event


@REPEATABLE
@given(objects_of(HeaterRecord))
def test_records_survive_with_any_values(record: HeaterRecord) -> None:
    receipt = Receipt(job="j", file="f", outcome=JobOutcome.FAILED, heaters={"tool0": record})
    event = JobReceiptIssued(at=1.0, printer="p", job="j", receipt=receipt)
    read = event_from_plain(decode_json(encode_json(plain_event(event))))
    assert isinstance(read, JobReceiptIssued) and set(read.receipt.heaters) == {"tool0"}
