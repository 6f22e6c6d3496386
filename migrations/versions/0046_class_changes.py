"""People moved by splits and mergers; results of a sign-off corrected by two people, and only so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

TABLES = ("class_move", "moved_voucher", "completion_correction")
FIXED = {
    "class_move": ("kind", "from_class_id", "to_class_id", "why", "asked_by_person_id", "asked_at"),
    "moved_voucher": ("move_id", "voucher_id"),
    "completion_correction": (
        *("completion_id", "class_id", "former_hours", "former_exam_hundredths", "former_passed"),
        *("hours_attended", "exam_hundredths", "why", "asked_by_person_id", "asked_at"),
    ),
}
ONCE = {
    "class_move": ("agreed", "opinion", "decided_by_person_id", "decided_at"),
    "moved_voucher": (),
    "completion_correction": ("agreed", "decided_by_person_id", "decided_at"),
}
CONFIRMED = (
    "EXISTS (SELECT 1 FROM completion_correction c WHERE c.completion_id = OLD.id AND c.agreed = 1"
    " AND c.hours_attended = NEW.hours_attended AND c.passed = NEW.passed"
    " AND c.exam_hundredths {same} NEW.exam_hundredths)"
    " AND OLD.voucher_id = NEW.voucher_id AND OLD.person_id = NEW.person_id AND OLD.class_id = NEW.class_id"
    " AND OLD.hours_planned = NEW.hours_planned AND OLD.signed_at = NEW.signed_at"
    " AND OLD.signed_by_person_id = NEW.signed_by_person_id"
)
TOLD = "completion is corrected by two people only"


def upgrade() -> None:
    """Create the tables with their triggers, and let a completion follow a confirmed correction."""
    _create_class_move()
    _create_moved_voucher()
    _create_completion_correction()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
        for column in FIXED[table]:
            when = f"OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", f"{table}.{column} stays", when)
        for column in ONCE[table]:
            when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
            _refuse(
                f"{table}_{column}_once",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} is written once",
                when,
            )
    if sqlite:
        op.execute("DROP TRIGGER completion_no_update")
        held = CONFIRMED.format(same="IS")
        op.execute(
            f"CREATE TRIGGER completion_corrected_only BEFORE UPDATE ON completion WHEN NOT ({held}) "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute("DROP TRIGGER completion_no_update ON completion")
    held = CONFIRMED.format(same="IS NOT DISTINCT FROM")
    op.execute(
        "CREATE FUNCTION refuse_completion_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NOT ({held}) THEN RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = '{TOLD}'; "
        "END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER completion_corrected_only BEFORE UPDATE ON completion FOR EACH ROW "
        "EXECUTE FUNCTION refuse_completion_change()"
    )


def _create_class_move() -> None:
    op.create_table(
        "class_move",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("from_class_id", t.Int64(), nullable=False),
        sa.Column("to_class_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("agreed", t.Flag(), nullable=True),
        sa.Column("opinion", t.Text(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('split','merger')", name=op.f("ck_class_move_kind")),
        sa.CheckConstraint("from_class_id <> to_class_id", name=op.f("ck_class_move_two_classes")),
        sa.CheckConstraint(
            "decided_by_person_id <> asked_by_person_id", name=op.f("ck_class_move_two_people")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)", name=op.f("ck_class_move_decided_by")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (agreed IS NULL)", name=op.f("ck_class_move_agreed")),
        sa.CheckConstraint("(decided_at IS NULL) = (opinion IS NULL)", name=op.f("ck_class_move_opinion")),
        sa.ForeignKeyConstraint(
            ["from_class_id"], ["training_class.id"], name=op.f("fk_class_move_from_class_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_class_id"], ["training_class.id"], name=op.f("fk_class_move_to_class_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_move")),
        sqlite_strict=True,
    )
    _index_open("uq_class_move_open", "class_move", "from_class_id")


def _create_moved_voucher() -> None:
    op.create_table(
        "moved_voucher",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("move_id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.ForeignKeyConstraint(["move_id"], ["class_move.id"], name=op.f("fk_moved_voucher_move_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_moved_voucher_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moved_voucher")),
        sa.UniqueConstraint("move_id", "voucher_id", name=op.f("uq_moved_voucher_move_id_voucher_id")),
        sqlite_strict=True,
    )


def _create_completion_correction() -> None:
    name = "completion_correction"
    op.create_table(
        "completion_correction",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("completion_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("former_hours", t.Int64(), nullable=False),
        sa.Column("former_exam_hundredths", t.Int64(), nullable=True),
        sa.Column("former_passed", t.Flag(), nullable=False),
        sa.Column("hours_attended", t.Int64(), nullable=False),
        sa.Column("exam_hundredths", t.Int64(), nullable=True),
        sa.Column("passed", t.Flag(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("agreed", t.Flag(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("hours_attended >= 0", name=op.f(f"ck_{name}_hours")),
        sa.CheckConstraint(
            "exam_hundredths IS NULL OR exam_hundredths BETWEEN 0 AND 10000", name=op.f(f"ck_{name}_exam")
        ),
        sa.CheckConstraint("decided_by_person_id <> asked_by_person_id", name=op.f(f"ck_{name}_two_people")),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)", name=op.f(f"ck_{name}_decided_by")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (agreed IS NULL)", name=op.f(f"ck_{name}_agreed")),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name=op.f(f"fk_{name}_completion_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f(f"fk_{name}_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_strict=True,
    )
    _index_open("uq_completion_correction_open", name, "completion_id")


def _index_open(name: str, table: str, column: str) -> None:
    undecided = sa.text("decided_at IS NULL")
    op.create_index(
        name, table, [column], unique=True, sqlite_where=undecided, postgresql_where=undecided
    )  # fmt: skip


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
