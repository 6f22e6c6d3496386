"""A place or an honour is entered, and taken back, out of a file that two persons had in hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0157"
down_revision = "0152"
branch_labels = None
depends_on = None

FILE, LINE = "award_file", "award_line"
FILE_CHECKS = {
    "kind": "kind IN ('competition_results', 'honours')",
    "two_people": "confirmed_by_person_id <> filed_by_person_id",
    "confirmed": "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)",
    "declined": (
        "(declined_at IS NULL) = (declined_by_person_id IS NULL)"
        " AND (declined_at IS NULL) = (declined_why IS NULL)"
    ),
    "once": "confirmed_at IS NULL OR declined_at IS NULL",
}
LINE_CHECKS = {
    "one_row": "result_id IS NULL OR honour_id IS NULL",
    "taken_back": "(result_id IS NULL AND honour_id IS NULL) OR revoked_on IS NOT NULL",
    "revoked": "(revoked_on IS NULL) = (why IS NULL)",
}
SENT = ("kind", "region_code", "filed_at", "filed_by_person_id")
DECIDED = (
    *("confirmed_at", "confirmed_by_person_id", "declined_at", "declined_by_person_id", "declined_why"),
)
# table, the kind of its files, the column of a line that names its row
ROWS = (("competition_result", "competition_results", "result_id"), ("person_honour", "honours", "honour_id"))
ENTERED = (
    "NOT EXISTS (SELECT 1 FROM award_file WHERE award_file.id = NEW.award_file_id"
    " AND award_file.kind = '{kind}' AND award_file.confirmed_at IS NOT NULL)"
)
TAKEN_BACK = (
    "OLD.revoked_on IS NULL AND NEW.revoked_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM award_line"
    " JOIN award_file ON award_file.id = award_line.award_file_id WHERE award_line.{column} = NEW.id"
    " AND award_line.revoked_on = NEW.revoked_on AND award_file.confirmed_at IS NOT NULL)"
)
ADDED = (
    "EXISTS (SELECT 1 FROM award_file WHERE award_file.id = NEW.award_file_id"
    " AND (award_file.confirmed_at IS NOT NULL OR award_file.declined_at IS NOT NULL))"
)


def upgrade() -> None:
    """Add files and lines; what one person entered alone before stands, and is taken back by two."""
    _create()
    for table, kind, column in ROWS:
        op.add_column(table, sa.Column("award_file_id", t.Int64(), nullable=True))
        _never_changes(table, "award_file_id")
        _ask(f"{table}_of_two", f"INSERT ON {table}", ENTERED.format(kind=kind), "entered by two persons")
        when = TAKEN_BACK.format(column=column)
        _ask(f"{table}_revoked_by_two", f"UPDATE OF revoked_on ON {table}", when, "taken back by two persons")
    _ask(f"{LINE}_of_open_file", f"INSERT ON {LINE}", ADDED, "no line joins a file that is decided")
    for column in SENT:
        _never_changes(FILE, column)
    for column in DECIDED:
        decided = "(OLD.confirmed_at IS NOT NULL OR OLD.declined_at IS NOT NULL)"
        _never_changes(FILE, column, decided)
    _ask(f"{FILE}_no_delete", f"DELETE ON {FILE}", "", f"{FILE} rows are never deleted")
    for deed in ("UPDATE", "DELETE"):
        _ask(f"{LINE}_no_{deed.lower()}", f"{deed} ON {LINE}", "", f"{LINE} rows never change")
    if op.get_bind().dialect.name == "postgresql":
        for table in (FILE, LINE):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _create() -> None:
    op.create_table(
        FILE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("filed_by_person_id", t.Int64(), nullable=False),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("declined_at", t.UtcTime(), nullable=True),
        sa.Column("declined_by_person_id", t.Int64(), nullable=True),
        sa.Column("declined_why", t.Text(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{FILE}_{name}")) for name, said in FILE_CHECKS.items()),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f(f"fk_{FILE}_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FILE}")),
        sqlite_strict=True,
    )
    op.create_table(
        LINE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("award_file_id", t.Int64(), nullable=False),
        sa.Column("line", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("facts", t.Json(), nullable=False),
        sa.Column("result_id", t.Int64(), nullable=True),
        sa.Column("honour_id", t.Int64(), nullable=True),
        sa.Column("revoked_on", t.Day(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{LINE}_{name}")) for name, said in LINE_CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{LINE}_{column}"))
            for column, table in (
                ("award_file_id", FILE),
                ("person_id", "person"),
                ("result_id", "competition_result"),
                ("honour_id", "person_honour"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{LINE}")),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{LINE}_file", LINE, ["award_file_id", "id"])
    op.create_index(f"ix_{LINE}_result", LINE, ["result_id"])
    op.create_index(f"ix_{LINE}_honour", LINE, ["honour_id"])


def _never_changes(table: str, column: str, once: str = "") -> None:
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    when = f"CAST(OLD.{column} AS TEXT) {word} CAST(NEW.{column} AS TEXT)"
    when = f"{once} AND {when}" if once else when
    _ask(f"{table}_{column}_fixed", f"UPDATE OF {column} ON {table}", when, f"{table}.{column} never changes")


def _ask(name: str, timing: str, when: str, told: str) -> None:
    """Refuse a deed in a case that may look into other tables."""
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(f"CREATE TRIGGER {name} BEFORE {timing}{clause} BEGIN SELECT RAISE(ABORT, '{told}'); END")
        return
    if "SELECT" not in when:
        clause = f" WHEN ({when})" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} FOR EACH ROW{clause} EXECUTE FUNCTION refuse_change('{told}')"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {timing} FOR EACH ROW EXECUTE FUNCTION {name}('{told}')")
