"""A number is one person's cards of all trades: T and an identity number stand on the 电工 and the 焊工 card.

Two of them may be issued on one day. One trade and day stays one card, under whichever code the trade has.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0195"
down_revision = "0196"
branch_labels = None
depends_on = None

TABLE, INDEX = "certificate", "uq_certificate_card"
CARDS = sa.text("kind = 'special_operation'")
FOLLOWS = (
    "SELECT 1 FROM certificate c WHERE c.number = NEW.number AND c.person_id = NEW.person_id"
    " AND c.kind = NEW.kind AND c.renewal = NEW.renewal - 1"
)
# the trade told under its former code, or both under former codes of one
RENAMED = (
    "SELECT 1 FROM certificate c WHERE c.number = NEW.number AND c.issued_on = NEW.issued_on"
    " AND c.trade_code <> NEW.trade_code AND ("
    "EXISTS (SELECT 1 FROM occupation_alias a"
    " WHERE (a.old_code = c.trade_code AND a.new_code = NEW.trade_code)"
    " OR (a.old_code = NEW.trade_code AND a.new_code = c.trade_code))"
    " OR EXISTS (SELECT 1 FROM occupation_alias a JOIN occupation_alias b ON b.new_code = a.new_code"
    " WHERE a.old_code = c.trade_code AND b.old_code = NEW.trade_code))"
)
NOT_HIS = "a number is renewed for the person who has it"
SAME = "a trade and day of a number is one card"


def upgrade() -> None:
    """Tell cards of one number apart by trade and day; what is recorded was apart by day already."""
    op.drop_index(INDEX, table_name=TABLE)
    op.create_index(
        INDEX, TABLE, ["number", "trade_code", "issued_on"],
        unique=True, sqlite_where=CARDS, postgresql_where=CARDS,
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER certificate_card_once BEFORE INSERT ON {TABLE} "
            f"WHEN NEW.renewal > 0 AND EXISTS ({RENAMED}) BEGIN SELECT RAISE(ABORT, '{SAME}'); END"
        )
        return
    # still after the rows and for renewals alone: COPY goes on writing the first of each number many at once
    op.execute(
        "CREATE OR REPLACE FUNCTION certificate_renewed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT EXISTS ({FOLLOWS}) THEN RAISE EXCEPTION '{NOT_HIS}'; END IF; "
        f"IF EXISTS ({RENAMED}) THEN RAISE EXCEPTION '{SAME}'; END IF; RETURN NEW; END $$"
    )
