"""New tariffs: proposed by one officer, agreed to by another, in force from a later day; none rewritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Json, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import read_modifiers, read_standards
from voucher.registry.tariff_rows import check_new, end_row, get_row, read_row, write_row
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level
from voucher.rules.tariff_endings import TARIFF_ENDING_STANDS, check_ending
from voucher.rules.tariffs import Change, Subject, Tariff, check_tariff, list_changes
from voucher.rules.vocabulary import Method, SubsidyKind
from voucher.rules.words import check_why

SOURCE = "豫办〔2021〕29号 第4项; 【设】标准的登记须两人办理"
OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)

TARIFF_MISSING = reason(
    "tariff_missing",
    "没有找到这条待确认的标准，或已经办结",
    "请从标准变动页面重新进入",
    SOURCE,
    Family.MISSING,
)


_ENDS = text("ends_row_id IS NOT NULL")
UNDECIDED_ENDING = text("ends_row_id IS NOT NULL AND decided_at IS NULL")


class TariffProposal(Model):
    """A row of the tariffs as one officer proposes it, and what another one decided.

    With `ends_row_id` it is a row that stands already, to be ended on the `until` it says, by `document`.
    """

    __tablename__ = "tariff_proposal"
    __table_args__ = (
        CheckConstraint("subject IN ('standard','modifier','shortage')", name="subject"),
        CheckConstraint("decided_by_person_id <> proposed_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (agreed IS NULL)", name="decided_how"),
        Index("ix_tariff_proposal_decided", "decided_at"),
        Index("uq_tariff_proposal_ending", "subject", "ends_row_id", unique=True,
              sqlite_where=UNDECIDED_ENDING, postgresql_where=UNDECIDED_ENDING),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    since: Mapped[date] = mapped_column(Day, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    content: Mapped[Any] = mapped_column(Json, nullable=False)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    agreed: Mapped[bool | None] = mapped_column(Flag)
    why: Mapped[str | None] = mapped_column(Text)
    ends_row_id: Mapped[int | None] = mapped_column(Int64)

    @property
    def first_day(self) -> date:
        """Return the first day on which something is another by it."""
        until = self.content["until"]
        return date.fromisoformat(until) + timedelta(days=1) if self.ends_row_id else self.since


translate(
    "uq_tariff_proposal_ending", "tariff_proposal.subject, tariff_proposal.ends_row_id", TARIFF_ENDING_STANDS
)


def propose_tariff(work: Work, new: Tariff) -> TariffProposal:
    """Propose a row and return the proposal; nothing is priced by it before another officer agrees.

    A row for the whole province is the province's. Raises Refused role_missing, region_unknown,
    region_foreign, trade_unknown, tariff_stands_already and what `check_tariff` raises.
    """
    _check_reach(work, new.region_code)
    check_tariff(new, work.today)
    check_new(work.session, new)
    return _propose(work, new, None)


def propose_ending(work: Work, subject: Subject, row_id: int, ends_on: date, document: str) -> TariffProposal:
    """Propose the last day of a row that stands; it goes on as it is until another officer agrees.

    Raises Refused role_missing, region_foreign, tariff_row_missing, tariff_ending_stands and what
    `check_ending` raises.
    """
    check_role(work.actor, *OFFICERS)
    row = read_row(subject, get_row(work.session, subject, row_id, work.today))
    _check_reach(work, row.region_code)
    check_ending(row, ends_on, document, work.today)
    standing = select(TariffProposal.id).where(
        TariffProposal.subject == str(subject),
        TariffProposal.ends_row_id == row_id,
        TariffProposal.decided_at.is_(None),
    )
    if work.session.scalar(standing) is not None:
        raise TARIFF_ENDING_STANDS.refused()
    return _propose(work, replace(row, until=ends_on, document=document), row_id)


def _propose(work: Work, new: Tariff, ends_row_id: int | None) -> TariffProposal:
    proposed = TariffProposal(
        subject=str(new.subject),
        region_code=new.region_code,
        since=new.since,
        document=new.document.strip(),
        content=_as_json(new),
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
        ends_row_id=ends_row_id,
    )
    work.session.add(proposed)
    work.session.flush()
    ends = {"ends_row": ends_row_id} if ends_row_id is not None else {}
    audit.record_one(work, "tariff", proposed.id, "propose", **proposed.content, **ends)
    return proposed


def write_tariff(session: Session, proposed: TariffProposal, today: date) -> None:
    """Put a proposed row among the tariffs, or end one: to agree to it, or to see what would come of it.

    Raises what would stand against it today, as `agree_tariff` does.
    """
    new = read_proposal(proposed)
    if proposed.ends_row_id is None or new.until is None:
        check_tariff(new, today)
        check_new(session, new)
        write_row(session, f"T-{proposed.id:04d}", new)
        return
    row = get_row(session, new.subject, proposed.ends_row_id, today, lock=True)
    check_ending(read_row(new.subject, row), new.until, new.document, today)
    end_row(session, row, new.until)


def agree_tariff(work: Work, proposal_id: int) -> TariffProposal:
    """Write a proposed row into the tariffs, or a last day into one; it counts from its first day on.

    Raises Refused tariff_missing, role_missing, region_foreign, second_person_needed,
    tariff_not_ahead or tariff_end_past where its day has come meanwhile, tariff_stands_already,
    tariff_row_missing, tariff_end_not_earlier.
    """
    proposed = _lock(work, proposal_id)
    write_tariff(work.session, proposed, work.today)
    _decide(work, proposed, agreed=True, why=None)
    return proposed


def decline_tariff(work: Work, proposal_id: int, why: str) -> None:
    """Turn a proposed row down, with the reason.

    Raises Refused tariff_missing, role_missing, region_foreign, second_person_needed, why_missing.
    """
    proposed = _lock(work, proposal_id)
    _decide(work, proposed, agreed=False, why=check_why(why))


def list_proposals(session: Session) -> list[TariffProposal]:
    """Return what waits for a second officer, the oldest first."""
    return list(
        session.scalars(
            select(TariffProposal).where(TariffProposal.decided_at.is_(None)).order_by(TariffProposal.id)
        )
    )


def get_proposal(session: Session, proposal_id: int) -> TariffProposal:
    """Return a proposal, decided or not. Raises Refused tariff_missing."""
    found = session.get(TariffProposal, proposal_id)
    if found is None:
        raise TARIFF_MISSING.refused()
    return found


def count_proposals(session: Session, *, person_id: int) -> tuple[int, datetime | None]:
    """Return how many proposals wait for this person, who made none of them, and since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(TariffProposal.proposed_at)).where(
            TariffProposal.decided_at.is_(None), TariffProposal.proposed_by_person_id != person_id
        )
    ).one()
    return count, oldest


