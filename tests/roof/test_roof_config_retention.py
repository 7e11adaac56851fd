"""The table `[retention]`: nothing of the user's goes unless it stands there."""

from __future__ import annotations

import pytest

from hydrogen.config import configuration_from_table
from hydrogen.config_retention import RetentionSection
from hydrogen.errors import ConfigurationInvalid


def test_the_users_files_and_the_audit_log_stay_by_default() -> None:
    section = RetentionSection()
    assert (section.files_days, section.files_bytes, section.audit_days, section.history_days) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "table",
    [
        {"disk_low_bytes": 10, "disk_critical_bytes": 20},
        {"spool_days": 0},
        {"receipts": 1001},
        {"files_days": -1},
        {"log_bytes": 1},
        {"files_bytes": "all"},
    ],
)
def test_what_makes_no_sense_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigurationInvalid, match="retention"):
        configuration_from_table({"retention": table}, "test")
