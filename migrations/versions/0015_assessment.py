"""Exam batches, candidates, results, and the certificate a voucher turned into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_exam_batch()
    _create_candidate()
    _create_exam_result()
    _create_voucher_proof()


def _create_exam_batch() -> None:
    op.create_table(
        "exam_batch",
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("certificate_kind", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("exam_on", t.Day(), nullable=False),
        sa.Column("place", t.Text(), nullable=False),
        sa.Column("planned_by_person_id", t.Int64(), nullable=False),
        sa.Column("planned_at", t.UtcTime(), nullable=False),
        sa.Column("entered_by_person_id", t.Int64(), nullable=True),
        sa.Column("published_by_person_id", t.Int64(), nullable=True),
        sa.Column("published_at", t.UtcTime(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'exam_batch'", name=op.f("ck_exam_batch_thing")),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_exam_batch_level")),
        sa.CheckConstraint(
            "published_by_person_id <> entered_by_person_id", name=op.f("ck_exam_batch_two_people")
        ),
        sa.ForeignKeyConstraint(["filing_id"], ["evaluator_filing.id"], name=op.f("fk_exam_batch_filing_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_exam_batch_institution_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_exam_batch_region_code")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_exam_batch_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_batch")),
        sqlite_strict=True,
    )
    op.create_index("ix_exam_batch_institution", "exam_batch", ["institution_id", "exam_on"], unique=False)


def _create_candidate() -> None:
    op.create_table(
        "candidate",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("admitted_at", t.UtcTime(), nullable=True),
        sa.Column("admitted_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "(admitted_at IS NULL) = (admitted_by_person_id IS NULL)", name=op.f("ck_candidate_admitted_by")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["exam_batch.id"], name=op.f("fk_candidate_batch_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_candidate_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_candidate_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("batch_id", "person_id", name=op.f("uq_candidate_batch_id_person_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_candidate_person", "candidate", ["person_id"], unique=False)
    op.create_index("ix_candidate_voucher", "candidate", ["voucher_id"], unique=False)


def _create_exam_result() -> None:
    op.create_table(
        "exam_result",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("theory_hundredths", t.Int64(), nullable=True),
        sa.Column("skill_hundredths", t.Int64(), nullable=True),
        sa.Column("passed", t.Flag(), nullable=False),
        sa.Column("why", t.Text(), nullable=True),
        sa.Column("entered_by_person_id", t.Int64(), nullable=False),
        sa.Column("entered_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)",
            name=op.f("ck_exam_result_confirmed_by"),
        ),
        sa.CheckConstraint(
            "confirmed_by_person_id <> entered_by_person_id", name=op.f("ck_exam_result_two_people")
        ),
        sa.CheckConstraint(
            "revision = 1 OR why IS NOT NULL", name=op.f("ck_exam_result_correction_with_reason")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_exam_result_revision")),
        sa.CheckConstraint(
            "skill_hundredths IS NULL OR skill_hundredths BETWEEN 0 AND 10000",
            name=op.f("ck_exam_result_skill"),
        ),
        sa.CheckConstraint(
            "theory_hundredths IS NULL OR theory_hundredths BETWEEN 0 AND 10000",
            name=op.f("ck_exam_result_theory"),
        ),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name=op.f("fk_exam_result_candidate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_result")),
        sa.UniqueConstraint("candidate_id", "revision", name=op.f("uq_exam_result_candidate_id_revision")),
        sqlite_strict=True,
    )


def _create_voucher_proof() -> None:
    op.create_table(
        "voucher_proof",
        sa.Column("voucher_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("verification_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("verified", t.Flag(), nullable=False),
        sa.Column("attached_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("verified = 1", name=op.f("ck_voucher_proof_verified")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_voucher_proof_certificate_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_voucher_proof_person_id")),
        sa.ForeignKeyConstraint(
            ["verification_id", "person_id", "trade_code", "level", "verified"],
            [
                "verification.id",
                "verification.person_id",
                "verification.trade_code",
                "verification.level",
                "verification.verified",
            ],
            name="fk_voucher_proof_basis",
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_voucher_proof_holder",
        ),
        sa.PrimaryKeyConstraint("voucher_id", name=op.f("pk_voucher_proof")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_voucher_proof_certificate_id")),
        sqlite_strict=True,
    )
