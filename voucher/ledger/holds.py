"""A hold is not a state: an open row blocks every event toward use or payment and stops the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    Select,
    SQLColumnExpression,
    Table,
    bindparam,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger import audit
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, blocked_by_hold

LOOKUP_CHUNK = 500

ON_HOLD = reason(
    "on_hold",
    "该事项处于待处置状态，暂停办理（原因：{why}）",
    "请等待处置结论；如对处置有异议，可拨打 12333 或向经办机构申诉",
    "LIFECYCLE 待处置; S2-04p",
    Family.CONFLICT,
)
HOLD_CLOSED = reason(
    "hold_closed",
    "该待处置事项已经结束",
    "请刷新页面查看处置结论",
    "LIFECYCLE 待处置",
    Family.CONFLICT,
)


class Hold(Model):
    """Why an object is stopped, who stopped it, and who let it go on.

    `why` is told to whoever meets the hold, at a counter too; `said` is for the office and for who said it.
    `institution_id` names the institution whose exit or stop opened it.
    """

    __tablename__ = "hold"
    __table_args__ = (
        Index("ix_hold_open", "thing", "object_id", sqlite_where=text("closed_at IS NULL"),
              postgresql_where=text("closed_at IS NULL")),
        Index("ix_hold_closed", "thing", "object_id", sqlite_where=text("closed_at IS NOT NULL"),
              postgresql_where=text("closed_at IS NOT NULL")),
        CheckConstraint(
            "(closed_at IS NULL) = (closed_by_person_id IS NULL)", name="closed_by_somebody"
        ),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    thing: Mapped[str] = mapped_column(Text, nullable=False)
    object_id: Mapped[int] = mapped_column(Int64, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    said: Mapped[str | None] = mapped_column(Text)
    institution_id: Mapped[int | None] = mapped_column(Int64)
    opened_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    closed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    conclusion: Mapped[str | None] = mapped_column(Text)


def open_hold(
    work: Work,
    thing: Thing,
    object_id: int,
    why: str,
    *,
    said: str | None = None,
    institution_id: int | None = None,
) -> Hold:
    """Stop an object and return the hold; what somebody said stays out of the trail and of refusals."""
    hold = Hold(
        thing=str(thing),
        object_id=object_id,
        why=why,
        said=said,
        institution_id=institution_id,
        opened_by_person_id=work.actor.person_id,
        opened_at=work.at,
    )
    work.session.add(hold)
    work.session.flush()
    audit.record_one(work, str(thing), object_id, "open_hold", hold=hold.id, why=why)
    return hold


def open_holds(work: Work, thing: Thing, object_ids: Sequence[int], why: str) -> list[int]:
    """Stop many objects of a kind for one reason and return the holds, in the order given."""
    made = [
        Hold(
            thing=str(thing),
            object_id=each,
            why=why,
            opened_by_person_id=work.actor.person_id,
            opened_at=work.at,
        )
        for each in object_ids
    ]
    work.session.add_all(made)
    work.session.flush()
    audit.record(
        work,
        [
            audit.Entry(str(thing), each.object_id, "open_hold", {"hold": each.id, "why": why})
            for each in made
        ],
    )
    return [each.id for each in made]


def close_holds(work: Work, holds: Sequence[Hold], conclusion: str) -> None:
    """Let many objects go on; those that already do are left alone."""
    standing = [each for each in holds if each.closed_at is None]
    for hold in standing:
        hold.closed_by_person_id = work.actor.person_id
        hold.closed_at = work.at
        hold.conclusion = conclusion
    work.session.flush()
    told = {"conclusion": conclusion}
    audit.record(
        work,
        [
            audit.Entry(each.thing, each.object_id, "close_hold", {"hold": each.id, **told})
            for each in standing
        ],
    )


def close_hold(work: Work, hold: Hold, conclusion: str) -> None:
    """Let an object go on. Raises Refused hold_closed where it already does."""
    if hold.closed_at is not None:
        raise HOLD_CLOSED.refused()
    hold.closed_by_person_id = work.actor.person_id
    hold.closed_at = work.at
    hold.conclusion = conclusion
    work.session.flush()
    audit.record_one(work, hold.thing, hold.object_id, "close_hold", hold=hold.id, conclusion=conclusion)


def select_held(thing: Thing) -> Select[int]:
    """Return the query for the ids of all objects of a kind that an open hold stops.

    A hold on a voucher stops the claims made of it as well, and so does one on the certificate of a claim.
    """
    held = select(Hold.object_id).where(Hold.thing == str(thing), Hold.closed_at.is_(None))
    if thing is not Thing.CLAIM:
        return held
    claim = _claim()
    through_voucher = select(claim.c.id).where(claim.c.voucher_id.in_(select_held(Thing.VOUCHER)))
    through_certificate = select(claim.c.id).where(claim.c.certificate_id.in_(select_held(Thing.CERTIFICATE)))
    return select(held.union(through_voucher, through_certificate).subquery().c[0])


def _claim() -> Table:
    """Return the table of claims; the room above that declares it is nothing the ledger could import."""
    return Model.metadata.tables["claim"]


def is_held(work: Work, thing: Thing, object_id: int) -> bool:
    """Return whether an open hold stops an object."""
    held = select_held(thing).subquery().c[0]
    return work.session.scalar(select(held).where(held == object_id).limit(1)) is not None


def select_stopped_why(object_id: SQLColumnExpression[int]) -> Select[str]:
    """Return the query for why an object of the kind `thing` is stopped by an open hold on itself."""
    return (
        select(Hold.why)
        .where(Hold.thing == bindparam("thing"), Hold.object_id == object_id, Hold.closed_at.is_(None))
        .order_by(Hold.id)
        .limit(1)
    )


STOPPED_WHY = select_stopped_why(bindparam("object_id"))
_BEFORE_STEP = select(audit.NEWEST_HASH.scalar_subquery(), STOPPED_WHY.scalar_subquery())


@dataclass(frozen=True, slots=True)
class Before:
    """What stands before an object's next step: the hash of its newest row, and why it is stopped."""

    newest_hash: str | None
    stopped_why: str | None


