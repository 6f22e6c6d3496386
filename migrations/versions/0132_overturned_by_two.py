"""What two people concluded of a hit is not overturned by one, and who concluded may take it back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0132"
down_revision = "0129"
branch_labels = None
depends_on = None

TABLE, HIT = "audit_join_conclusion", "audit_join_hit"
COLUMNS = (
    *("join_id", "position", "turn", "outcome", "follow_up", "words", "concluded_at"),
    *("concluded_by_person_id", "agreed", "decided_at", "decided_by_person_id", "decided_words"),
)
TWO_PEOPLE = (
    "follow_up = 'nothing' OR agreed IS NULL OR agreed = 0 OR decided_by_person_id <> concluded_by_person_id"
)
CHECKS = {
    "outcome": "outcome IN ('upheld','dismissed','handled')",
    "follow_up": "follow_up IN ('nothing','clawback','institution','transfer')",
    "nothing_follows": "outcome <> 'dismissed' OR follow_up = 'nothing'",
    "decided": "(agreed IS NULL) = (decided_at IS NULL) AND (agreed IS NULL) = (decided_by_person_id IS NULL)",
    "two_people": TWO_PEOPLE,
}
IN_FORCE = (
    f"SELECT follow_up FROM {TABLE} WHERE join_id = NEW.join_id "  # noqa: S608 — words of our own
    "AND position = NEW.position AND agreed = 1 ORDER BY turn DESC LIMIT 1"
)
OVERTURNS = (
    "NEW.agreed = 1 AND NEW.decided_by_person_id = NEW.concluded_by_person_id "
    f"AND coalesce(({IN_FORCE}), 'nothing') <> 'nothing'"
)
CONFIRMS_OWN = "NEW.agreed = 1 AND NEW.decided_by_person_id = OLD.concluded_by_person_id"
OVERTURN_TOLD, OWN_TOLD = "what two agreed takes two to overturn", "a waiting conclusion takes two people"


def upgrade() -> None:
    """Let any conclusion wait, and hold what waits, or overturns what two agreed, to two people."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
        return
    for name, said in (("at_once", None), ("two_people", TWO_PEOPLE)):
        op.drop_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, type_="check")
        if said is not None:
            op.create_check_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, said)
    op.execute(
        "CREATE FUNCTION refuse_lone_overturn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {OVERTURNS} THEN RAISE EXCEPTION '{OVERTURN_TOLD}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_overturned BEFORE INSERT ON {TABLE} FOR EACH ROW "
        "EXECUTE FUNCTION refuse_lone_overturn()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_confirmed BEFORE UPDATE OF agreed, decided_by_person_id ON {TABLE} "
        f"FOR EACH ROW WHEN ({CONFIRMS_OWN}) EXECUTE FUNCTION refuse_change('{OWN_TOLD}')"
    )


def _on_sqlite() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": TABLE},
    ).all()
    # its rows go by DROP TABLE, which fires no trigger
    rebuild(connection, TABLE, COLUMNS, _create)
    for each in triggers:
        op.execute(each.sql)
    op.execute(
        f"CREATE TRIGGER {TABLE}_overturned BEFORE INSERT ON {TABLE} WHEN {OVERTURNS} "
        f"BEGIN SELECT RAISE(ABORT, '{OVERTURN_TOLD}'); END"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_confirmed BEFORE UPDATE OF agreed, decided_by_person_id ON {TABLE} "
        f"WHEN {CONFIRMS_OWN} BEGIN SELECT RAISE(ABORT, '{OWN_TOLD}'); END"
    )


def _create(name: str) -> None:
    op.create_table(
        name,
        *(
            sa.Column(each, t.Int64(), nullable=False, autoincrement=False)
            for each in ("join_id", "position", "turn")
        ),
        *(sa.Column(each, t.Text(), nullable=False) for each in ("outcome", "follow_up", "words")),
        sa.Column("concluded_at", t.UtcTime(), nullable=False),
        sa.Column("concluded_by_person_id", t.Int64(), nullable=False),
        sa.Column("agreed", t.Flag(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_words", t.Text(), nullable=False),
        *(sa.CheckConstraint(words, name=op.f(f"ck_{TABLE}_{key}")) for key, words in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["join_id", "position"], [f"{HIT}.join_id", f"{HIT}.position"], name=f"fk_{TABLE}_hit"
        ),
        sa.PrimaryKeyConstraint("join_id", "position", "turn", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
