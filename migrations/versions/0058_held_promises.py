"""What only the code promised of filings, counter devices, studies, inspections and cases, the database holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

PARTS = ("filing_licence", "filing_scope", "filing_teacher", "filing_room")
# which row of a filing's part belongs to a filing that is not being written
FILED = {
    "OLD": "(SELECT state FROM filing WHERE id = OLD.filing_id) NOT IN ('draft','returned')",
    "NEW": "(SELECT state FROM filing WHERE id = NEW.filing_id) NOT IN ('draft','returned')",
}
REFUSE = "RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = TG_ARGV[0]"
TWO_PEOPLE = "decided_by_person_id <> applicant_person_id"
STUDY = {"uq_study_open": "ended_at IS NULL", "uq_study_counted": "outcome = 'counted'"}
DEVICE_FIXED = ("institution_id", "name", "secret_hash", "named_at", "named_by_person_id")
# what is written once, when it happens
ONCE = {
    "counter_device": ("approved_at", "approved_by_person_id", "struck_at", "struck_by_person_id"),
    "inspection": ("marks",),
    "attendance_case": ("conclusion", "closed_by_person_id"),
}


def upgrade() -> None:
    """Add the constraints and triggers."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, where in STUDY.items():
        op.create_index(
            name, "study", ["segment_id", "voucher_id"], unique=True,
            sqlite_where=sa.text(where), postgresql_where=sa.text(where),
        )  # fmt: skip
    _name_who_decided(sqlite)
    _keep_filed_parts(sqlite)
    _refuse("counter_device_no_delete", "counter_device", "DELETE", "counter_device rows are never deleted")
    if not sqlite:
        op.execute(
            "CREATE TRIGGER counter_device_no_truncate BEFORE TRUNCATE ON counter_device "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for column in DEVICE_FIXED:
        told = f"counter_device.{column} never changes"
        when = f"OLD.{column} {word} NEW.{column}"
        _refuse(f"counter_device_{column}_fixed", "counter_device", f"UPDATE OF {column}", told, when)
    for table, columns in ONCE.items():
        for column in columns:
            told = f"{table}.{column} is written once"
            when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_once", table, f"UPDATE OF {column}", told, when)


def _name_who_decided(sqlite: bool) -> None:
    if sqlite:
        # SQLite takes a constraint with the column it comes with, and with nothing else
        op.execute(
            "ALTER TABLE filing ADD COLUMN decided_by_person_id INTEGER\n"
            f"CONSTRAINT ck_filing_two_people CHECK ({TWO_PEOPLE})"
        )
        return
    op.add_column("filing", sa.Column("decided_by_person_id", t.Int64(), nullable=True))
    op.create_check_constraint(op.f("ck_filing_two_people"), "filing", TWO_PEOPLE)


def _keep_filed_parts(sqlite: bool) -> None:
    """Let the parts of a filing change only while its applicant writes it."""
    if not sqlite:
        op.execute(
            "CREATE FUNCTION refuse_filed_part() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP <> 'INSERT' THEN IF {FILED['OLD']} THEN {REFUSE}; END IF; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; "
            f"IF {FILED['NEW']} THEN {REFUSE}; END IF; RETURN NEW; END $$"
        )
    for table in PARTS:
        told = f"{table} of a filing handed in never changes"
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_filed BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
                f"EXECUTE FUNCTION refuse_filed_part('{told}')"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
            continue
        for deed, sides in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
            when = " OR ".join(FILED[side] for side in sides)
            _refuse(f"{table}_filed_{deed.lower()}", table, deed, told, when)


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
