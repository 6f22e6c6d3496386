"""Stars of training institutions (星级): a published, dated formula over the figures of a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "苏政办发〔2024〕37号 (七)、(十四) 质量评估、星级管理（S4-07b、S4-14b）; 【设】权重和分档"
TENTHS, WHOLE_BP, MOST_STARS = 10, 10_000, 5

LINE_NAMES: dict[str, str] = {
    "completion": "结业率",
    "retention": "在训率",
    "pass_rate": "取证率",
    "rating": "学员评价",
    "complaints": "查实的投诉",
    "flags": "查实的风险线索",
}

STARS_YEAR_OPEN = reason(
    "stars_year_open",
    "{year} 年还没有结束，不能评星级",
    "请在年度结束以后评定；本年的数字可以在“质量评估”看",
    SOURCE,
    Family.CONFLICT,
)


STARS_OBJECTION_LATE = reason(
    "stars_objection_late",
    "异议期到 {until}（含当天），已经过了",
    "数字有误的，请联系评定的人社部门；下一年度的星级另行评定",
    SOURCE,
    Family.CONFLICT,
)
STARS_NOT_OBJECTED = reason(
    "stars_not_objected",
    "机构对这次评定没有异议，不用答复",
    "请从“质量评估”列出的异议中选择",
    SOURCE,
    Family.CONFLICT,
)
STARS_REPLIED = reason(
    "stars_replied_already",
    "这个异议已经答复，答复不能改",
    "机构仍不服的，可以依法申请行政复议",
    SOURCE,
    Family.CONFLICT,
)
STARS_SAME_HAND = reason(
    "stars_second_person_needed",
    "这次星级是您评定的，异议须由另一人答复",
    "请由没有评定这次星级的监管或审核人员答复",
    SOURCE,
    Family.FORBIDDEN,
)
STARS_OWN = reason(
    "stars_own_institution",
    "您在这家机构任职，不能答复它的异议",
    "请由与该机构无关的人答复",
    SOURCE,
    Family.FORBIDDEN,
)
STARS_UNCHANGED = reason(
    "stars_unchanged",
    "按现在的业务数据重算，仍是 {stars} 星 {total} 分，与原评定相同，不能认定异议成立",
    "数字确有错的，请先更正业务数据（结业更正、投诉和线索的结论），再答复；否则请答复“不成立”并写明理由",
    SOURCE,
    Family.CONFLICT,
)
STARS_NOT_BETTER = reason(
    "stars_not_better",
    "按现在的业务数据重算，结果是{now}，低于原评定的 {stars} 星 {total} 分，不能认定异议成立",
    "机构不因提出异议受更不利的评定：请答复“不成立”，原评定不变；新查实的问题在当年的评定和处置里办",
    "行政复议法 第六十三条（不得作出更为不利的变更）; " + SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """A year of an institution: people scanned in, who stayed, finished, passed; what was found against it.

    `rating_tenths` is None where too few rated; `judged` counts those who passed or failed for good.
    """

    started: int
    dropped: int
    finished: int
    judged: int
    passed: int
    rating_tenths: int | None
    complaints: int
    flags: int

    @property
    def retention_bp(self) -> int:
        """Return who stayed, in basis points."""
        return _share(self.started - self.dropped, self.started)

    @property
    def completion_bp(self) -> int:
        """Return who finished, in basis points."""
        return _share(self.finished, self.started)

    @property
    def pass_bp(self) -> int | None:
        """Return who passed, in basis points; None where nobody was judged yet."""
        return _share(self.passed, self.judged) if self.judged else None


@dataclass(frozen=True, slots=True)
class Formula:
    """Weights in points of a hundred, points taken off for each finding, and the least points per star."""

    completion: int
    pass_rate: int
    rating: int
    retention: int
    complaint_minus: int
    flag_minus: int
    five: int
    four: int
    three: int
    two: int
    people_least: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of how points came: its word, what was reached of what could be, in tenths of a point."""

    word: str
    points_tenths: int
    most_tenths: int


@dataclass(frozen=True, slots=True)
class Stars:
    """What the formula says of a year: each line, the total in tenths of a point, and the stars."""

    lines: tuple[Line, ...]
    total_tenths: int
    stars: int


