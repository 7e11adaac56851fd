"""The doctor, asked for one printer or for all that the caller may see."""

from __future__ import annotations

from hydrogen.auth.principal import Principal
from hydrogen.doctor.diagnosis import Diagnosis, Verdict
from hydrogen.operations.diagnosis import diagnosis_operations
from tests.operations.fleet import WillingFleet, call, named


class Doctor:
    """Takes b for ill and everybody else for well."""

    async def diagnose(self, printers: tuple[str, ...]) -> tuple[Diagnosis, ...]:
        return tuple(Diagnosis(printer=name, verdicts=(self._verdict(name),), not_seen=("x",)) for name in printers)

    def _verdict(self, name: str) -> Verdict:
        cause, step = ("noisy_wire", "another cable") if name == "b" else ("nothing_wrong", "")
        return Verdict(cause=cause, confidence="medium", sentence="so", next_step=step, evidence=("e",))


async def test_one_printer_or_all_that_the_caller_may_see_are_judged() -> None:
    diagnose = named(diagnosis_operations(Doctor(), WillingFleet("a", "b", "c")), "system.diagnose")
    assert diagnose.scope == "read"
    told = await call(diagnose, printer="b")
    assert told == {
        "diagnoses": [
            {
                "healthy": False,
                "printer": "b",
                "verdicts": [
                    {
                        "cause": "noisy_wire",
                        "confidence": "medium",
                        "sentence": "so",
                        "next_step": "another cable",
                        "evidence": ["e"],
                    }
                ],
                "not_seen": ["x"],
            }
        ]
    }
    guest = Principal(name="guest", printers=frozenset({"a", "c"}))
    told = await call(diagnose, printer=None, principal=guest)
    assert [(one["printer"], one["healthy"]) for one in told["diagnoses"]] == [("a", True), ("c", True)]
