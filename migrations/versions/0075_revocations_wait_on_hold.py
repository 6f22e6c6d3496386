"""A mass revocation that waits for its second person holds its certificates; those that wait now do so too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

TABLE = "mass_revocation_hold"


def upgrade() -> None:
    """Create the table, and open the holds of every wish that is not decided yet."""
    op.create_table(
        TABLE,
        sa.Column("revocation_id", t.Int64(), nullable=False),
        sa.Column("hold_id", t.Int64(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revocation_id"], ["mass_revocation.id"], name=op.f("fk_mass_revocation_hold_revocation_id")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_mass_revocation_hold_hold_id")),
        sa.PrimaryKeyConstraint("revocation_id", "hold_id", name=op.f("pk_mass_revocation_hold")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO hold (thing, object_id, why, opened_by_person_id, opened_at) "
        "SELECT 'certificate', line.certificate_id, '已提出撤销证书，待另一人确认', asked.asked_by_person_id, asked.asked_at "
        "FROM mass_revocation_line AS line JOIN mass_revocation AS asked ON asked.id = line.revocation_id "
        "WHERE asked.decided_at IS NULL ORDER BY line.revocation_id, line.certificate_id"
    )
    op.execute(
        "INSERT INTO mass_revocation_hold (revocation_id, hold_id) "
        "SELECT asked.id, hold.id FROM hold "
        "JOIN mass_revocation_line AS line ON line.certificate_id = hold.object_id "
        "JOIN mass_revocation AS asked ON asked.id = line.revocation_id "
        "AND asked.asked_at = hold.opened_at AND asked.asked_by_person_id = hold.opened_by_person_id "
        "WHERE hold.thing = 'certificate' AND hold.why = '已提出撤销证书，待另一人确认' AND asked.decided_at IS NULL"
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for timing in ("UPDATE", "DELETE"):
        told = f"{TABLE} is append only"
        act = (
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
            if sqlite
            else f"FOR EACH ROW EXECUTE FUNCTION refuse_change('{told}')"
        )
        op.execute(f"CREATE TRIGGER {TABLE}_no_{timing.lower()} BEFORE {timing} ON {TABLE} {act}")
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
        )
