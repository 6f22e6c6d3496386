"""Places people took in contests, with award number and document; one taken back keeps its row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0137"
down_revision = "0142"
branch_labels = None
depends_on = None

TABLE = "competition_result"
FIXED = (
    *("person_id", "competition", "contest", "trade_code", "team", "place", "awarded_on"),
    *("award_number", "document", "honour", "recorded_at", "recorded_by_person_id"),
)
ONCE = ("revoked_on", "why")
CHECKS = {
    "place": "team >= 1 AND place >= 1",
    "contest": "length(contest) > 0",
    "papers": "length(award_number) > 0 AND length(document) > 0",
    "revoked": "(revoked_on IS NULL) = (why IS NULL)",
    "dates": "revoked_on IS NULL OR revoked_on >= awarded_on",
}


def upgrade() -> None:
    """Create the table; a row is never deleted, and changes only once, when the place is taken back."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("competition", t.Text(), nullable=False),
        sa.Column("contest", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("team", t.Int64(), nullable=False),
        sa.Column("place", t.Int64(), nullable=False),
        sa.Column("awarded_on", t.Day(), nullable=False),
        sa.Column("award_number", t.Text(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("honour", t.Text(), nullable=True),
        sa.Column("recorded_at", t.UtcTime(), nullable=False),
        sa.Column("recorded_by_person_id", t.Int64(), nullable=False),
        sa.Column("revoked_on", t.Day(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{TABLE}_{name}")) for name, said in CHECKS.items()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{TABLE}_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint(
            "person_id", "contest", "trade_code", name=op.f(f"uq_{TABLE}_person_id_contest_trade_code")
        ),
        sqlite_strict=True,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    for column in (*FIXED, *ONCE):
        old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
        when = f"{old} {word} {new}"
        when = when if column in FIXED else f"OLD.revoked_on IS NOT NULL AND {when}"
        _refuse(f"{TABLE}_{column}_fixed", f"UPDATE OF {column}", f"{TABLE}.{column} never changes", when)
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
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
