"""A renewed 特种作业操作证 keeps its number: a number is one certificate's and those of its renewals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0184"
down_revision = "0175"
branch_labels = None
depends_on = None

TABLE = "certificate"
COLUMNS = (
    *("id", "number", "person_id", "name_sealed", "name_index", "kind", "trade_code", "level", "issued_on"),
    *("institution_id", "filing_id", "method", "theory_hundredths", "skill_hundredths", "fee_fen"),
    *("evaluation_batch", "uploaded_at", "uploaded_by_person_id", "state", "seq", "thing"),
)
FIRST_OR_CARD = "renewal = 0 OR kind = 'special_operation'"
CARDS = "kind = 'special_operation'"
# of the same person and kind, and one after the other
FOLLOWS = (
    "SELECT 1 FROM certificate c WHERE c.number = NEW.number AND c.person_id = NEW.person_id"
    " AND c.kind = NEW.kind AND c.renewal = NEW.renewal - 1"
)
TOLD = "a number is renewed for the person who has it"


def upgrade() -> None:
    """Let a number be taken again by its own renewals, and by nothing else."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        op.add_column(TABLE, sa.Column("renewal", t.Int64(), nullable=False, server_default=sa.text("0")))
        op.create_check_constraint(op.f("ck_certificate_renewal"), TABLE, FIRST_OR_CARD)
        op.drop_constraint(op.f("uq_certificate_number"), TABLE, type_="unique")
        op.create_unique_constraint(op.f("uq_certificate_number_renewal"), TABLE, ["number", "renewal"])
    op.create_index(
        "uq_certificate_card", TABLE, ["number", "issued_on"], unique=True,
        sqlite_where=sa.text(CARDS), postgresql_where=sa.text(CARDS),
    )  # fmt: skip
    _guard()


def _on_sqlite() -> None:
    connection = op.get_bind()
    kept = connection.execute(
        sa.text(
            "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND tbl_name = :table"
            " AND sql IS NOT NULL ORDER BY type, name"
        ),
        {"table": TABLE},
    ).all()
    # its rows go by DROP TABLE, which fires no trigger
    rebuild(connection, TABLE, COLUMNS, _create)
    for each in kept:
        op.execute(each.sql)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("renewal", t.Int64(), nullable=False, server_default=sa.text("0")),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("name_sealed", t.Bytes(), nullable=False),
        *(sa.Column(each, t.Text(), nullable=False) for each in ("name_index", "kind", "trade_code")),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("issued_on", t.Day(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=True),
        sa.Column("method", t.Text(), nullable=False),
        *(
            sa.Column(each, t.Int64(), nullable=True)
            for each in ("theory_hundredths", "skill_hundredths", "fee_fen")
        ),
        sa.Column("evaluation_batch", t.Text(), nullable=True),
        sa.Column("uploaded_at", t.UtcTime(), nullable=False),
        sa.Column("uploaded_by_person_id", t.Int64(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint(
            "filing_id IS NOT NULL OR kind = 'training_completion'",
            name=op.f("ck_certificate_evaluated_under_filing"),
        ),
        sa.CheckConstraint("thing = 'certificate'", name=op.f("ck_certificate_thing")),
        sa.CheckConstraint("fee_fen IS NULL OR fee_fen >= 0", name=op.f("ck_certificate_fee")),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_certificate_level")),
        sa.CheckConstraint(FIRST_OR_CARD, name=op.f("ck_certificate_renewal")),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["evaluator_filing.id"], name=op.f("fk_certificate_filing_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_certificate_institution_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_certificate_person_id")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_certificate_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("number", "renewal", name=op.f("uq_certificate_number_renewal")),
        sqlite_strict=True,
    )


def _guard() -> None:
    """Hold a renewal to its person on both databases; the first of a number costs no look at the table."""
    when = f"NEW.renewal > 0 AND NOT EXISTS ({FOLLOWS})"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER certificate_renewed BEFORE INSERT ON {TABLE} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        op.execute(
            f"CREATE TRIGGER certificate_renewal_fixed BEFORE UPDATE OF renewal ON {TABLE} "
            "WHEN OLD.renewal IS NOT NEW.renewal "
            "BEGIN SELECT RAISE(ABORT, 'certificate.renewal never changes'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION certificate_renewed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT EXISTS ({FOLLOWS}) THEN RAISE EXCEPTION '{TOLD}'; END IF; RETURN NEW; END $$"
    )
    # after the rows: a trigger before them would keep COPY from writing many at once
    op.execute(
        f"CREATE TRIGGER certificate_renewed AFTER INSERT ON {TABLE} FOR EACH ROW "
        "WHEN (NEW.renewal > 0) EXECUTE FUNCTION certificate_renewed()"
    )
    op.execute(
        f"CREATE TRIGGER certificate_renewal_fixed BEFORE UPDATE OF renewal ON {TABLE} FOR EACH ROW "
        "WHEN (OLD.renewal IS DISTINCT FROM NEW.renewal) "
        "EXECUTE FUNCTION refuse_change('certificate.renewal never changes')"
    )
