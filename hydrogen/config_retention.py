"""The table `[retention]`: how long things stay on the disk, and when it counts as low."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from hydrogen.config_section import Section

Days = Annotated[float, Field(ge=0, le=36_500)]
Bytes = Annotated[int, Field(ge=0, le=2**50)]


class RetentionSection(Section):
    """What goes by itself. 0 is no limit. What a job, the queue or a recovery needs stays in any case; days count only while
    the system's clock is set."""

    disk_low_bytes: Bytes = Field(
        default=1_073_741_824,
        description="Bytes free below which the disk counts as low: clients are told (`host.disk_low`), caches are emptied, "
        "and all the limits below are applied at once. At most 5 % of the disk, so that a small one is not low for ever. A "
        "long print's file and its journals fit into 1 GiB.",
    )
    disk_critical_bytes: Bytes = Field(
        default=268_435_456,
        description="The same for `critical`; at most 1.25 % of the disk. Below 256 MiB the system itself begins to stumble.",
    )
    history_jobs: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=10_000,
        description="Jobs that the history keeps, some 300 bytes each: years of printing in 3 MB, copied once a day.",
    )
    history_days: Days = Field(
        default=0.0,
        description="Days that a job stays in the history. No limit: what was printed is worth knowing, and costs little.",
    )
    receipts: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1000,
        description="Receipts that are kept, some 4 kB each, as files and in the database.",
    )
    receipt_days: Days = Field(default=0.0, description="Days that a receipt is kept. No limit: their number is one.")
    analysis_days: Days = Field(
        default=30.0,
        description="Days that the analysis of a file is kept after it was used last. It can be made again in some seconds. "
        "All together have 256 MiB at most.",
    )
    spool_days: Annotated[float, Field(ge=1, le=36_500)] = Field(
        default=14.0,
        description="Days that files and journals of jobs are kept whose printer is no longer configured. As long as a "
        "printer's own spooler keeps what can be recovered; one at the least, so that no job that begins is ever near it.",
    )
    damaged_days: Days = Field(
        default=90.0,
        description="Days that a damaged database is kept aside (`hydrogen.db.damaged-N`): long enough to get something out "
        "of it.",
    )
    audit_days: Days = Field(
        default=0.0,
        description="Days that files of the audit log are kept. No limit: `auth.audit_files` is one, and who deletes the "
        "record of who did what should have to ask for it.",
    )
    log_bytes: Annotated[int, Field(ge=65_536, le=2**30)] = Field(
        default=1_048_576,
        description="Bytes of a spooler's `NAME.log`; above that its oldest lines go, and half of it stays. It lies in memory "
        "(`runtime_dir`).",
    )
    files_days: Days = Field(
        default=0.0,
        description="Days after which files of yours that nobody has changed are deleted from `files/`. 0: never, because they "
        "are yours.",
    )
    files_bytes: Bytes = Field(
        default=0,
        description="Bytes that all files in `files/` may have together; above that the oldest go. 0: no limit, for the same "
        "reason.",
    )

    @model_validator(mode="after")
    def _fit(self) -> RetentionSection:
        if self.disk_critical_bytes > self.disk_low_bytes:
            raise ValueError("disk_critical_bytes no larger than disk_low_bytes")
        return self
