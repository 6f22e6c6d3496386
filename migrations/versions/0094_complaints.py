"""Complaints about institutions and appeals against measures: sealed words, deadlines, foreign hands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

FIXED = (
    *("number", "kind", "topic", "region_code", "institution_id", "measure_id", "complainant_person_id"),
    *("subject_index", "filed_at", "accept_by", "barred_one_person_id", "barred_two_person_id"),
)
ONCE = (
    *("accepted_at", "close_by", "question", "asked_at", "answer_by", "answer", "answered_at"),
    *("answered_by_person_id", "conclusion", "reply", "concluded_at", "concluded_by_person_id"),
)
FOREIGN = "complaint is never concluded by the institution it is about"
STAFF = (
    "SELECT 1 FROM role_grant g JOIN user_account u ON u.id = g.user_id "
    "WHERE u.person_id = NEW.concluded_by_person_id AND g.institution_id = NEW.institution_id"
)
PEOPLE = ("complainant_person_id", "handler_person_id", "answered_by_person_id", "concluded_by_person_id")


def upgrade() -> None:
    """Create the table with its triggers."""
    _create()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse("complaint_no_delete", "DELETE", "complaint rows are never deleted")
    if not sqlite:
        op.execute(
            "CREATE TRIGGER complaint_no_truncate BEFORE TRUNCATE ON complaint "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        _refuse(f"complaint_{column}_fixed", f"UPDATE OF {column}", f"complaint.{column} never changes", when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        told = f"complaint.{column} is written once"
        _refuse(f"complaint_{column}_once", f"UPDATE OF {column}", told, when)
    if sqlite:
        _refuse("complaint_foreign_hands", "UPDATE OF concluded_by_person_id", FOREIGN, f"EXISTS ({STAFF})")
        return
    op.execute(
        "CREATE FUNCTION complaint_foreign_hands() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF EXISTS ({STAFF}) THEN RAISE EXCEPTION '{FOREIGN}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER complaint_foreign_hands BEFORE UPDATE OF concluded_by_person_id ON complaint "
        "FOR EACH ROW EXECUTE FUNCTION complaint_foreign_hands()"
    )


def _create() -> None:
    op.create_table(
        "complaint",
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("topic", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("measure_id", t.Int64(), nullable=True),
        sa.Column("complainant_person_id", t.Int64(), nullable=True),
        sa.Column("subject_index", t.Text(), nullable=False),
        sa.Column("words_sealed", t.Bytes(), nullable=False),
        sa.Column("contact_sealed", t.Bytes(), nullable=True),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("accept_by", t.Day(), nullable=False),
        sa.Column("barred_one_person_id", t.Int64(), nullable=True),
        sa.Column("barred_two_person_id", t.Int64(), nullable=True),
        sa.Column("accepted_at", t.UtcTime(), nullable=True),
        sa.Column("handler_person_id", t.Int64(), nullable=True),
        sa.Column("close_by", t.Day(), nullable=True),
        sa.Column("question", t.Text(), nullable=True),
        sa.Column("asked_at", t.UtcTime(), nullable=True),
        sa.Column("answer_by", t.Day(), nullable=True),
        sa.Column("answer", t.Text(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.Column("answered_by_person_id", t.Int64(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.Column("reply", t.Text(), nullable=True),
        sa.Column("concluded_at", t.UtcTime(), nullable=True),
        sa.Column("concluded_by_person_id", t.Int64(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        *_checks(),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_complaint_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_complaint_region_code")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_complaint_institution_id")
        ),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_complaint_measure_id")),
        sa.ForeignKeyConstraint(
            ["subject_index"], ["subject_key.blind_index"], name=op.f("fk_complaint_subject_index")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_complaint_{column}"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("number", name=op.f("uq_complaint_number")),
        sqlite_strict=True,
    )
    for name, columns in (
        ("queue", ["region_code", "state"]), ("institution", ["institution_id"]),
        ("measure", ["measure_id"]), ("complainant", ["complainant_person_id"]),
    ):  # fmt: skip
        op.create_index(f"ix_complaint_{name}", "complaint", columns, unique=False)


def _checks() -> list[sa.CheckConstraint]:
    said = {
        "thing": "thing = 'complaint'",
        "kind": "kind IN ('complaint','appeal')",
        "appeal_of_measure": "(kind = 'appeal') = (measure_id IS NOT NULL)",
        "handled": "(accepted_at IS NULL) = (handler_person_id IS NULL)",
        "due": "(accepted_at IS NULL) = (close_by IS NULL)",
        "asked": "(asked_at IS NULL) = (question IS NULL)",
        "asked_until": "(asked_at IS NULL) = (answer_by IS NULL)",
        "answered": "(answered_at IS NULL) = (answer IS NULL)",
        "answered_after": "answered_at IS NULL OR asked_at IS NOT NULL",
        "concluded": "(concluded_at IS NULL) = (conclusion IS NULL)",
        "outcome": "state NOT IN ('upheld','dismissed','refused') OR concluded_at IS NOT NULL",
        "hands": "concluded_by_person_id <> complainant_person_id AND concluded_by_person_id"
        " <> barred_one_person_id AND concluded_by_person_id <> barred_two_person_id"
        " AND concluded_by_person_id <> answered_by_person_id",
    }
    return [sa.CheckConstraint(words, name=op.f(f"ck_complaint_{name}")) for name, words in said.items()]


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON complaint{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON complaint FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
