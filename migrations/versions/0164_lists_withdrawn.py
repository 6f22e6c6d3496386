"""A list brought along by mistake is withdrawn by two; flags say which lists they rest on."""

from __future__ import annotations

import re
from collections import Counter

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0164"
down_revision = "0163"
branch_labels = None
depends_on = None

LIST, SAID, WITHDRAWAL, RESTS = (
    "audit_list",
    "audit_join_conclusion",
    "audit_list_withdrawal",
    "risk_flag_list",
)
ONCE = "uq_audit_list_region_code_kind_sha256"
STANDING = "forgotten_at IS NULL AND withdrawn_at IS NULL"
NOT_DECLINED = "agreed IS NULL OR agreed = 1"
COLUMNS = (
    *("join_id", "position", "turn", "outcome", "follow_up", "words", "concluded_at"),
    *("concluded_by_person_id", "agreed", "decided_at", "decided_by_person_id", "decided_words"),
)
DECIDED = "(agreed IS NULL) = (decided_at IS NULL) AND (agreed IS NULL) = (decided_by_person_id IS NULL)"
CHECKS = {
    "outcome": "outcome IN ('upheld','dismissed','handled','withdrawn')",
    "follow_up": "follow_up IN ('nothing','clawback','institution','transfer')",
    "nothing_follows": "outcome NOT IN ('dismissed','withdrawn') OR follow_up = 'nothing'",
    "decided": DECIDED,
    "two_people": (
        "follow_up = 'nothing' OR agreed IS NULL OR agreed = 0"
        " OR decided_by_person_id <> concluded_by_person_id"
    ),
}
# by the word of the two who agreed that its list was withdrawn, and by nobody else's
UNSAID = (
    "NEW.outcome = 'withdrawn' AND NOT EXISTS (SELECT 1 FROM audit_list_withdrawal w"
    " JOIN audit_join j ON j.list_id = w.list_id WHERE j.id = NEW.join_id AND w.agreed = 1"
    " AND w.proposed_by_person_id = NEW.concluded_by_person_id"
    " AND w.decided_by_person_id = NEW.decided_by_person_id)"
)
ALONE = (
    "NEW.withdrawn_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM audit_list_withdrawal w"
    " WHERE w.list_id = NEW.id AND w.agreed = 1)"
)
FIXED = ("list_id", "turn", "why", "proposed_at", "proposed_by_person_id")
ONCE_DECIDED = ("agreed", "decided_at", "decided_by_person_id", "decided_words")
LISTED = re.compile(r"(?:^|-)list-(\d{1,18})-")


def upgrade() -> None:
    """Add what two say of a list, what that makes of its hits, and the lists behind every flag."""
    op.add_column(LIST, sa.Column("withdrawn_at", t.UtcTime(), nullable=True))
    op.drop_index(ONCE, table_name=LIST)
    op.create_index(
        ONCE, LIST, ["region_code", "kind", "sha256"], unique=True,
        sqlite_where=sa.text(STANDING), postgresql_where=sa.text(STANDING),
    )  # fmt: skip
    _create_withdrawals()
    _let_hits_be_withdrawn()
    _guard(LIST, "withdrawn_by_two", "UPDATE OF withdrawn_at", ALONE, "a list is withdrawn by two people")
    _guard(SAID, "withdrawn_by_two", "INSERT", UNSAID, "a hit is withdrawn with its list alone")
    _refuse(
        LIST, "withdrawn_once", "UPDATE OF withdrawn_at", "withdrawn once", "OLD.withdrawn_at IS NOT NULL"
    )
    _create_rests()
    _fill_rests(op.get_bind())
    for table in (WITHDRAWAL, RESTS):
        _refuse(table, "no_delete", "DELETE", f"{table} rows are never deleted")
        if not _is_sqlite():
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    _refuse(RESTS, "no_update", "UPDATE", f"{RESTS} is append only")


