"""Giving evaluators their certificate numbers beforehand: one range after the other, never twice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.rules.actor import check_role
from voucher.rules.certificate_numbers import RANGES_SOURCE, Range, next_range
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level, certificate_digit, level_of_digit, name_level
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_numbers import NumberRange
from voucher.stages.certify.revoke import OFFICERS

PREFIX_LENGTH = 13

FILING_UNNUMBERED = reason(
    "filing_unnumbered",
    "没有找到备案号 {number}，或它不是证书编号的前13位",
    "请核对备案号；职业技能等级证书编号的前13位就是评价机构的备案号",
    RANGES_SOURCE,
    Family.MISSING,
)
LEVEL_UNNUMBERED = reason(
    "level_unnumbered",
    "{level}的证书编号没有等级码，不分配号段",
    "号段只分配给五级/初级工至一级/高级技师",
    RANGES_SOURCE,
)


@dataclass(frozen=True, slots=True)
class RangeView:
    """One range in words, with how many of its numbers are on certificates already."""

    id: int
    institution_id: int
    institution_name: str
    filing_number: str
    year: int
    level_name: str
    first_number: str
    last_number: str
    count: int
    used: int


def give_numbers(work: Work, filing_number: str, year: int, level: Level, count: int) -> NumberRange:
    """Give an evaluator the next numbers of a year and level.

    Raises Refused role_missing, filing_unnumbered (also for a foreign one), level_unnumbered,
    numbers_exhausted.
    """
    check_role(work.actor, *OFFICERS)
    wanted = filing_number.strip().upper()
    filing = work.session.scalars(
        select(EvaluatorFiling).where(EvaluatorFiling.filing_number == wanted).with_for_update()
    ).first()
    if (
        filing is None
        or filing.region_code not in work.actor.regions_as(*OFFICERS)
        or len(wanted) != PREFIX_LENGTH
    ):
        raise FILING_UNNUMBERED.refused(number=wanted)
    digit = certificate_digit(level)
    if digit is None:
        raise LEVEL_UNNUMBERED.refused(level=name_level(level))
    last = work.session.scalar(
        select(func.max(NumberRange.last_serial)).where(
            NumberRange.prefix == wanted, NumberRange.year == year, NumberRange.digit == digit
        )
    )
    given = next_range(level, year, digit, last or 0, count)
    made = NumberRange(
        filing_id=filing.id, prefix=wanted, year=year, digit=digit, previous_last=last,
        first_serial=given.first_serial, last_serial=given.last_serial, given_at=work.at,
        given_by_person_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    audit.record_one(
        work, "number_range", made.id, "give", prefix=wanted, year=year, digit=digit,
        first=given.first_serial, last=given.last_serial,
    )  # fmt: skip
    return made


def read_ranges(session: Session, prefixes: Collection[str]) -> dict[tuple[str, int], list[Range]]:
    """Return what each prefix was given, by prefix and year."""
    found: dict[tuple[str, int], list[Range]] = {}
    rows = session.scalars(
        select(NumberRange).where(NumberRange.prefix.in_(sorted(prefixes))).order_by(NumberRange.first_serial)
    )
    for each in rows:
        told = Range(each.digit, each.first_serial, each.last_serial)
        found.setdefault((each.prefix, each.year), []).append(told)
    return found


def list_ranges(
    session: Session,
    regions: Collection[str],
    institution_ids: Collection[int],
    *,
    before_id: int | None = None,
    limit: int = 50,
) -> list[RangeView]:
    """Return the ranges given in these regions or to these evaluators, the newest first."""
    query = _ranges().where(
        EvaluatorFiling.region_code.in_(sorted(regions)) | Institution.id.in_(sorted(institution_ids))
    )
    if before_id is not None:
        query = query.where(NumberRange.id < before_id)
    rows = session.execute(query.order_by(NumberRange.id.desc()).limit(limit))
    return [_view(session, each, institution_id, name) for each, institution_id, name in rows]


def get_range(session: Session, range_id: int) -> RangeView:
    """Return one range in words."""
    each, institution_id, name = session.execute(_ranges().where(NumberRange.id == range_id)).one()
    return _view(session, each, institution_id, name)


def list_numbered_filings(session: Session, regions: Collection[str]) -> list[tuple[str, str]]:
    """Return the filing numbers of these regions that certificate numbers begin with, and whose they are."""
    rows = session.execute(
        select(EvaluatorFiling.filing_number, Institution.name)
        .join(Institution, Institution.id == EvaluatorFiling.institution_id)
        .where(
            EvaluatorFiling.region_code.in_(sorted(regions)),
            func.length(EvaluatorFiling.filing_number) == PREFIX_LENGTH,
        )
        .order_by(Institution.name, EvaluatorFiling.filing_number)
    )
    return [(number, f"{name}（{number}）") for number, name in rows]


def _ranges() -> Any:
    return (
        select(NumberRange, Institution.id, Institution.name)
        .join(EvaluatorFiling, EvaluatorFiling.id == NumberRange.filing_id)
        .join(Institution, Institution.id == EvaluatorFiling.institution_id)
    )


def _view(session: Session, given: NumberRange, institution_id: int, name: str) -> RangeView:
    head = f"{given.prefix}{given.year % 100:02d}{given.digit}"
    first, last = f"{head}{given.first_serial:06d}", f"{head}{given.last_serial:06d}"
    used = session.scalar(
        select(func.count()).select_from(Certificate).where(Certificate.number.between(first, last))
    )
    return RangeView(
        id=given.id,
        institution_id=institution_id,
        institution_name=name,
        filing_number=given.prefix,
        year=given.year,
        level_name=name_level(level_of_digit(given.digit)),
        first_number=first,
        last_number=last,
        count=given.last_serial - given.first_serial + 1,
        used=used or 0,
    )
