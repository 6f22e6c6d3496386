"""What is said and answered in a case is sealed; a case may wait for its calendar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0120"
down_revision = "0119"
branch_labels = None
depends_on = None

TABLE = "claim_denial"
OPEN = sa.text("confirmed_at IS NULL")
KEPT = (
    *(
        "id",
        "claim_id",
        "person_id",
        "hold_id",
        "problem",
        "opened_at",
        "answer_by",
        "taken_back_at",
        "upheld",
    ),
    *("answered_by_person_id", "answered_at", "confirmed_by_person_id", "confirmed_at"),
)
PEOPLE = ("person_id", "answered_by_person_id", "confirmed_by_person_id")
WHOLE = (
    "(answered_at IS NULL) = (answered_by_person_id IS NULL)"
    " AND (answered_at IS NULL) = (upheld IS NULL)"
    " AND (answer_sealed IS NULL OR answered_at IS NOT NULL)"
)
OLD = {
    "problem": "problem IN ('not_me','not_received','other')",
    "confirmed_by": "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)",
    "answered_first": "confirmed_at IS NULL OR answered_at IS NOT NULL",
    "two_people": "confirmed_by_person_id <> answered_by_person_id",
    "not_by_oneself": "answered_by_person_id <> person_id AND confirmed_by_person_id <> person_id",
}
# a sealed column follows its person to another key: whether something was said stays, not the sealed bytes
FIXED = (
    "NEW.claim_id <> OLD.claim_id OR NEW.person_id <> OLD.person_id"
    " OR COALESCE(NEW.hold_id, 0) <> COALESCE(OLD.hold_id, 0)"
    " OR NEW.problem <> OLD.problem OR NEW.opened_at <> OLD.opened_at"
    " OR (NEW.said_sealed IS NULL) <> (OLD.said_sealed IS NULL)"
)
FINAL = (
    "OLD.confirmed_at IS NOT NULL AND (NEW.confirmed_at IS NULL OR NEW.confirmed_at <> OLD.confirmed_at"
    " OR NEW.confirmed_by_person_id <> OLD.confirmed_by_person_id OR NEW.upheld <> OLD.upheld"
    " OR NEW.answered_at <> OLD.answered_at OR NEW.answered_by_person_id <> OLD.answered_by_person_id"
    " OR (NEW.answer_sealed IS NULL) <> (OLD.answer_sealed IS NULL))"
)


def upgrade() -> None:
    """Seal by replacing the columns; words written in the open before are not kept, what followed stands."""
    for name in ("no_delete", "final", "fixed"):
        op.execute(f"DROP TRIGGER {TABLE}_{name}" + ("" if _is_sqlite() else f" ON {TABLE}"))
    if _is_sqlite():
        op.drop_index("uq_claim_denial_open", TABLE)
        op.drop_index("ix_claim_denial_person", TABLE)
        rebuild(op.get_bind(), TABLE, KEPT, _create)
        op.create_index("uq_claim_denial_open", TABLE, ["claim_id"], unique=True, sqlite_where=OPEN)
        op.create_index("ix_claim_denial_person", TABLE, ["person_id"])
    else:
        _alter()
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    _refuse(f"{TABLE}_final", "UPDATE", "what was confirmed stays", FINAL)
    _refuse(f"{TABLE}_fixed", "UPDATE", "a case stays whose and what it is", FIXED)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _added() -> list[sa.Column[object]]:
    return [
        sa.Column("said_sealed", t.Bytes(), nullable=True),
        sa.Column("answer_sealed", t.Bytes(), nullable=True),
    ]


def _alter() -> None:
    op.drop_constraint(op.f("ck_claim_denial_answered_whole"), TABLE, type_="check")
    op.drop_column(TABLE, "said")
    op.drop_column(TABLE, "answer")
    op.alter_column(TABLE, "answer_by", existing_type=t.Day(), nullable=True)
    for column in _added():
        op.add_column(TABLE, column)
    op.create_check_constraint(op.f("ck_claim_denial_answered_whole"), TABLE, WHOLE)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("hold_id", t.Int64(), nullable=True),
        sa.Column("problem", t.Text(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("answer_by", t.Day(), nullable=True),
        sa.Column("taken_back_at", t.UtcTime(), nullable=True),
        sa.Column("upheld", t.Flag(), nullable=True),
        sa.Column("answered_by_person_id", t.Int64(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        *_added(),
        *(
            sa.CheckConstraint(words, name=op.f(f"ck_claim_denial_{key}"))
            for key, words in (OLD | {"answered_whole": WHOLE}).items()
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_claim_denial_claim_id"),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_claim_denial_hold_id")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_claim_denial_{column}"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_denial")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_claim_denial_hold_id")),
        sqlite_strict=True,
    )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if _is_sqlite():
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