def list_coming(session: Session, today: date) -> list[Change]:
    """Return what changes after today by the rows that stand in the tariffs, the first day first."""
    found = list_changes(
        read_standards(session),
        read_modifiers(session),
        today,
        lambda code: tuple(catalogue.list_ancestry(session, code)),
    )
    endings = session.scalars(select(TariffProposal).where(TariffProposal.agreed.in_([True]), _ENDS)).all()
    by_what = {(each.first_day, _about(read_proposal(each))): each.document for each in endings}
    # where a row ends and none follows, the document that ended it
    return [
        each if each.document is not None else replace(each, document=by_what.get((each.on, _about(each))))
        for each in found
    ]


def _about(what: Tariff | Change) -> tuple[object, ...]:
    return what.subject, what.kind, what.form, what.level, what.occupation_code, what.region_code


def read_proposal(proposed: TariffProposal) -> Tariff:
    """Return a proposal as the row it is about."""
    told = proposed.content
    return Tariff(
        subject=Subject(proposed.subject),
        since=proposed.since,
        until=date.fromisoformat(told["until"]) if told["until"] else None,
        document=proposed.document,
        kind=SubsidyKind(told["kind"]) if told["kind"] else None,
        form=told["form"],
        occupation_code=told["occupation_code"],
        level=Level(told["level"]) if told["level"] else None,
        region_code=proposed.region_code,
        amount_fen=told["amount_fen"],
        basis_points=told["basis_points"],
        method=Method(told["method"]) if told["method"] else None,
        mode=TrainingMode(told["mode"]) if told["mode"] else None,
    )


def _as_json(new: Tariff) -> dict[str, Any]:
    return {
        "until": new.until.isoformat() if new.until else None,
        "kind": str(new.kind) if new.kind else None,
        "form": new.form,
        "occupation_code": new.occupation_code,
        "level": int(new.level) if new.level else None,
        "amount_fen": new.amount_fen,
        "basis_points": new.basis_points,
        "method": str(new.method) if new.method else None,
        "mode": str(new.mode) if new.mode else None,
    }


def _check_reach(work: Work, region_code: str | None) -> None:
    if region_code is None:
        check_role(work.actor, Role.OFFICER_PROVINCE)
        return
    catalogue.get_region(work.session, region_code)
    check_reach(work.actor, region_code, *OFFICERS)


def _lock(work: Work, proposal_id: int) -> TariffProposal:
    check_role(work.actor, *OFFICERS)
    proposed = work.session.scalars(
        select(TariffProposal)
        .where(TariffProposal.id == proposal_id, TariffProposal.decided_at.is_(None))
        .with_for_update()
    ).first()
    if proposed is None:
        raise TARIFF_MISSING.refused()
    _check_reach(work, proposed.region_code)
    check_two_people(proposed.proposed_by_person_id, work.actor.person_id)
    return proposed


def _decide(work: Work, proposed: TariffProposal, *, agreed: bool, why: str | None) -> None:
    proposed.decided_by_person_id, proposed.decided_at = work.actor.person_id, work.at
    proposed.agreed, proposed.why = agreed, why
    work.session.flush()
    audit.record_one(work, "tariff", proposed.id, "agree" if agreed else "decline", why=why)
