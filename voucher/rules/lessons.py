"""Online lessons (线上课): what was played counts by the time it took, once, its question answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from voucher.rules.attendance import CODE_NUMBERS
from voucher.rules.classes import Slot
from voucher.rules.errors import reason
from voucher.rules.register import rule
from voucher.rules.training import counted_minutes

SOURCE = "审计署2022年 外挂刷课 (DOMAIN N12); S3-07b; AC-E6; 【参】线上学时"
SINCE = date(2021, 10, 28)
_MINUTE = timedelta(minutes=1)
# how often the page of a segment says what it sees; one that is late or lost by so many is heard all the same
TICK = _MINUTE
_TICKS_LATE, _TICKS_HEARD_BP = 2, 9_000
# what a page can show and a row should hold, however it was put together
SEGMENTS_MOST, MINUTES_MOST, CONTENT_MOST = 100, 240, 5000
QUESTION_MOST, OPTIONS_MOST, OPTION_MOST = 200, 8, 100

LESSON_UNPLAYABLE = reason(
    "lesson_unplayable",
    "线上课内容不完整：{problem}",
    "请补全后保存：视频填 https 地址，图文填正文；每段写明分钟数，有检查题的写明选项和答案",
    SOURCE,
)


class StudyOutcome(StrEnum):
    """What playing one segment came to."""

    COUNTED = "counted"
    TOO_FAST = "too_fast"
    WRONG_ANSWER = "wrong_answer"


@rule(number="LES-01", stage="培训", source=SOURCE, since=SINCE)
def own_minutes(played: Slot, taken: Iterable[Slot]) -> int:
    """Return the whole minutes of a stretch in which nothing else of the same person counted already."""
    free, at = timedelta(), played.starts_at
    for slot in sorted(taken, key=lambda each: each.starts_at):
        if slot.ends_at <= at or slot.starts_at >= played.ends_at:
            continue
        free += max(slot.starts_at - at, timedelta())
        at = max(at, slot.ends_at)
    return (free + max(played.ends_at - at, timedelta())) // _MINUTE


@rule(number="LES-02", stage="培训", source=SOURCE, since=SINCE)
def judge_study(
    content_minutes: int, elapsed_minutes: int, fastest_speed_bp: int, *, answered: bool
) -> StudyOutcome:
    """Return what a segment played in so many minutes of one's own comes to.

    One with a question that was not answered right counts nothing, and neither does one played too fast.
    """
    if counted_minutes(content_minutes, elapsed_minutes, fastest_speed_bp) == 0:
        return StudyOutcome.TOO_FAST
    return StudyOutcome.COUNTED if answered else StudyOutcome.WRONG_ANSWER


@rule(number="LES-03", stage="培训", source=SOURCE, since=SINCE)
def study_number(digest: str) -> int:
    """Return the number a phone signs over at the end of a segment, from a keyed digest in hex."""
    return int(digest[:16], 16) % CODE_NUMBERS + 1


@rule(number="LES-04", stage="培训", source=SOURCE, since=SINCE)
def cap_online_hours(hours_offline: int, hours_online: int, hours_planned: int, share_most_bp: int) -> int:
    """Return the hours that count of both modes: online ones at most a share of the plan."""
    return hours_offline + min(hours_online, hours_planned * share_most_bp // 10_000)


@rule(number="LES-05", stage="培训", source=SOURCE, since=SINCE)
def check_segment(
    kind: str,
    content: str,
    minutes: int,
    question: str | None,
    options: Sequence[str],
    answer: int | None,
) -> None:
    """Check that a segment can be played: pages have words, a question its options and one answer.

    Raises lesson_unplayable.
    """
    if not 1 <= minutes <= MINUTES_MOST:
        raise LESSON_UNPLAYABLE.refused(problem=f"每段 1 至 {MINUTES_MOST} 分钟")
    if kind == "pages" and not content.strip():
        raise LESSON_UNPLAYABLE.refused(problem="图文课每段要有正文")
    if len(content) > CONTENT_MOST or len(question or "") > QUESTION_MOST:
        raise LESSON_UNPLAYABLE.refused(
            problem=f"每段正文不超过 {CONTENT_MOST} 字，检查题不超过 {QUESTION_MOST} 字"
        )
    if (question is None) != (not options):
        raise LESSON_UNPLAYABLE.refused(problem="检查题要有题目和选项")
    if (not options) != (answer is None) or len(options) == 1:
        raise LESSON_UNPLAYABLE.refused(problem="检查题要有两个以上选项和一个答案")
    if len(options) > OPTIONS_MOST or not all(0 < len(each.strip()) <= OPTION_MOST for each in options):
        raise LESSON_UNPLAYABLE.refused(
            problem=f"检查题最多 {OPTIONS_MOST} 个选项，每个不空、不超过 {OPTION_MOST} 字"
        )
    if answer is not None and not 1 <= answer <= len(options):
        raise LESSON_UNPLAYABLE.refused(problem="答案不在选项之内")


@rule(number="LES-06", stage="培训", source=SOURCE, since=SINCE)
def check_address(kind: str, address: str | None) -> None:
    """Check that a video has an https address and nothing else has one. Raises lesson_unplayable."""
    is_safe = address is not None and address.startswith("https://") and " " not in address
    if kind == "video" and not is_safe:
        raise LESSON_UNPLAYABLE.refused(problem="视频要有 https:// 开头的地址")
    if kind == "pages" and address is not None:
        raise LESSON_UNPLAYABLE.refused(problem="图文课不填视频地址")


@rule(number="LES-07", stage="培训", source=SOURCE, since=SINCE)
def is_doubtful(outcome: StudyOutcome, content_minutes: int, played: datetime, ended: datetime) -> bool:
    """Return whether a segment passed faster than anybody can have watched it, all other playing aside."""
    return outcome is StudyOutcome.TOO_FAST and (ended - played) // _MINUTE * 2 < content_minutes


@rule(number="LES-08", stage="培训", source=SOURCE, since=SINCE)
def is_heard_throughout(played: Slot, heard: Slot, ticks: int) -> bool:
    """Return whether a page was heard all along while its segment was played: at both ends and in between.

    Of one that fell silent nothing is known, so nothing follows from what it had seen by then.
    """
    late = TICK * _TICKS_LATE
    expected = (played.ends_at - played.starts_at) // TICK - 1
    return (
        heard.starts_at - played.starts_at <= late
        and played.ends_at - heard.ends_at <= late
        and ticks * 10_000 >= expected * _TICKS_HEARD_BP
    )
