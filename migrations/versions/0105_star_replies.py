"""Answers to objections against stars: another person, none of the house, what was counted anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None

TABLE = "star_reply"
FOREIGN = "star_reply is by another person than who gave the stars, none of the institution, to an objection"
HANDS = (
    "EXISTS (SELECT 1 FROM star_rating s WHERE s.id = NEW.rating_id"
    " AND (s.given_by_person_id = NEW.replied_by_person_id OR s.objected_at IS NULL))"
    " OR EXISTS (SELECT 1 FROM star_rating s JOIN role_grant g ON g.institution_id = s.institution_id"
    " JOIN user_account u ON u.id = g.user_id"
    " WHERE s.id = NEW.rating_id AND u.person_id = NEW.replied_by_person_id)"
)


def upgrade() -> None:
    """Create the table; nobody answers for himself, and no answer changes."""
    op.create_table(
        TABLE,
        sa.Column("rating_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("is_upheld", t.Flag(), nullable=False),
        sa.Column("replied_by_person_id", t.Int64(), nullable=False),
        sa.Column("figures", t.Json(), nullable=True),
        sa.Column("lines", t.Json(), nullable=True),
        sa.Column("total_tenths", t.Int64(), nullable=True),
        sa.Column("stars", t.Int64(), nullable=True),
        sa.CheckConstraint("is_upheld = 1 OR figures IS NULL", name=op.f("ck_star_reply_counted")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_star_reply_stars")),
        sa.CheckConstraint("(stars IS NULL) = (total_tenths IS NULL)", name=op.f("ck_star_reply_total")),
        sa.CheckConstraint("(stars IS NULL) = (lines IS NULL)", name=op.f("ck_star_reply_lines")),
        sa.ForeignKeyConstraint(["rating_id"], ["star_rating.id"], name=op.f("fk_star_reply_rating_id")),
        sa.PrimaryKeyConstraint("rating_id", name=op.f("pk_star_reply")),
        sqlite_strict=True,
    )
    told = f"{TABLE} is append only"
    if op.get_bind().dialect.name == "sqlite":
        for name, timing in (("no_update", "UPDATE"), ("no_delete", "DELETE")):
            op.execute(
                f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
        op.execute(
            f"CREATE TRIGGER {TABLE}_hands BEFORE INSERT ON {TABLE} WHEN {HANDS} "
            f"BEGIN SELECT RAISE(ABORT, '{FOREIGN}'); END"
        )
        return
    for name, timing in (("no_update", "UPDATE"), ("no_delete", "DELETE")):
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE} FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_change('{told}')"
        )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
    op.execute(
        f"CREATE FUNCTION {TABLE}_hands() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {HANDS} THEN RAISE EXCEPTION '{FOREIGN}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_hands BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_hands()"
    )
