"""Identity numbers are corrected by two people, names turned down; a number given up may go on reaching."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

COPIED = (
    "id",
    "person_id",
    "former_sealed",
    "former_index",
    "new_sealed",
    "new_index",
    "evidence",
    "proposed_by_person_id",
    "proposed_at",
    "approved_by_person_id",
    "approved_at",
)
OTHER_DECLINER = "declined_by_person_id <> proposed_by_person_id"
DECLINED_BY = (
    "(declined_at IS NULL) = (declined_by_person_id IS NULL)"
    " AND (declined_at IS NULL) = (declined_why IS NULL)"
)
ONE_END = "approved_at IS NULL OR declined_at IS NULL"
OPEN, LIVE = sa.text("decided_at IS NULL"), sa.text("ended_at IS NULL")
NEVER_DELETED = ("number_correction", "former_number")
FIXED = {
    "number_correction": (
        "person_id", "kind", "former_index", "new_index", "evidence", "proposed_by_person_id", "proposed_at",
    ),
    "former_number": ("blind_index", "correction_id"),
}  # fmt: skip
ONE_WAY = {
    "number_correction_stays_decided": (
        "number_correction", "approved", "OLD.approved IS NOT NULL AND {approved_changed}",
    ),
    "former_number_stays_ended": ("former_number", "ended_at", "OLD.ended_at IS NOT NULL"),
}  # fmt: skip
# a number changes by the last correction approved, and by nothing else
APPROVED = (
    "EXISTS (SELECT 1 FROM number_correction c WHERE c.former_index = OLD.blind_index"
    " AND c.new_index = NEW.blind_index AND c.id = (SELECT MAX(n.id) FROM number_correction n"
    " WHERE n.person_id = OLD.id AND n.approved = 1))"
)
GIVEN_UP = (
    "EXISTS (SELECT 1 FROM former_number f WHERE f.blind_index = NEW.blind_index AND f.ended_at IS NULL)"
)
HELD = "NEW.ended_at IS NULL AND EXISTS (SELECT 1 FROM person p WHERE p.blind_index = NEW.blind_index)"


def upgrade() -> None:
    """Create the tables, let a name be turned down, and let a person's number follow a correction."""
    if _is_sqlite():
        _rebuild_former_name()
    else:
        _widen_former_name()
    _create_number_correction()
    _create_former_number()
    for table in NEVER_DELETED:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not _is_sqlite():
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table, columns in FIXED.items():
        for column in columns:
            told = f"{table}.{column} never changes"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, _changed(column))
    for name, (table, column, when) in ONE_WAY.items():
        clause = when.format(approved_changed=_changed("approved"))
        _refuse(name, table, f"UPDATE OF {column}", f"{table}.{column} goes one way", clause)
    op.execute("DROP TRIGGER person_blind_index_fixed" + ("" if _is_sqlite() else " ON person"))
    if _is_sqlite():
        _watch_on_sqlite()
    else:
        _watch_on_postgresql()


def _watch_on_sqlite() -> None:
    """SQLite has one writer: what is looked at before the row is written is what stands afterwards."""
    told = "SELECT RAISE(ABORT, 'taken: person_number_given_up')"
    op.execute(
        "CREATE TRIGGER person_blind_index_corrected BEFORE UPDATE OF blind_index ON person"
        f" WHEN {_changed('blind_index')} AND NOT {APPROVED}"
        " BEGIN SELECT RAISE(ABORT, 'person.blind_index never changes'); END"
    )
    for name, timing in (("person_opened", "INSERT"), ("person_corrected", "UPDATE OF blind_index")):
        op.execute(
            f"CREATE TRIGGER {name}_number_free BEFORE {timing} ON person WHEN {GIVEN_UP} BEGIN {told}; END"
        )
    op.execute(
        f"CREATE TRIGGER former_number_free BEFORE INSERT ON former_number WHEN {HELD} BEGIN {told}; END"
    )


def _watch_on_postgresql() -> None:
    """Look after the row is written: whoever held the number has committed by then, and is seen."""
    op.execute(
        "CREATE FUNCTION refuse_uncorrected() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF OLD.blind_index IS DISTINCT FROM NEW.blind_index AND NOT {APPROVED} THEN "
        "RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = 'person.blind_index never changes'; "
        "END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER person_blind_index_corrected BEFORE UPDATE OF blind_index ON person "
        "FOR EACH ROW EXECUTE FUNCTION refuse_uncorrected()"
    )
    for name, table, timing, when in (
        ("person_number_free", "person", "INSERT OR UPDATE OF blind_index", GIVEN_UP),
        ("former_number_free", "former_number", "INSERT", HELD),
    ):
        op.execute(
            f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION USING ERRCODE = 'unique_violation', "
            "CONSTRAINT = 'person_number_given_up', MESSAGE = 'the number reaches another person'; "
            "END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {timing} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_{name}()"
        )


