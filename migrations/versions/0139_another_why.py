"""Why a credit is another payment stands in a column of its own; nothing the bank said changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0139"
down_revision = "0144"
branch_labels = None
depends_on = None

TABLE = "bank_credit"
# what was written into the bank's own words before, after this mark
ANOTHER = "；另一笔："
FINAL, FINAL_TOLD = "OLD.decision IS NOT NULL", "what two people decided stays"
# the document of what was registered by hand is let go with it, so that it can be told rightly
SAID = (
    "NEW.amount_fen <> OLD.amount_fen OR NEW.region_code <> OLD.region_code"
    " OR NEW.source_sha256 <> OLD.source_sha256 OR NEW.line <> OLD.line"
    " OR NEW.payer_name <> OLD.payer_name OR NEW.remark <> OLD.remark"
    " OR (COALESCE(NEW.bank_reference, '') <> COALESCE(OLD.bank_reference, '')"
    " AND NOT (OLD.line = 0 AND NEW.bank_reference IS NULL AND COALESCE(NEW.decision, '') = 'set_aside'))"
)
SAID_TOLD = "what the bank said never changes"


def upgrade() -> None:
    """Move the reasons people gave out of the bank's words, then fix all of those words."""
    small = op.get_bind().dialect.name == "sqlite"
    for name in ("final", "said"):
        op.execute(f"DROP TRIGGER {TABLE}_{name}" + ("" if small else f" ON {TABLE}"))
    op.add_column(TABLE, sa.Column("another_why", t.Text(), nullable=True))
    at = f"{'instr' if small else 'strpos'}(remark, '{ANOTHER}')"
    op.execute(
        f"UPDATE {TABLE} SET"  # noqa: S608 — words of our own
        f" another_why = replace(substr(remark, {at} + {len(ANOTHER)}), '{ANOTHER}', '；'),"
        f" remark = substr(remark, 1, {at} - 1)"
        f" WHERE {at} > 0 AND (line = 0 OR EXISTS (SELECT 1 FROM audit_row told"
        f" WHERE told.thing = '{TABLE}' AND told.object_id = {TABLE}.id AND told.act = 'assign'))"
    )
    _refuse(f"{TABLE}_final", FINAL_TOLD, FINAL, small=small)
    _refuse(f"{TABLE}_said", SAID_TOLD, SAID, small=small)


def _refuse(name: str, told: str, when: str, *, small: bool) -> None:
    does = (
        f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        if small
        else f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse_change('{told}')"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE UPDATE ON {TABLE} {does}")
