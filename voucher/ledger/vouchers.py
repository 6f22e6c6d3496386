"""The voucher itself: its holder is fixed for ever, and one function moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger import states
from voucher.ledger.budget import Budget
from voucher.ledger.holds import Before
from voucher.ledger.states import Stateful, life
from voucher.ledger.year_ends import select_families
from voucher.plumbing.bulk import next_ids, write_many
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing

SOURCE = "豫办〔2021〕29号 第16项; S2-16b"
# a voucher in one of these states gives room for another one of the same programme
GIVES_ROOM = text(
    "state NOT IN ('expired','withdrawn','revoked','dropped','completed','lapsed','recovering','recovered')"
)

VOUCHER_MISSING = reason(
    "voucher_missing",
    "没有找到这张培训券",
    "请核对券号；如券号无误仍查不到，请联系发券的人社部门",
    SOURCE,
    Family.MISSING,
)
SECOND_OF_PROGRAMME = reason(
    "voucher_held_already",
    "本人在这个券种下已有一张培训券",
    "请在“我的券”中使用原来那张；需要重新发放的，先退回未使用的券",
    "AC-C4; DOMAIN W1; S2-16a",
    Family.CONFLICT,
)


class Voucher(Stateful, Model):
    """One voucher of one person under one programme, with the money kept for it, in fen.

    The holder column cannot be updated: a trigger on both databases refuses it (不得转让).
    `face_value_fen` is what the voucher shows: fixed at issue, or at enrolment for a 通用 one; None for 抵用
    and 签到. `priced_on` is the day whose standards fix it.
    """

    __tablename__ = "voucher"
    __thing__ = Thing.VOUCHER
    __table_args__ = (
        *life(Thing.VOUCHER, "voucher"),
        CheckConstraint("cap_fen >= 0 AND reserved_fen >= 0", name="nothing_below_zero"),
        CheckConstraint("reserved_fen <= cap_fen", name="never_above_cap"),
        CheckConstraint("worth IN ('face_value','offset','sign_in')", name="worth"),
        CheckConstraint("channel IN ('open','directed')", name="channel"),
        CheckConstraint("face_value_fen IS NULL OR worth = 'face_value'", name="face_value"),
        UniqueConstraint("id", "holder_person_id"),
        Index("uq_voucher_programme_holder", "programme_id", "holder_person_id", unique=True,
              sqlite_where=GIVES_ROOM, postgresql_where=GIVES_ROOM),
        Index("ix_voucher_holder", "holder_person_id"),
        Index("ix_voucher_region_state", "region_code", "state", "id"),
        Index("ix_voucher_budget", "budget_id", "state"),
        Index("ix_voucher_redeem_by", "redeem_by"),
        Index("ix_voucher_certify_by", "certify_by"),
        {"sqlite_strict": True},
    )  # fmt: skip

    programme_id: Mapped[int] = mapped_column(Int64, ForeignKey("programme.id"), nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    holder_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    project_id: Mapped[int] = mapped_column(Int64, ForeignKey("project.id"), nullable=False)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    worth: Mapped[str] = mapped_column(Text, nullable=False)
    channel: Mapped[str] = mapped_column(Text, nullable=False)
    cap_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    reserved_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    face_value_fen: Mapped[int | None] = mapped_column(Int64)
    priced_on: Mapped[date | None] = mapped_column(Day)
    redeem_by: Mapped[date] = mapped_column(Day, nullable=False)
    certify_by: Mapped[date | None] = mapped_column(Day)
    replaces_voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. Q-410105-2024-00000123."""
        return voucher_number(self.region_code, day_of(self.issued_at).year, self.id)


translate(
    "uq_voucher_programme_holder", "voucher.programme_id, voucher.holder_person_id", SECOND_OF_PROGRAMME
)


def voucher_number(region_code: str, year: int, voucher_id: int) -> str:
    """Return the number of a voucher, e.g. Q-410105-2024-00000123; it is a name, not a secret."""
    return f"Q-{region_code}-{year}-{voucher_id:08d}"


def lock_vouchers(
    work: Work, *conditions: ColumnElement[bool], money: bool = False, holders: bool = False
) -> list[Voucher]:
    """Return vouchers as they stand, locked in the order of their ids.

    With `money` their budgets are locked first, in the order of theirs: budget before voucher, always. With
    `holders` the people between both: what is counted over all vouchers of a person is counted one at a time.
    """
    if money:
        budget_ids = select(Voucher.budget_id).where(*conditions).distinct()
        work.session.execute(
            select(Budget.id)
            .where(Budget.id.in_(select_families(budget_ids)))
            .order_by(Budget.id)
            .with_for_update()
        ).all()
    if holders:
        person = Model.metadata.tables["person"].c
        held = select(person.id).where(person.id.in_(select(Voucher.holder_person_id).where(*conditions)))
        work.session.execute(held.order_by(person.id).with_for_update(key_share=True)).all()
    return list(
        work.session.scalars(
            select(Voucher)
            .where(*conditions)
            .order_by(Voucher.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def get_voucher(work: Work, voucher_id: int, *, money: bool = False) -> Voucher:
    """Return a voucher, locked for this transaction, after its budget where asked.

    Raises Refused voucher_missing.
    """
    found = lock_vouchers(work, Voucher.id == voucher_id, money=money)
    if not found:
        raise VOUCHER_MISSING.refused()
    return found[0]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the vouchers of one issue have in common; amounts in fen."""

    programme_id: int
    region_code: str
    project_id: int
    budget_id: int
    worth: str
    channel: str
    cap_fen: int
    face_value_fen: int | None
    priced_on: date | None
    redeem_by: date


def issue(work: Work, terms: Terms, holders: Sequence[tuple[int, int | None]]) -> list[int]:
    """Write one voucher per holder (person, and the voucher it replaces) with its first event; return ids.

    Every one of them says that its cap is reserved; reserving it is the caller's.
    """
    ids = next_ids(work.session, Voucher, len(holders))
    same = {name: getattr(terms, name) for name in Terms.__slots__}
    same |= {"reserved_fen": terms.cap_fen, "certify_by": None, "issued_at": work.at}
    same |= states.first_state(Thing.VOUCHER, "issue")
    rows = [(i, person_id, replaced_id) for i, (person_id, replaced_id) in zip(ids, holders, strict=True)]
    columns = ("id", "holder_person_id", "replaces_voucher_id")
    write_many(work.session, Voucher, columns, rows, same)
    told: dict[int, dict[str, object]] = {
        i: {"holder": person_id, "programme": terms.programme_id, "cap_fen": terms.cap_fen}
        for i, person_id, _ in rows
    }
    states.begin(work, Thing.VOUCHER, ids, "issue", content=told, unheard_of=True)
    return ids


def advance(
    work: Work,
    vouchers: Sequence[Voucher],
    event: str,
    *,
    reason: str | None = None,
    consent_id: int | None = None,
    before: Before | None = None,
) -> None:
    """Move vouchers by one event; the only way a voucher moves. `consent_id` is what a helper acts on.

    `before` is what was read of a single one under its lock.
    What ends a voucher without payment goes through `voucher.ledger.commitments.end_vouchers`.
    Raises Refused event_not_allowed, on_hold.
    """
    content: dict[int, dict[str, object]] = {}
    if consent_id is not None:
        content = {each.id: {"consent": consent_id} for each in vouchers}
    states.move(work, Voucher, vouchers, event, reason=reason, content=content, before=before)
