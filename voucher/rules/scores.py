"""How scores become final: read twice by two people, marked where there is none, carried into a retake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling

TWICE_SOURCE = "【设】技能成绩由两人各录一遍，互不可见; PAGES 12 评价机构 double entry for practical"
RETAKE_SOURCE = "【设】补考次数、单科合格成绩保留期; DOMAIN 2.4 考核 各科分别合格"
MARK_SOURCE = "【设】缺考、作弊的成绩标记; 豫办〔2021〕29号 第16项 人证相符"
FOUNDED = date(2021, 10, 28)

SCORE_MARK_UNKNOWN = reason(
    "score_mark_unknown",
    "成绩标记只能是“缺考”或“作弊”",
    "正常参加考试的，请将标记留空并填写成绩",
    MARK_SOURCE,
)
MARK_WITH_SCORES = reason(
    "score_mark_with_scores",
    "标记为“{mark}”的考生不能同时有成绩",
    "请删去成绩，或删去标记",
    MARK_SOURCE,
)
SECOND_READER_NEEDED = reason(
    "second_reader_needed",
    "技能成绩的第二遍须由另一人录入",
    "请由没有录入第一遍的人对照原始评分表录入第二遍",
    TWICE_SOURCE,
    Family.FORBIDDEN,
)
SKILL_READ_ONCE = reason(
    "skill_read_once",
    "还有 {count} 名考生的技能成绩只录了一遍，不能公布",
    "请由另一人对照原始评分表录入第二遍",
    TWICE_SOURCE,
    Family.CONFLICT,
)
SKILL_READINGS_DIFFER = reason(
    "skill_readings_differ",
    "有 {count} 名考生的技能成绩两遍录入不一致，不能公布",
    "请两名录入人对照原始评分表，录错的一方重新录入",
    TWICE_SOURCE,
    Family.CONFLICT,
)
SUBJECT_CARRIED = reason(
    "subject_carried",
    "该考生的{subject}已合格（{score} 分），补考不再考这一科",
    "请将这一科留空；原合格成绩自动带入本次成绩",
    RETAKE_SOURCE,
    Family.CONFLICT,
)
RETAKES_EXHAUSTED = reason(
    "retakes_exhausted",
    "该考生已补考 {limit} 次，不能再补考",
    "请办理最终不合格；重新参加培训后可以再考",
    RETAKE_SOURCE,
    Family.CONFLICT,
)


class ScoreMark(StrEnum):
    """Why somebody on the list has no score."""

    ABSENT = "absent"
    CHEATED = "cheated"


SCORE_MARK_NAMES: dict[ScoreMark, str] = {ScoreMark.ABSENT: "缺考", ScoreMark.CHEATED: "作弊"}


class TwiceRead(StrEnum):
    """How far the second entry of a practical score has come."""

    UNNEEDED = "unneeded"
    WAITING = "waiting"
    EQUAL = "equal"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Entered:
    """Scores judged by hand, practical and comprehensive, as one person entered them, in hundredths."""

    person_id: int
    skill_hundredths: int | None
    comprehensive_hundredths: int | None = None


@dataclass(frozen=True, slots=True)
class Sat:
    """An earlier exam of the same trade and level: its day, scores and marks in hundredths."""

    exam_on: date
    theory_hundredths: int | None
    skill_hundredths: int | None
    theory_mark_hundredths: int
    skill_mark_hundredths: int
    passed: bool
    mark: ScoreMark | None = None
    comprehensive_hundredths: int | None = None
    comprehensive_mark_hundredths: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which attempt an exam is, and the scores of subjects that need not be sat again, in hundredths."""

    number: int
    theory_hundredths: int | None = None
    skill_hundredths: int | None = None
    comprehensive_hundredths: int | None = None


@rule(number="ASM-09", stage="评价", source=MARK_SOURCE, since=FOUNDED)
def parse_score_mark(value: object) -> ScoreMark:
    """Return what a word in a list of scores says of somebody without one. Raises score_mark_unknown."""
    word = fold_spelling(str(value))
    for mark, name in SCORE_MARK_NAMES.items():
        if word in (name, str(mark)):
            return mark
    raise SCORE_MARK_UNKNOWN.refused()


