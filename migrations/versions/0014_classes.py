"""Classes and their sessions, enrolments, redemptions, attendance, completions and every scan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_training_class()
    _create_class_session()
    _create_enrolment()
    _create_redemption()
    _create_scan()
    _create_attendance()
    _create_completion()


def _create_training_class() -> None:
    op.create_table(
        "training_class",
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("delivering_institution_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.Column("training_kind", t.Text(), nullable=False),
        sa.Column("mode", t.Text(), nullable=False),
        sa.Column("certificate_kind", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("hours_offline", t.Int64(), nullable=False),
        sa.Column("hours_online", t.Int64(), nullable=False),
        sa.Column("capacity", t.Int64(), nullable=False),
        sa.Column("fee_fen", t.Int64(), nullable=False),
        sa.Column("starts_on", t.Day(), nullable=False),
        sa.Column("ends_on", t.Day(), nullable=False),
        sa.Column("place", t.Text(), nullable=False),
        sa.Column("teacher", t.Text(), nullable=False),
        sa.Column("syllabus", t.Text(), nullable=False),
        sa.Column("drafted_by_person_id", t.Int64(), nullable=False),
        sa.Column("drafted_at", t.UtcTime(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'class'", name=op.f("ck_training_class_thing")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_training_class_capacity")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_training_class_dates")),
        sa.CheckConstraint("fee_fen >= 0", name=op.f("ck_training_class_fee")),
        sa.CheckConstraint("hours_offline + hours_online > 0", name=op.f("ck_training_class_hours_planned")),
        sa.CheckConstraint("hours_offline >= 0 AND hours_online >= 0", name=op.f("ck_training_class_hours")),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_training_class_level")),
        sa.ForeignKeyConstraint(
            ["delivering_institution_id"],
            ["institution.id"],
            name=op.f("fk_training_class_delivering_institution_id"),
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_training_class_institution_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_training_class_project_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_training_class_region_code")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_training_class_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_class")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_training_class_institution", "training_class", ["institution_id", "starts_on"], unique=False
    )
    op.create_index("ix_training_class_region", "training_class", ["region_code", "state"], unique=False)


def _create_class_session() -> None:
    op.create_table(
        "class_session",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("mode", t.Text(), nullable=False),
        sa.Column("topic", t.Text(), nullable=False),
        sa.Column("starts_at", t.UtcTime(), nullable=False),
        sa.Column("ends_at", t.UtcTime(), nullable=False),
        sa.Column("hours", t.Int64(), nullable=False),
        sa.CheckConstraint("mode IN ('offline','online')", name=op.f("ck_class_session_mode")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_class_session_moments")),
        sa.CheckConstraint("hours > 0", name=op.f("ck_class_session_hours")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_class_session_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_session")),
        sa.UniqueConstraint("class_id", "position", name=op.f("uq_class_session_class_id_position")),
        sqlite_strict=True,
    )
    op.create_index("ix_class_session_starts", "class_session", ["starts_at"], unique=False)


def _create_enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("enrolled_at", t.UtcTime(), nullable=False),
        sa.Column("enrolled_by_person_id", t.Int64(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_by", t.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_enrolment_ended_by")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_enrolment_class_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrolment_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_enrolment_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("id", "voucher_id", "class_id", name=op.f("uq_enrolment_id_voucher_id_class_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_enrolment_class", "enrolment", ["class_id"], unique=False)
    op.create_index("ix_enrolment_person", "enrolment", ["person_id"], unique=False)
    op.create_index(
        "uq_enrolment_open",
        "enrolment",
        ["voucher_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_redemption() -> None:
    op.create_table(
        "redemption",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("enrolment_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("screen_code_id", t.Int64(), nullable=False),
        sa.Column("device", t.Text(), nullable=False),
        sa.Column("nonce", t.Text(), nullable=False),
        sa.Column("redeemed_at", t.UtcTime(), nullable=False),
        sa.Column("redeemed_by_person_id", t.Int64(), nullable=False),
        sa.Column("reversal_asked_by_person_id", t.Int64(), nullable=True),
        sa.Column("reversal_asked_at", t.UtcTime(), nullable=True),
        sa.Column("reversal_reason", t.Text(), nullable=True),
        sa.Column("reversed_by_person_id", t.Int64(), nullable=True),
        sa.Column("reversed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "reversed_at IS NULL OR reversed_by_person_id IS NOT NULL", name=op.f("ck_redemption_reversed_by")
        ),
        sa.CheckConstraint(
            "reversed_by_person_id <> reversal_asked_by_person_id", name=op.f("ck_redemption_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "voucher_id", "class_id"],
            ["enrolment.id", "enrolment.voucher_id", "enrolment.class_id"],
            name="fk_redemption_enrolment",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_redemption_institution_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_redemption_person_id")),
        sa.ForeignKeyConstraint(
            ["screen_code_id"], ["screen_code.id"], name=op.f("fk_redemption_screen_code_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_redemption_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("device", "nonce", name=op.f("uq_redemption_device_nonce")),
        sa.UniqueConstraint("screen_code_id", name=op.f("uq_redemption_screen_code_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_redemption_class", "redemption", ["class_id"], unique=False)
    op.create_index(
        "uq_redemption_standing",
        "redemption",
        ["voucher_id"],
        unique=True,
        sqlite_where=sa.text("reversed_at IS NULL"),
        postgresql_where=sa.text("reversed_at IS NULL"),
    )


def _create_scan() -> None:
    op.create_table(
        "scan",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("act", t.Text(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=True),
        sa.Column("institution_id", t.Int64(), nullable=True),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("code", t.Text(), nullable=True),
        sa.Column("title", t.Text(), nullable=True),
        sa.Column("device", t.Text(), nullable=False),
        sa.Column("scanned_at", t.UtcTime(), nullable=False),
        sa.Column("scanned_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("act IN ('check','enrol','redeem')", name=op.f("ck_scan_act")),
        sa.CheckConstraint(
            "code IS NOT NULL OR voucher_id IS NOT NULL", name=op.f("ck_scan_accepted_names_voucher")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_scan_class_id")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_scan_institution_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_scan_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
        sqlite_strict=True,
    )
    op.create_index("ix_scan_class", "scan", ["class_id", "id"], unique=False)
    op.create_index("ix_scan_voucher", "scan", ["voucher_id"], unique=False)


def _create_attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("hours", t.Int64(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("why", t.Text(), nullable=True),
        sa.Column("recorded_at", t.UtcTime(), nullable=False),
        sa.Column("recorded_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("(way = 'correction') = (revision > 1)", name=op.f("ck_attendance_revision")),
        sa.CheckConstraint(
            "way <> 'correction' OR why IS NOT NULL", name=op.f("ck_attendance_correction_with_reason")
        ),
        sa.CheckConstraint("way IN ('scan','teacher','correction')", name=op.f("ck_attendance_way")),
        sa.CheckConstraint("hours >= 0", name=op.f("ck_attendance_hours")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_person_id")),
        sa.ForeignKeyConstraint(["session_id"], ["class_session.id"], name=op.f("fk_attendance_session_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_attendance_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint(
            "session_id", "voucher_id", "revision", name=op.f("uq_attendance_session_id_voucher_id_revision")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_attendance_voucher", "attendance", ["voucher_id"], unique=False)


def _create_completion() -> None:
    op.create_table(
        "completion",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("hours_attended", t.Int64(), nullable=False),
        sa.Column("hours_planned", t.Int64(), nullable=False),
        sa.Column("exam_hundredths", t.Int64(), nullable=True),
        sa.Column("passed", t.Flag(), nullable=False),
        sa.Column("why", t.Text(), nullable=True),
        sa.Column("signed_at", t.UtcTime(), nullable=False),
        sa.Column("signed_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "exam_hundredths IS NULL OR exam_hundredths BETWEEN 0 AND 10000", name=op.f("ck_completion_exam")
        ),
        sa.CheckConstraint("hours_attended >= 0 AND hours_planned > 0", name=op.f("ck_completion_hours")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_completion_class_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_completion_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_completion_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completion")),
        sa.UniqueConstraint("voucher_id", name=op.f("uq_completion_voucher_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_completion_class", "completion", ["class_id"], unique=False)
