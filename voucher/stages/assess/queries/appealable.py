"""What a candidate may appeal against, until which day, and what has been appealed against already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.registry import catalogue, tables
from voucher.registry.institutions import Institution
from voucher.rules.appeals import AppealKind, last_appeal_day
from voucher.rules.errors import Refused
from voucher.stages.assess.appeals.filing import WORKDAYS, find_evaluators
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_appeals import OVER, Appeal
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.queries.history import Sitting, list_sittings

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Appealable:
    """Something that may be appealed against until a day, or has been; `sitting` where it has scores.

    Without `last_on` whoever appeals says the day; `may_appeal` is whether no appeal stands in the way.
    """

    kind: AppealKind
    key: int
    title: str
    evaluator_name: str
    happened_on: date | None = None
    last_on: date | None = None
    appeal: Appeal | None = None
    sitting: Sitting | None = None
    why: str | None = None

    @property
    def may_appeal(self) -> bool:
        """Return whether an appeal may be filed."""
        if self.appeal is None:
            return True
        return self.kind is AppealKind.REGISTRATION and self.appeal.state in OVER


def list_appealable(session: Session, person_id: int) -> list[Appealable]:
    """Return what a person may appeal or has appealed against: results, doors, vouchers not listed."""
    standing = _find_standing(session, person_id)
    return [
        *_list_results(session, person_id, standing),
        *_list_doors(session, person_id, standing),
        *_list_unlisted(session, person_id, standing),
    ]


def name_evaluators(session: Session, voucher_id: int) -> list[tuple[int, str]]:
    """Return the evaluators that could examine the holder of a voucher, by name."""
    ids = find_evaluators(session, voucher_id)
    query = select(Institution.id, Institution.name).where(Institution.id.in_(sorted(ids)))
    return [(key, name) for key, name in session.execute(query.order_by(Institution.name))]


def _find_standing(session: Session, person_id: int) -> dict[tuple[AppealKind, int], Appeal]:
    """Return a person's newest appeals by what they are against."""
    kept = select(Appeal).where(Appeal.person_id == person_id, Appeal.state != "withdrawn")
    return {
        (AppealKind(each.kind), each.result_id or each.arrival_id or each.voucher_id or 0): each
        for each in session.scalars(kept.order_by(Appeal.id))
    }


def _last_day(session: Session, on: date, region_code: str) -> date | None:
    """Return the last day for an appeal, none where the calendar of that year is not known yet."""
    regions = catalogue.list_ancestry(session, region_code)
    days = tables.require_parameter_number(session, WORKDAYS, on, regions)
    try:
        return last_appeal_day(on, days, tables.read_calendar(session))
    except Refused:
        return None


def _list_results(
    session: Session, person_id: int, standing: dict[tuple[AppealKind, int], Appeal]
) -> list[Appealable]:
    made = []
    for sat in reversed(list_sittings(session, person_id)):
        if not sat.counts or sat.result.confirmed_at is None:
            continue
        on = day_of(sat.result.confirmed_at)
        made.append(
            Appealable(
                kind=AppealKind.RESULT,
                key=sat.result.id,
                title=f"{sat.trade_name} · {sat.level_name}",
                evaluator_name=sat.evaluator_name,
                happened_on=on,
                last_on=_last_day(session, on, sat.batch.region_code),
                appeal=standing.get((AppealKind.RESULT, sat.result.id)),
                sitting=sat,
            )
        )
    return made[:SHOWN]


def _list_doors(
    session: Session, person_id: int, standing: dict[tuple[AppealKind, int], Appeal]
) -> list[Appealable]:
    rows = session.execute(
        select(ExamArrival, ExamBatch, Institution.name)
        .join(Candidate, Candidate.id == ExamArrival.candidate_id)
        .join(ExamBatch, ExamBatch.id == ExamArrival.batch_id)
        .join(Institution, Institution.id == ExamBatch.institution_id)
        .where(
            Candidate.person_id == person_id,
            Candidate.admitted_at.is_(None),
            ExamArrival.code.is_not(None),
        )
        .order_by(ExamArrival.id.desc())
        .limit(SHOWN)
    ).all()
    return [
        Appealable(
            kind=AppealKind.DOOR,
            key=each.id,
            title=f"{batch.exam_on} 的考试，没有让您入场",
            evaluator_name=name,
            happened_on=day_of(each.at),
            last_on=_last_day(session, day_of(each.at), batch.region_code),
            appeal=standing.get((AppealKind.DOOR, each.id)),
            why=each.title,
        )
        for each, batch, name in rows
    ]


def _list_unlisted(
    session: Session, person_id: int, standing: dict[tuple[AppealKind, int], Appeal]
) -> list[Appealable]:
    query = select(Voucher).where(Voucher.holder_person_id == person_id, Voucher.state == "trained")
    return [
        Appealable(
            kind=AppealKind.REGISTRATION,
            key=each.id,
            title=f"券 {each.number}：培训完成，等待考试",
            evaluator_name="",
            appeal=standing.get((AppealKind.REGISTRATION, each.id)),
        )
        for each in session.scalars(query.order_by(Voucher.id.desc()).limit(SHOWN))
    ]
