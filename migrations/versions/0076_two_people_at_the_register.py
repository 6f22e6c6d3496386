"""Two people: verification by hand and the register that answers carry both hands, held by the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

FIXED = ("one", "name", "address", "why", "asked_by_person_id", "asked_at")
ONCE = ("confirmed", "decided_by_person_id", "decided_at")


def upgrade() -> None:
    """Create the tables, tell which readings verified what, and guard what is written from now on."""
    _hands()
    _register()
    _guard(
        "register_look_up_two_people",
        "register_look_up",
        "INSERT",
        "NEW.way = 'by_hand' AND NOT EXISTS (SELECT 1 FROM hand_verification AS pair "
        "WHERE pair.certificate_id = NEW.certificate_id AND pair.confirmer_person_id = NEW.asked_by_person_id "
        "AND pair.confirmed_at = NEW.asked_at)",
        "a look-up by hand needs two people",
    )
    for timing in ("INSERT", "UPDATE"):
        _guard(
            f"register_system_two_people_{timing.lower()}",
            "register_system",
            timing,
            "NOT EXISTS (SELECT 1 FROM register_change AS asked "
            "WHERE asked.id = NEW.change_id AND asked.confirmed = 1)",
            "a register needs two people",
        )


def _hands() -> None:
    op.create_index(
        "uq_hand_reading_reader", "hand_reading", ["id", "certificate_id", "read_by_person_id"], unique=True
    )
    reading = ["hand_reading.id", "hand_reading.certificate_id", "hand_reading.read_by_person_id"]
    op.create_table(
        "hand_verification",
        sa.Column("second_reading_id", t.Int64(), nullable=False),
        sa.Column("first_reading_id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("checker_person_id", t.Int64(), nullable=False),
        sa.Column("confirmer_person_id", t.Int64(), nullable=False),
        sa.Column("confirmed_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "checker_person_id <> confirmer_person_id", name=op.f("ck_hand_verification_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["first_reading_id", "certificate_id", "checker_person_id"],
            reading,
            name="fk_hand_verification_first",
        ),
        sa.ForeignKeyConstraint(
            ["second_reading_id", "certificate_id", "confirmer_person_id"],
            reading,
            name="fk_hand_verification_second",
        ),
        sa.PrimaryKeyConstraint("second_reading_id", name=op.f("pk_hand_verification")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO hand_verification (second_reading_id, first_reading_id, certificate_id, "
        "checker_person_id, confirmer_person_id, confirmed_at) "
        "SELECT second.id, first.id, second.certificate_id, first.read_by_person_id, "
        "second.read_by_person_id, asked.asked_at FROM register_look_up AS asked "
        "JOIN hand_reading AS second ON second.certificate_id = asked.certificate_id "
        "AND second.read_by_person_id = asked.asked_by_person_id AND second.read_at = asked.asked_at "
        "JOIN hand_reading AS first ON first.id = (SELECT max(before.id) FROM hand_reading AS before "
        "WHERE before.certificate_id = second.certificate_id AND before.id < second.id "
        "AND before.read_by_person_id <> second.read_by_person_id) WHERE asked.way = 'by_hand'"
    )
    _refuse("hand_verification_no_update", "hand_verification", "UPDATE", "hand_verification is append only")
    _refuse("hand_verification_no_delete", "hand_verification", "DELETE", "hand_verification is append only")
    _no_truncate("hand_verification")


def _register() -> None:
    op.create_table(
        "register_change",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("one", t.Int64(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=True),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed", t.Flag(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "confirmed = 0 OR decided_by_person_id <> asked_by_person_id",
            name=op.f("ck_register_change_two_people"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)",
            name=op.f("ck_register_change_decided_by"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (confirmed IS NULL)", name=op.f("ck_register_change_decided")
        ),
        sa.CheckConstraint("one = 1", name=op.f("ck_register_change_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_change")),
        sqlite_strict=True,
    )
    waits = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_register_change_open",
        "register_change",
        ["one"],
        unique=True,
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.add_column("register_system", sa.Column("change_id", t.Int64(), nullable=True))
    _refuse(
        "register_change_no_delete", "register_change", "DELETE", "register_change rows are never deleted"
    )
    _no_truncate("register_change")
    word = "IS NOT" if _sqlite() else "IS DISTINCT FROM"
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        told = f"register_change.{column} never changes"
        _refuse(f"register_change_{column}_fixed", "register_change", f"UPDATE OF {column}", told, when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        told = f"register_change.{column} is written once"
        _refuse(f"register_change_{column}_once", "register_change", f"UPDATE OF {column}", told, when)


def _sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def _no_truncate(table: str) -> None:
    if not _sqlite():
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if _sqlite():
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


def _guard(name: str, table: str, timing: str, sin: str, told: str) -> None:
    """Refuse a row whose condition asks another table, which a WHEN clause of PostgreSQL cannot."""
    if _sqlite():
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table} WHEN {sin} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {sin} THEN RAISE EXCEPTION '{told}'; END IF; RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
