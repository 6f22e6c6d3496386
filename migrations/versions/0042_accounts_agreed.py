"""An account an institution proposes is agreed to by a second person there before the office is asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

TABLE = "payee_account"
COPIED = (
    "institution_id", "holder_name", "bank_name", "account_sealed", "account_index", "account_masked",
    "evidence", "proposed_by_person_id", "proposed_at", "confirmed_by_person_id", "confirmed_at",
    "replaced_at", "id", "state", "seq", "thing",
)  # fmt: skip
ANOTHER = (
    "agreed_by_person_id <> proposed_by_person_id AND (confirmed_by_person_id IS NULL"
    " OR agreed_by_person_id <> confirmed_by_person_id)"
)
IN_USE = sa.text("state = 'confirmed' AND replaced_at IS NULL")


def upgrade() -> None:
    """Add who agreed and when: never who proposed, never who confirmed."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
        return
    op.add_column(TABLE, sa.Column("agreed_by_person_id", t.Int64(), nullable=True))
    op.add_column(TABLE, sa.Column("agreed_at", t.UtcTime(), nullable=True))
    op.create_check_constraint(op.f("ck_payee_account_agreed_by_another"), TABLE, ANOTHER)


def _rebuild() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'payee_account'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, TABLE, COPIED, _create)
    op.create_index("ix_payee_account_account_index", TABLE, ["account_index"], unique=False)
    op.create_index("uq_payee_account_in_use", TABLE, ["institution_id"], unique=True, sqlite_where=IN_USE)
    for trigger in kept:
        op.execute(trigger)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("holder_name", t.Text(), nullable=False),
        sa.Column("bank_name", t.Text(), nullable=False),
        sa.Column("account_sealed", t.Bytes(), nullable=False),
        sa.Column("account_index", t.Text(), nullable=False),
        sa.Column("account_masked", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("agreed_by_person_id", t.Int64(), nullable=True),
        sa.Column("agreed_at", t.UtcTime(), nullable=True),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("replaced_at", t.UtcTime(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_by_person_id IS NOT NULL",
            name=op.f("ck_payee_account_confirmed_by_somebody"),
        ),
        sa.CheckConstraint("thing = 'account_correction'", name=op.f("ck_payee_account_thing")),
        sa.CheckConstraint(
            "confirmed_by_person_id <> proposed_by_person_id", name=op.f("ck_payee_account_two_people")
        ),
        sa.CheckConstraint(ANOTHER, name=op.f("ck_payee_account_agreed_by_another")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_payee_account_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_payee_account_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_account")),
        sqlite_strict=True,
    )