def look_before_step(work: Work, thing: Thing, object_id: int) -> Before:
    """Return what stands before the next step of an object this act has locked."""
    asked = {"thing": str(thing), "object_id": object_id}
    return Before(*work.session.connection().execute(_BEFORE_STEP, asked).one())


def check_not_stopped(thing: Thing, object_id: int, event: str, why: str | None) -> None:
    """Refuse the event where it is blocked by the open hold that was read. Raises Refused on_hold."""
    if why is not None and blocked_by_hold(thing, event):
        raise ON_HOLD.refused(why=why, object=object_id)


def check_no_hold(work: Work, thing: Thing, object_ids: Sequence[int], event: str) -> None:
    """Refuse the event where an open hold on any of the objects blocks it, or on what a claim stands on.

    Raises Refused on_hold.
    """
    if not blocked_by_hold(thing, event):
        return
    for start in range(0, len(object_ids), LOOKUP_CHUNK):
        chunk = object_ids[start : start + LOOKUP_CHUNK]
        stopped: ColumnElement[bool] = (Hold.thing == str(thing)) & Hold.object_id.in_(chunk)
        if thing is Thing.CLAIM:
            claim = _claim()
            behind = select(claim.c.voucher_id).where(claim.c.id.in_(chunk), claim.c.voucher_id.is_not(None))
            proving = select(claim.c.certificate_id).where(claim.c.id.in_(chunk))
            stopped |= (Hold.thing == str(Thing.VOUCHER)) & Hold.object_id.in_(behind)
            stopped |= (Hold.thing == str(Thing.CERTIFICATE)) & Hold.object_id.in_(proving)
        found = work.session.scalars(
            select(Hold).where(stopped, Hold.closed_at.is_(None)).order_by(Hold.id).limit(1)
        ).first()
        if found is not None:
            raise ON_HOLD.refused(why=found.why, object=found.object_id)