def _create_withdrawals() -> None:
    op.create_table(
        WITHDRAWAL,
        *(sa.Column(name, t.Int64(), nullable=False, autoincrement=False) for name in ("list_id", "turn")),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("agreed", t.Flag(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_words", t.Text(), nullable=False),
        sa.CheckConstraint(DECIDED, name=op.f(f"ck_{WITHDRAWAL}_decided")),
        sa.CheckConstraint(
            "agreed IS NULL OR agreed = 0 OR decided_by_person_id <> proposed_by_person_id",
            name=op.f(f"ck_{WITHDRAWAL}_two_people"),
        ),
        sa.CheckConstraint("length(why) > 0", name=op.f(f"ck_{WITHDRAWAL}_why")),
        sa.ForeignKeyConstraint(["list_id"], [f"{LIST}.id"], name=op.f(f"fk_{WITHDRAWAL}_list_id")),
        sa.PrimaryKeyConstraint("list_id", "turn", name=op.f(f"pk_{WITHDRAWAL}")),
        sqlite_strict=True,
    )
    op.create_index(
        f"uq_{WITHDRAWAL}_standing", WITHDRAWAL, ["list_id"], unique=True,
        sqlite_where=sa.text(NOT_DECLINED), postgresql_where=sa.text(NOT_DECLINED),
    )  # fmt: skip
    _refuse(WITHDRAWAL, "fixed", f"UPDATE OF {', '.join(FIXED)}", "what was proposed stays")
    _refuse(
        WITHDRAWAL,
        "decided",
        f"UPDATE OF {', '.join(ONCE_DECIDED)}",
        "decided once",
        "OLD.agreed IS NOT NULL",
    )


def _let_hits_be_withdrawn() -> None:
    if not _is_sqlite():
        for name in ("outcome", "nothing_follows"):
            op.drop_constraint(op.f(f"ck_{SAID}_{name}"), SAID, type_="check")
            op.create_check_constraint(op.f(f"ck_{SAID}_{name}"), SAID, CHECKS[name])
        return
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": SAID},
    ).all()
    # its rows go by DROP TABLE, which fires no trigger
    rebuild(connection, SAID, COLUMNS, _create_said)
    for each in triggers:
        op.execute(each.sql)


def _create_said(name: str) -> None:
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
        *(sa.CheckConstraint(words, name=op.f(f"ck_{SAID}_{key}")) for key, words in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["join_id", "position"],
            ["audit_join_hit.join_id", "audit_join_hit.position"],
            name=f"fk_{SAID}_hit",
        ),
        sa.PrimaryKeyConstraint("join_id", "position", "turn", name=op.f(f"pk_{SAID}")),
        sqlite_strict=True,
    )


def _create_rests() -> None:
    op.create_table(
        RESTS,
        *(sa.Column(name, t.Int64(), nullable=False, autoincrement=False) for name in ("flag_id", "list_id")),
        *(sa.Column(name, t.Int64(), nullable=False) for name in ("rows", "of_rows")),
        sa.CheckConstraint("rows BETWEEN 1 AND of_rows", name=op.f(f"ck_{RESTS}_rows")),
        sa.ForeignKeyConstraint(["flag_id"], ["risk_flag.id"], name=op.f(f"fk_{RESTS}_flag_id")),
        sa.PrimaryKeyConstraint("flag_id", "list_id", name=op.f(f"pk_{RESTS}")),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{RESTS}_list", RESTS, ["list_id"])


def _fill_rests(connection: sa.Connection) -> None:
    """Say of the flags of before which lists they rest on, by the rows that were kept of them."""
    rows = connection.execute(
        sa.text(
            "SELECT r.flag_id, r.fact, r.fact_key, f.subject, f.row_count FROM risk_flag_row r"
            " JOIN risk_flag f ON f.id = r.flag_id WHERE r.flag_id IN"
            " (SELECT flag_id FROM risk_flag_row WHERE fact_key LIKE '%list-%') ORDER BY r.flag_id, r.position"
        )
    )
    counts: dict[int, Counter[int]] = {}
    of_rows: dict[int, int] = {}
    for flag_id, fact, key, subject, row_count in rows:
        if fact == "claims" and key == subject:
            of_rows[flag_id] = of_rows.get(flag_id, row_count) - 1
            continue
        of_rows.setdefault(flag_id, row_count)
        if (found := LISTED.search(key)) is not None:
            counts.setdefault(flag_id, Counter())[int(found[1])] += 1
    made = [
        {"flag_id": flag_id, "list_id": list_id, "rows": count, "of_rows": of_rows[flag_id]}
        for flag_id, lists in counts.items()
        for list_id, count in sorted(lists.items())
    ]
    if made:
        columns = (sa.column(name) for name in ("flag_id", "list_id", "rows", "of_rows"))
        connection.execute(sa.insert(sa.table(RESTS, *columns)), made)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _refuse(table: str, name: str, timing: str, told: str, when: str = "") -> None:
    clause = f" WHEN ({when})" if when else ""
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _guard(table: str, name: str, moment: str, when: str, told: str) -> None:
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {moment} ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} "
        "THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {moment} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION {table}_{name}('{told}')"
    )
