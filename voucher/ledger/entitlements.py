"""Once per person, occupation and level, ever: the key is unique while taken or consumed, province-wide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger import audit
from voucher.plumbing.bulk import next_ids, write_many
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason

SOURCE = "豫办〔2021〕29号 第4项; S2-04o"
LOOKUP_CHUNK = 500
TAKEN, CONSUMED, FREED = "taken", "consumed", "freed"

ENTITLEMENT_TAKEN = reason(
    "entitlement_taken",
    "同一人员同一职业（工种）同一等级已有申领，不得重复享受",
    "请查看首次申领的办理情况；如认为有误，请携带身份证和证书到经办机构核实",
    SOURCE,
    Family.CONFLICT,
)
ENTITLEMENT_NOT_TAKEN = reason(
    "entitlement_not_taken",
    "该申领的享受资格已不在占用状态",
    "请刷新页面；如仍有疑问，请联系经办机构核对该申领的办理记录",
    SOURCE,
    Family.CONFLICT,
)
LIVE = text("state IN ('taken','consumed')")


class Entitlement(Model):
    """One key of one person; freed keys stay as history."""

    __tablename__ = "entitlement"
    __table_args__ = (
        Index("uq_entitlement_live_key", "key", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        CheckConstraint("state IN ('taken','consumed','freed')", name="state"),
        CheckConstraint("length(key) > 0", name="key_not_empty"),
        Index("ix_entitlement_person", "person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    key: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int | None] = mapped_column(Int64)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    taken_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_entitlement_live_key", "entitlement.key", ENTITLEMENT_TAKEN)


def find_live(work: Work, keys: Sequence[str]) -> dict[str, Entitlement]:
    """Return the live entitlement of each key that has one."""
    found: dict[str, Entitlement] = {}
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = work.session.scalars(
            select(Entitlement).where(
                Entitlement.key.in_(ordered[start : start + LOOKUP_CHUNK]),
                Entitlement.state.in_((TAKEN, CONSUMED)),
            )
        )
        found.update({row.key: row for row in rows})
    return found


def take(work: Work, wanted: Sequence[dict[str, object]]) -> list[int]:
    """Take keys for good or not at all, and return their ids in order.

    Each item gives key, kind, person_id, trade_code, level. Raises Refused entitlement_taken
    where another claim holds one of them, also when that claim is committed meanwhile.
    """
    if not wanted:
        return []
    ids = next_ids(work.session, Entitlement, len(wanted))
    # in the types the database keeps: these rows go past the mapper
    rows: list[tuple[Any, ...]] = [
        (i, str(each["key"]), str(each["kind"]), each["person_id"], each["trade_code"], each["level"])
        for i, each in zip(ids, wanted, strict=True)
    ]
    columns = ("id", "key", "kind", "person_id", "trade_code", "level")
    write_many(work.session, Entitlement, columns, rows, {"state": TAKEN, "taken_at": work.at})
    audit.record_first(
        work,
        [
            audit.Entry("entitlement", i, "take", {"key": each["key"], "person": each["person_id"]})
            for i, each in zip(ids, wanted, strict=True)
        ],
    )
    return ids


def _end(work: Work, entitlement_ids: Sequence[int], before: tuple[str, ...], after: str, act: str) -> None:
    for start in range(0, len(entitlement_ids), LOOKUP_CHUNK):
        chunk = list(entitlement_ids[start : start + LOOKUP_CHUNK])
        moved = work.session.scalars(
            update(Entitlement)
            .where(Entitlement.id.in_(chunk), Entitlement.state.in_(before))
            .values(state=after, ended_at=work.at)
            .returning(Entitlement.id)
            .execution_options(synchronize_session=False)
        ).all()
        if len(moved) != len(set(chunk)):
            raise ENTITLEMENT_NOT_TAKEN.refused()
    audit.record(work, [audit.Entry("entitlement", i, act) for i in entitlement_ids])


def consume(work: Work, entitlement_ids: Sequence[int]) -> None:
    """Use keys up: the money has been paid. Raises Refused entitlement_not_taken."""
    _end(work, entitlement_ids, (TAKEN,), CONSUMED, "consume")


def free(work: Work, entitlement_ids: Sequence[int]) -> None:
    """Give keys back: the claim ended without payment. Raises Refused entitlement_not_taken."""
    _end(work, entitlement_ids, (TAKEN,), FREED, "free")


def release(work: Work, entitlement_ids: Sequence[int]) -> None:
    """Give back keys that were used up, by two people after all the money came back.

    Raises Refused entitlement_not_taken.
    """
    _end(work, entitlement_ids, (CONSUMED,), FREED, "release")