@rule(number="STR-01", stage="监管", source=SOURCE, since=FOUNDED)
def count_stars(figures: Figures, formula: Formula) -> Stars | None:
    """Return the stars of a year with how every point came; None of too few people to be fair to.

    What cannot be known yet (nobody judged, too few ratings) counts neither for nor against: the rest is
    scaled to a hundred.
    """
    if figures.started < max(1, formula.people_least):
        return None
    known = [
        ("completion", formula.completion, figures.completion_bp),
        ("retention", formula.retention, figures.retention_bp),
        ("pass_rate", formula.pass_rate, figures.pass_bp),
        ("rating", formula.rating, _of_rating(figures.rating_tenths)),
    ]
    told = [(word, weight, share) for word, weight, share in known if share is not None]
    weights = sum(weight for _, weight, _ in told)
    lines = [
        Line(word, _scale(weight * share, weights), _scale(weight * WHOLE_BP, weights))
        for word, weight, share in told
    ]
    minus = (
        ("complaints", formula.complaint_minus * figures.complaints),
        ("flags", formula.flag_minus * figures.flags),
    )
    lines += [Line(word, -points * TENTHS, 0) for word, points in minus if points]
    total = max(0, sum(each.points_tenths for each in lines))
    return Stars(tuple(lines), total, _grade(total, formula))


@rule(number="STR-02", stage="监管", source=SOURCE, since=FOUNDED)
def check_year_over(year: int, today: date) -> None:
    """Check that a year is over before it is judged. Raises stars_year_open."""
    if today.year <= year:
        raise STARS_YEAR_OPEN.refused(year=year)


@rule(number="STR-03", stage="监管", source=SOURCE, since=FOUNDED)
def check_objection_open(until: date, today: date) -> None:
    """Check that stars may still be objected to. Raises stars_objection_late."""
    if today > until:
        raise STARS_OBJECTION_LATE.refused(until=until.isoformat())


@rule(number="STR-04", stage="监管", source=SOURCE, since=FOUNDED)
def check_reply(
    given_by: int, replier: int, *, is_objected: bool, is_replied: bool, has_served: bool
) -> None:
    """Check who answers an objection: once, another person than who gave the stars, none of the house.

    Raises stars_not_objected, stars_replied_already, stars_second_person_needed, stars_own_institution.
    """
    if not is_objected:
        raise STARS_NOT_OBJECTED.refused()
    if is_replied:
        raise STARS_REPLIED.refused()
    if given_by == replier:
        raise STARS_SAME_HAND.refused()
    if has_served:
        raise STARS_OWN.refused()


@rule(number="STR-05", stage="监管", source=SOURCE, since=FOUNDED)
def check_changed(stars: int, total_tenths: int, anew: Stars | None) -> None:
    """Check that what is counted anew is better than what was given: the formula answers, not a person.

    Who objects is never worse off for it. Raises stars_unchanged, stars_not_better.
    """
    if anew is not None and (anew.stars, anew.total_tenths) == (stars, total_tenths):
        raise STARS_UNCHANGED.refused(stars=stars, total=_points(total_tenths))
    if anew is None or anew.total_tenths < total_tenths:
        now = "人次不足" if anew is None else f" {anew.stars} 星 {_points(anew.total_tenths)} 分"
        raise STARS_NOT_BETTER.refused(now=now, stars=stars, total=_points(total_tenths))


def _points(tenths: int) -> str:
    return f"{tenths // TENTHS}.{tenths % TENTHS}"


def _grade(total_tenths: int, formula: Formula) -> int:
    steps = ((formula.five, 5), (formula.four, 4), (formula.three, 3), (formula.two, 2))
    return next((stars for least, stars in steps if total_tenths >= least * TENTHS), 1)


def _scale(weighted_bp: int, weights: int) -> int:
    """Return weighted basis points as tenths of a point of a hundred, rounded down."""
    return weighted_bp * 100 * TENTHS // (WHOLE_BP * weights) if weights else 0


def _of_rating(tenths: int | None) -> int | None:
    return None if tenths is None else tenths * WHOLE_BP // (MOST_STARS * TENTHS)


def _share(part: int, whole: int) -> int:
    return part * WHOLE_BP // whole if whole else 0
