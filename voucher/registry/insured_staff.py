"""What the social insurance says of an employer's own staff, and asking it again, so often a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry.employments import Employment
from voucher.registry.institutions import Institution
from voucher.registry.outside.asking import wish_for
from voucher.registry.outside.models import OutsideQuestion
from voucher.registry.outside.reading import read_outside
from voucher.registry.outside.systems import list_systems
from voucher.registry.tables import read_number_at
from voucher.rules.errors import Family, reason
from voucher.rules.evaluators import SOURCE, Insured, judge_insured
from voucher.rules.outside import FactKind

FRESH, DAILY = "employer_staff_fresh_days", "employer_insurance_checks_daily"

INSURANCE_CHECKS_USED_UP = reason(
    "insurance_checks_used_up",
    "本单位今天的社会保险核对已用完（每天 {most} 人次）",
    "请明天再核对；考试、发证需要核对的人，系统会逐日自动提交",
    f"{SOURCE}; S3-07c; 【设】核对次数按日限制",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """Whether anybody is connected to answer, how many people are asked about, how many wait for tomorrow."""

    connected: bool
    asked: int = 0
    waiting: int = 0


def is_connected(session: Session, on: date) -> bool:
    """Return whether a system answers where people are insured."""
    return FactKind.WORKPLACE in list_systems(session, on)


def read_insured(
    session: Session, institution_id: int, person_ids: Collection[int], on: date
) -> dict[int, Insured]:
    """Return what the social insurance says of people an employer calls its own, for a day.

    Raises Refused parameter_missing.
    """
    house = session.get_one(Institution, institution_id)
    fresh_days = read_number_at(session, FRESH, on, house.region_code)
    said = read_outside(session, person_ids)
    return {
        each: judge_insured(said.get(each, {}).get(FactKind.WORKPLACE, ()), house.code, on, fresh_days)
        for each in person_ids
    }


def ask_insurance(
    work: Work, institution_id: int, person_ids: Sequence[int], *, again: bool = True
) -> Asking:
    """Leave to be asked where people are insured, as many as the day still allows, in the order given.

    Without `again` nobody is asked about whom a question was left today. Raises Refused parameter_missing.
    """
    session = work.session
    if not is_connected(session, work.today):
        return Asking(connected=False)
    house = session.get_one(Institution, institution_id)
    wanted = list(dict.fromkeys(person_ids))
    if not again:
        asked = _asked_today(work, wanted)
        wanted = [each for each in wanted if each not in asked]
    most = read_number_at(session, DAILY, work.today, house.region_code)
    room = len(wanted) if most is None else max(0, most - _count_today(work, institution_id))
    wish_for(work, house.region_code, dict.fromkeys(wanted[:room], (FactKind.WORKPLACE,)))
    return Asking(True, len(wanted[:room]), len(wanted[room:]))


def ask_about_all(work: Work, institution_id: int) -> Asking:
    """Leave to be asked anew about everybody who works somewhere today, longest not asked about first.

    Raises Refused insurance_checks_used_up, parameter_missing.
    """
    last = func.max(OutsideQuestion.asked_at)
    present = work.session.scalars(
        select(Employment.person_id)
        .outerjoin(
            OutsideQuestion,
            (OutsideQuestion.person_id == Employment.person_id)
            & (OutsideQuestion.kind == FactKind.WORKPLACE),
        )
        .where(
            Employment.institution_id == institution_id,
            Employment.since <= work.today,
            func.coalesce(Employment.until, work.today) >= work.today,
        )
        .group_by(Employment.person_id)
        .order_by(last.asc().nulls_first(), Employment.person_id)
    ).all()
    asking = ask_insurance(work, institution_id, present)
    if asking.connected and asking.waiting and not asking.asked:
        house = work.session.get_one(Institution, institution_id)
        most = read_number_at(work.session, DAILY, work.today, house.region_code)
        raise INSURANCE_CHECKS_USED_UP.refused(most=most)
    return asking


def _asked_today(work: Work, person_ids: Collection[int]) -> set[int]:
    return set(
        work.session.scalars(
            select(OutsideQuestion.person_id).where(
                among(work.session, OutsideQuestion.person_id, person_ids),
                OutsideQuestion.kind == FactKind.WORKPLACE,
                OutsideQuestion.asked_at >= _midnight(work),
            )
        )
    )


def _count_today(work: Work, institution_id: int) -> int:
    """Return how many questions were left today about people this employer calls its own."""
    own = select(Employment.person_id).where(Employment.institution_id == institution_id)
    return (
        work.session.scalar(
            select(func.count()).where(
                OutsideQuestion.person_id.in_(own),
                OutsideQuestion.kind == FactKind.WORKPLACE,
                OutsideQuestion.asked_at >= _midnight(work),
            )
        )
        or 0
    )


def _midnight(work: Work) -> datetime:
    return datetime.combine(work.today, time(), SHANGHAI)