@rule(number="ASM-10", stage="评价", source=MARK_SOURCE, since=FOUNDED)
def check_mark(mark: ScoreMark | None, *scores_hundredths: int | None) -> None:
    """Refuse scores of somebody who was absent or cheated. Raises score_mark_with_scores."""
    if mark is not None and any(each is not None for each in scores_hundredths):
        raise MARK_WITH_SCORES.refused(mark=SCORE_MARK_NAMES[mark])


@rule(number="ASM-11", stage="评价", source=TWICE_SOURCE, since=FOUNDED)
def judge_twice_read(needed: int, first: Entered | None, others: Sequence[Entered]) -> TwiceRead:
    """Return how the entries of the scores judged by hand stand: the newest by another person counts.

    `others` are the second entries, oldest first; `needed` is how often a score is entered.
    """
    if needed < 2 or first is None:
        return TwiceRead.UNNEEDED
    foreign = [each for each in others if each.person_id != first.person_id]
    if not foreign:
        return TwiceRead.WAITING
    equal = (foreign[-1].skill_hundredths, foreign[-1].comprehensive_hundredths) == (
        first.skill_hundredths,
        first.comprehensive_hundredths,
    )
    return TwiceRead.EQUAL if equal else TwiceRead.DIFFERENT


@rule(number="ASM-12", stage="评价", source=TWICE_SOURCE, since=FOUNDED)
def check_other_reader(first_person_id: int, reader_id: int) -> None:
    """Refuse a second entry by whoever made the first. Raises second_reader_needed."""
    if first_person_id == reader_id:
        raise SECOND_READER_NEEDED.refused()


@rule(number="ASM-13", stage="评价", source=TWICE_SOURCE, since=FOUNDED)
def check_twice_read(standings: Sequence[TwiceRead]) -> None:
    """Refuse a publication before every practical score has been entered twice and alike.

    Raises skill_read_once, skill_readings_differ.
    """
    waiting = sum(1 for each in standings if each is TwiceRead.WAITING)
    if waiting:
        raise SKILL_READ_ONCE.refused(count=waiting)
    different = sum(1 for each in standings if each is TwiceRead.DIFFERENT)
    if different:
        raise SKILL_READINGS_DIFFER.refused(count=different)


@rule(number="ASM-14", stage="评价", source=RETAKE_SOURCE, since=FOUNDED)
def next_attempt(earlier: Sequence[Sat], retakes_most: int | None, kept_since: date) -> Attempt:
    """Return what the next exam of a person is, after those sat since a day; a pass begins anew.

    Absence is no attempt; an exam cheated in is one and brings nothing along. Raises retakes_exhausted.
    """
    running: list[Sat] = []
    for each in sorted(earlier, key=lambda one: one.exam_on):
        if each.passed:
            running = []
        elif each.mark is not ScoreMark.ABSENT and each.exam_on >= kept_since:
            running.append(each)
    if retakes_most is not None and len(running) > retakes_most:
        raise RETAKES_EXHAUSTED.refused(limit=retakes_most)
    theory = [
        each.theory_hundredths
        for each in running
        if _reached(each, each.theory_hundredths, each.theory_mark_hundredths)
    ]
    skill = [
        each.skill_hundredths
        for each in running
        if _reached(each, each.skill_hundredths, each.skill_mark_hundredths)
    ]
    reviewed = [
        each.comprehensive_hundredths
        for each in running
        if _reached(each, each.comprehensive_hundredths, each.comprehensive_mark_hundredths)
    ]
    return Attempt(
        len(running) + 1,
        theory[-1] if theory else None,
        skill[-1] if skill else None,
        reviewed[-1] if reviewed else None,
    )


def _reached(sat: Sat, score_hundredths: int | None, mark_hundredths: int) -> bool:
    return sat.mark is None and score_hundredths is not None and score_hundredths >= mark_hundredths
