"""How long an exam holds a room is written beside its beginning, and the database lets no two overlap."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

TABLE = "exam_room_use"
# what rooms were held apart by until now
MINUTES = 120
OVERLAP = (
    "NEW.ended_at IS NULL AND EXISTS (SELECT 1 FROM exam_room_use o WHERE o.room_id = NEW.room_id "
    "AND o.ended_at IS NULL AND o.begins_at < NEW.until_at AND NEW.begins_at < o.until_at)"
)
APART = (
    "ALTER TABLE exam_room_use ADD CONSTRAINT ex_exam_room_use_apart EXCLUDE USING gist "
    "(int8range(room_id, room_id, '[]') WITH &&, tstzrange(begins_at, until_at) WITH &&) "
    "WHERE (ended_at IS NULL)"
)


def upgrade() -> None:
    """Add until when a room is held, and refuse whatever would be held by two exams at one moment."""
    op.add_column(TABLE, sa.Column("until_at", t.UtcTime(), nullable=True))
    _fill()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    unfit = "NEW.until_at IS NULL OR NEW.until_at <= NEW.begins_at"
    _refuse(f"{TABLE}_until_at_told", "INSERT", f"{TABLE}.until_at comes after begins_at", unfit)
    fixed = f"OLD.until_at {word} NEW.until_at"
    _refuse(f"{TABLE}_until_at_fixed", "UPDATE OF until_at", f"{TABLE}.until_at never changes", fixed)
    if sqlite:
        _refuse(f"{TABLE}_apart", "INSERT", f"{TABLE} rooms are never at two exams at once", OVERLAP)
    else:
        op.execute(APART)


def _fill() -> None:
    """Say of each room until when it was held: as long as then asked for, or until the next exam in it."""
    use = sa.table(
        TABLE,
        sa.column("id", t.Int64()),
        sa.column("room_id", t.Int64()),
        sa.column("begins_at", t.UtcTime()),
        sa.column("until_at", t.UtcTime()),
        sa.column("ended_at", t.UtcTime()),
    )
    connection = op.get_bind()
    ended = connection.execute(sa.select(use.c.id, use.c.begins_at).where(use.c.ended_at.is_not(None)))
    until: dict[int, datetime] = {key: begins + timedelta(minutes=MINUTES) for key, begins in ended}
    live = connection.execute(
        sa.select(use.c.id, use.c.room_id, use.c.begins_at)
        .where(use.c.ended_at.is_(None))
        .order_by(use.c.room_id, use.c.begins_at)
    ).all()
    until |= {key: begins + timedelta(minutes=MINUTES) for key, _, begins in live}
    for (key, room_id, _), (_, next_room_id, next_begins) in pairwise(live):
        if room_id == next_room_id:
            until[key] = min(until[key], next_begins)
    for key, at in until.items():
        connection.execute(sa.update(use).where(use.c.id == key).values(until_at=at))


def _refuse(name: str, timing: str, told: str, when: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW WHEN ({when}) "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