def _widen_former_name() -> None:
    op.add_column("former_name", sa.Column("declined_by_person_id", t.Int64(), nullable=True))
    op.add_column("former_name", sa.Column("declined_at", t.UtcTime(), nullable=True))
    op.add_column("former_name", sa.Column("declined_why", t.Text(), nullable=True))
    for name, clause in (
        ("two_people_decline", OTHER_DECLINER),
        ("declined_by", DECLINED_BY),
        ("one_end", ONE_END),
    ):
        op.create_check_constraint(op.f(f"ck_former_name_{name}"), "former_name", clause)


def _rebuild_former_name() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'former_name'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "former_name", COPIED, _create_former_name)
    op.create_index("ix_former_name_person", "former_name", ["person_id"], unique=False)
    for trigger in kept:
        op.execute(trigger)


def _create_former_name(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("former_sealed", t.Bytes(), nullable=False),
        sa.Column("former_index", t.Text(), nullable=False),
        sa.Column("new_sealed", t.Bytes(), nullable=False),
        sa.Column("new_index", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("approved_by_person_id", t.Int64(), nullable=True),
        sa.Column("approved_at", t.UtcTime(), nullable=True),
        sa.Column("declined_by_person_id", t.Int64(), nullable=True),
        sa.Column("declined_at", t.UtcTime(), nullable=True),
        sa.Column("declined_why", t.Text(), nullable=True),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by_person_id IS NULL)", name=op.f("ck_former_name_approved_by")
        ),
        sa.CheckConstraint(
            "approved_by_person_id <> proposed_by_person_id", name=op.f("ck_former_name_two_people")
        ),
        sa.CheckConstraint(OTHER_DECLINER, name=op.f("ck_former_name_two_people_decline")),
        sa.CheckConstraint(DECLINED_BY, name=op.f("ck_former_name_declined_by")),
        sa.CheckConstraint(ONE_END, name=op.f("ck_former_name_one_end")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_former_name_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_name")),
        sqlite_strict=True,
    )


def _create_number_correction() -> None:
    op.create_table(
        "number_correction",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("former_sealed", t.Bytes(), nullable=False),
        sa.Column("former_index", t.Text(), nullable=False),
        sa.Column("new_sealed", t.Bytes(), nullable=False),
        sa.Column("new_index", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("approved", t.Flag(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('wrong','changed')", name=op.f("ck_number_correction_kind")),
        sa.CheckConstraint("former_index <> new_index", name=op.f("ck_number_correction_another_number")),
        sa.CheckConstraint(
            "decided_by_person_id <> proposed_by_person_id", name=op.f("ck_number_correction_two_people")
        ),
        sa.CheckConstraint(
            "person_id <> proposed_by_person_id", name=op.f("ck_number_correction_not_own_proposal")
        ),
        sa.CheckConstraint(
            "person_id <> decided_by_person_id", name=op.f("ck_number_correction_not_own_decision")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)",
            name=op.f("ck_number_correction_decided_by"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (approved IS NULL)", name=op.f("ck_number_correction_decided_how")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_number_correction_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_correction")),
        sqlite_strict=True,
    )
    op.create_index("ix_number_correction_person", "number_correction", ["person_id"], unique=False)
    for name, column in (("person", "person_id"), ("number", "new_index")):
        op.create_index(
            f"uq_number_correction_open_{name}",
            "number_correction",
            [column],
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )


def _create_former_number() -> None:
    op.create_table(
        "former_number",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("blind_index", t.Text(), nullable=False),
        sa.Column("present_index", t.Text(), nullable=False),
        sa.Column("correction_id", t.Int64(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "blind_index <> present_index OR ended_at IS NOT NULL",
            name=op.f("ck_former_number_another_number"),
        ),
        sa.ForeignKeyConstraint(
            ["blind_index"], ["subject_key.blind_index"], name=op.f("fk_former_number_blind_index")
        ),
        sa.ForeignKeyConstraint(
            ["present_index"],
            ["person.blind_index"],
            name=op.f("fk_former_number_present_index"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["number_correction.id"], name=op.f("fk_former_number_correction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_number")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_former_number_live",
        "former_number",
        ["blind_index"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index("ix_former_number_present", "former_number", ["present_index"], unique=False)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _changed(column: str) -> str:
    return f"OLD.{column} {'IS NOT' if _is_sqlite() else 'IS DISTINCT FROM'} NEW.{column}"


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if _is_sqlite():
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
