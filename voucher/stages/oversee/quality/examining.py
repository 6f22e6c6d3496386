"""A year of every evaluator and examiner in figures (质量评估), beside their peers, with the exams behind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.rules.examining_quality import Examined, Judged, judge_examiners
from voucher.stages.assess.queries.quality import (
    ExamSum,
    count_appeals,
    list_exam_sums,
    list_examiners_of,
)
from voucher.stages.certify.queries.quality import count_standing
from voucher.stages.oversee.risk.models import RiskFlag


@dataclass(frozen=True, slots=True)
class YearOfExams:
    """What was examined in a year: every exam, every evaluator, every examiner."""

    exams: list[ExamSum]
    evaluators: dict[int, Examined]
    examiners: list[Judged]
    hands: dict[int, set[int]]


def read_year(
    session: Session,
    regions: Collection[str],
    year: int,
    people_least: int,
) -> YearOfExams:
    """Return a year of the published exams in regions."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    exams = list_exam_sums(session, regions, first, last)
    hands = list_examiners_of(session, [each.batch_id for each in exams])
    return YearOfExams(
        exams,
        _sum_evaluators(session, exams, count_appeals(session, regions, first, last), year),
        _sum_examiners(exams, hands, people_least),
        hands,
    )


def _sum_evaluators(
    session: Session, exams: Collection[ExamSum], appeals: dict[int, tuple[int, int]], year: int
) -> dict[int, Examined]:
    houses = sorted({each.evaluator_id for each in exams})
    certificates = count_standing(session, houses, date(year, 1, 1), date(year, 12, 31))
    flags = _count_flags(session, houses, year)
    of: dict[int, list[ExamSum]] = defaultdict(list)
    for each in exams:
        of[each.evaluator_id].append(each)
    found = {}
    for house, held in of.items():
        days = Counter[date]()
        for each in held:
            days[each.exam_on] += each.sat
        asked, right = appeals.get(house, (0, 0))
        issued, revoked = certificates.get(house, (0, 0))
        found[house] = Examined(
            exams=len(held),
            sat=sum(each.sat for each in held),
            passed=sum(each.passed for each in held),
            busiest=max(days.values()),
            same=max(each.same for each in held),
            appeals=asked,
            appeals_upheld=right,
            certificates=issued,
            revoked=revoked,
            flags_upheld=flags[house, "upheld"],
            flags_dismissed=flags[house, "dismissed"],
        )
    return found


def _sum_examiners(exams: Collection[ExamSum], hands: dict[int, set[int]], people_least: int) -> list[Judged]:
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in exams:
        for person in hands.get(each.batch_id, ()):
            for place, more in enumerate((1, each.sat, each.passed)):
                sums[person][place] += more
    whole = (sum(each.sat for each in exams), sum(each.passed for each in exams))
    rows = [(person, counts[0], counts[1], counts[2]) for person, counts in sorted(sums.items())]
    return judge_examiners(rows, whole, people_least)


def _count_flags(session: Session, houses: Collection[int], year: int) -> Counter[tuple[int, str]]:
    rows = session.execute(
        select(RiskFlag.institution_id, RiskFlag.state, RiskFlag.concluded_at, func.count())
        .where(among(session, RiskFlag.institution_id, houses), RiskFlag.concluded_at.is_not(None))
        .group_by(RiskFlag.institution_id, RiskFlag.state, RiskFlag.concluded_at)
    )
    found = Counter[tuple[int, str]]()
    for house, state, at, count in rows:
        if house is not None and at is not None and day_of(at).year == year:
            found[house, state] += int(count)
    return found
