"""What is to be shown to everybody is written by one and released by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0115"
down_revision = "0114"
branch_labels = None
depends_on = None

TABLE = "exposure_draft"
OPEN = sa.text("ended_at IS NULL")
FIXED = ("measure_id", "words", "from_on", "until_on", "drafted_by_person_id", "drafted_at")
ONCE = ("ending", "ended_by_person_id", "ended_at", "why")
CHECKS = {
    "period": "until_on >= from_on",
    "ending": "ending IN ('released','declined')",
    "ended_how": "(ended_at IS NULL) = (ending IS NULL)",
    "ended_by": "(ended_at IS NULL) = (ended_by_person_id IS NULL)",
    "why": "ending = 'released' OR ending IS NULL OR why IS NOT NULL",
    "two_people": "ending <> 'released' OR ended_by_person_id <> drafted_by_person_id",
}
# what is shown is what somebody else has written, word for word
UNRELEASED = (
    "NOT EXISTS (SELECT 1 FROM exposure_draft d WHERE d.measure_id = NEW.measure_id AND d.words = NEW.words "
    "AND d.ending = 'released' AND d.ended_by_person_id = NEW.posted_by_person_id)"
)
TOLD = "an exposure is released by another person than wrote it"


def upgrade() -> None:
    """Create the table; what is shown already stays shown."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("measure_id", t.Int64(), nullable=False),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("from_on", t.Day(), nullable=False),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("drafted_by_person_id", t.Int64(), nullable=False),
        sa.Column("drafted_at", t.UtcTime(), nullable=False),
        sa.Column("ending", t.Text(), nullable=True),
        sa.Column("ended_by_person_id", t.Int64(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{TABLE}_{name}")) for name, said in CHECKS.items()),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f(f"fk_{TABLE}_measure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(
        f"uq_{TABLE}_open", TABLE, ["measure_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    for column in (*FIXED, *ONCE):
        old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
        when = f"{old} {word} {new}"
        when = when if column in FIXED else f"OLD.ended_at IS NOT NULL AND {when}"
        _refuse(f"{TABLE}_{column}_fixed", f"UPDATE OF {column}", f"{TABLE}.{column} never changes", when)
    if sqlite:
        op.execute(
            f"CREATE TRIGGER exposure_released BEFORE INSERT ON exposure WHEN {UNRELEASED} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
    op.execute(
        "CREATE FUNCTION exposure_released() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {UNRELEASED} THEN RAISE EXCEPTION '{TOLD}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER exposure_released BEFORE INSERT ON exposure FOR EACH ROW "
        "EXECUTE FUNCTION exposure_released()"
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
