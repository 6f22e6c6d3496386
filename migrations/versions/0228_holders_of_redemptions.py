"""Whose a redemption is, its voucher says: the foreign key to the voucher and its holder carries the person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing.rebuilding import rebuild

revision = "0228"
down_revision = "0225"
branch_labels = None
depends_on = None

TABLE, KEY = "redemption", "fk_redemption_person_id"
SAID = f", \n\tCONSTRAINT {KEY} FOREIGN KEY(person_id) REFERENCES person (id)"


def upgrade() -> None:
    """Take away the key that says again what `fk_redemption_holder` holds."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(KEY), TABLE)
        return
    made = connection.execute(
        sa.text("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL"),
        {"name": TABLE},
    ).all()
    (table,) = [each.sql for each in made if each.type == "table"]
    head, key, tail = table.partition(SAID)
    if not key:
        raise ValueError(f"{KEY} is not where it was")
    columns = [each["name"] for each in sa.inspect(connection).get_columns(TABLE)]

    def create(name: str) -> None:
        connection.exec_driver_sql(f"CREATE TABLE {name} {head[head.index('(') :]}{tail}")

    rebuild(connection, TABLE, columns, create)
    for each in made:
        if each.type != "table":
            connection.exec_driver_sql(each.sql)
