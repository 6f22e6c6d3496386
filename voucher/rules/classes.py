"""Classes: what a plan must add up to, when it must be filed, what may stand beside it, whose card it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from voucher.rules.assessment import MARK_SOURCE, format_score
from voucher.rules.calendar import SHANGHAI, WorkCalendar, add_workdays, shanghai_date
from voucher.rules.errors import Family, reason
from voucher.rules.names import same_name
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling
from voucher.rules.vocabulary import (
    CERTIFICATE_KIND_NAMES,
    CertificateKind,
    Level,
    name_level,
)

FOUNDED = date(2021, 10, 28)
PLAN_SOURCE = "豫办〔2021〕29号 第3项; S2-03f; S3-07b"
LEAD_SOURCE = "【参】霍山 开班前10个工作日申请（DOMAIN 2.4 开班申请）"
CLASH_SOURCE = "审计署2022年 虚假班级（DOMAIN N12）; S2-15i; 【设】同一时间同一教师、场地、学员只在一个班"
CARD_SOURCE = "豫办〔2021〕29号 第16项 不得转让; S2-16d; 【设】核对证件后四位"
FIT_SOURCE = "豫办〔2021〕29号 第16项; S2-16e; DOMAIN W2、W3"
OFFLINE, ONLINE, BLENDED = "offline", "online", "blended"
CARD_CHARACTERS = 4

HOURS_DISAGREE = reason(
    "hours_disagree",
    "计划学时与课次学时不一致：线下计划 {planned_offline}、课次合计 {taught_offline}；"
    "线上计划 {planned_online}、课次合计 {taught_online}",
    "请核对课次表，使线下、线上计划学时分别等于各课次学时之和，并与培训方式相符",
    PLAN_SOURCE,
)
SESSION_OUTSIDE = reason(
    "session_outside_class",
    "第 {position} 次课（{day}）不在开班日期 {starts_on} 至 {ends_on} 之内，或结束不晚于开始",
    "请调整该课次的时间，或调整开班、结班日期",
    PLAN_SOURCE,
)
SESSIONS_OVERLAP = reason(
    "sessions_overlap",
    "课次时间冲突：{what}在 {at} 已排 {other}",
    "请调整课次时间，或更换教师、场地后重新提交",
    CLASH_SOURCE,
    Family.CONFLICT,
)
CLASS_OVERLAPS = reason(
    "class_overlaps",
    "与本人已报的班级 {other} 上课时间冲突（{at}）",
    "请选择时间不冲突的班级，或先退出已报的班级",
    CLASH_SOURCE,
    Family.CONFLICT,
)
FILED_TOO_LATE = reason(
    "filed_too_late",
    "开班申请须提前 {workdays} 个工作日，今日提交的最早 {earliest} 开班，计划为 {starts_on}",
    "请推迟开班日期后重新提交",
    LEAD_SOURCE,
    Family.CONFLICT,
)
CLASS_NOT_FOR_VOUCHER = reason(
    "class_not_for_voucher",
    "培训券限{wanted}，该班级是{offered}",
    "请选择与培训券相符的班级；需要更换项目的，请咨询发券的人社部门",
    FIT_SOURCE,
    Family.CONFLICT,
)
FINAL_EXAM_FAILED = reason(
    "final_exam_failed",
    "结业考核 {score} 分，未达到合格线 {mark} 分",
    "本券不能结业，取证截止日后失效；对成绩有异议的，请联系培训机构或拨打 12333",
    MARK_SOURCE,
)
FINAL_EXAM_ABSENT = reason(
    "final_exam_absent",
    "未参加结业考核，不得结业",
    "本券不能结业，取证截止日后失效；有正当理由的，请联系培训机构或拨打 12333",
    MARK_SOURCE,
)
IDENTITY_DIFFERS = reason(
    "identity_differs",
    "证件后四位与持券人不符",
    "请核对来人的身份证原件；不是本人的不得核销，培训券不得转让",
    CARD_SOURCE,
    Family.FORBIDDEN,
)

CARD_TRIES_USED_UP = reason(
    "card_tries_used_up",
    "这张券今天已有 {most} 次证件后四位不符，今天不能再核销",
    "请明天凭身份证原件再来；不是本人的不得核销，本人确实到场的，请联系人社部门",
    CARD_SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One stretch of time taught, from one moment to another; touching ends do not overlap."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """A slot that is taken already: by which teacher, at which place, for which class."""

    slot: Slot
    teacher: str
    place: str
    class_number: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a class teaches or a voucher is for; trade codes are canonical, an empty field is any."""

    certificate_kind: CertificateKind
    trade_code: str | None
    level: int | None
    trade_name: str

    @property
    def words(self) -> str:
        """Return it as a refusal names it."""
        said = [CERTIFICATE_KIND_NAMES[self.certificate_kind]]
        if self.trade_code is not None:
            said.append(f"{self.trade_name}（{self.trade_code}）")
        if self.level:
            said.append(_level_word(self.level))
        return " ".join(said)


def _clock(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@rule(number="TRN-07", stage="培训", source=PLAN_SOURCE, since=FOUNDED)
def check_hours_agree(
    mode: str, hours_offline: int, hours_online: int, taught: Iterable[tuple[str, int]]
) -> None:
    """Check that planned hours per mode are those of the sessions (mode, hours), and fit the class's mode.

    Raises hours_disagree.
    """
    sums = {OFFLINE: 0, ONLINE: 0}
    for each, hours in taught:
        sums[each] += hours
    fits = {
        OFFLINE: hours_offline > 0 and hours_online == 0,
        ONLINE: hours_online > 0 and hours_offline == 0,
        BLENDED: hours_offline > 0 and hours_online > 0,
    }
    if (sums[OFFLINE], sums[ONLINE]) != (hours_offline, hours_online) or not fits.get(mode, False):
        raise HOURS_DISAGREE.refused(
            planned_offline=hours_offline,
            planned_online=hours_online,
            taught_offline=sums[OFFLINE],
            taught_online=sums[ONLINE],
        )


@rule(number="TRN-08", stage="培训", source=PLAN_SOURCE, since=FOUNDED)
def check_timetable(starts_on: date, ends_on: date, slots: Sequence[Slot]) -> None:
    """Check that every session lies within the class's days and none runs into another one.

    Raises session_outside_class, sessions_overlap.
    """
    for position, slot in enumerate(slots, 1):
        first, last = shanghai_date(slot.starts_at), shanghai_date(slot.ends_at)
        if not (starts_on <= first <= last <= ends_on and slot.starts_at < slot.ends_at):
            raise SESSION_OUTSIDE.refused(
                position=position,
                day=first.isoformat(),
                starts_on=starts_on.isoformat(),
                ends_on=ends_on.isoformat(),
            )
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    for one, other in pairwise(ordered):
        if may_clash(one, other):
            raise SESSIONS_OVERLAP.refused(what="本班", at=_clock(other.starts_at), other="另一次课")


@rule(number="TRN-09", stage="培训", source=CLASH_SOURCE, since=FOUNDED)
def may_clash(one: Slot, other: Slot) -> bool:
    """Return whether two stretches of time have a moment in common."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


@rule(number="TRN-10", stage="培训", source=CLASH_SOURCE, since=FOUNDED)
def check_no_clash(slots: Sequence[Slot], teacher: str, place: str, taken: Iterable[Booking]) -> None:
    """Check that neither the teacher nor the place is booked at the time of any session.

    Raises sessions_overlap.
    """
    for booking in taken:
        busy = [
            f"{word}“{name}”"
            for word, name, other in (("教师", teacher, booking.teacher), ("场地", place, booking.place))
            if same_name(name, other)
        ]
        if busy and any(may_clash(slot, booking.slot) for slot in slots):
            raise SESSIONS_OVERLAP.refused(
                what="、".join(busy), at=_clock(booking.slot.starts_at), other=booking.class_number
            )


@rule(number="TRN-11", stage="培训", source=CLASH_SOURCE, since=FOUNDED)
def check_learner_free(slots: Sequence[Slot], taken: Iterable[tuple[str, Slot]]) -> None:
    """Check that a learner sits in no other class (number, slot) at the time of any session.

    Raises class_overlaps.
    """
    for other, slot in taken:
        if any(may_clash(each, slot) for each in slots):
            raise CLASS_OVERLAPS.refused(other=other, at=_clock(slot.starts_at))


@rule(number="TRN-12", stage="培训", source=LEAD_SOURCE, since=FOUNDED)
def check_filing_lead(filed_on: date, starts_on: date, workdays: int | None, calendar: WorkCalendar) -> None:
    """Check that a class is filed so many working days before it starts; the day of filing is not counted.

    None asks for no lead. Raises filed_too_late, calendar_year_missing.
    """
    if not workdays:
        return
    earliest = add_workdays(filed_on, workdays, calendar, count_first=False)
    if starts_on < earliest:
        raise FILED_TOO_LATE.refused(
            workdays=workdays, earliest=earliest.isoformat(), starts_on=starts_on.isoformat()
        )


def _level_word(level: int | None) -> str:
    if level is None:
        return "任选等级"
    return name_level(Level(level)) if level in tuple(Level) else "无等级"


@rule(number="TRN-13", stage="培训", source=FIT_SOURCE, since=FOUNDED)
def check_class_fits(wanted: Subject, offered: Subject) -> None:
    """Check that a class teaches what a voucher is for, as far as the voucher's programme fixes it.

    Raises class_not_for_voucher.
    """
    fits = (
        wanted.certificate_kind is offered.certificate_kind
        and wanted.trade_code in (None, offered.trade_code)
        and wanted.level in (None, offered.level)
    )
    if not fits:
        raise CLASS_NOT_FOR_VOUCHER.refused(wanted=wanted.words, offered=offered.words)


@rule(number="TRN-14", stage="培训", source=MARK_SOURCE, since=FOUNDED)
def check_final_exam(score_hundredths: int | None, mark_hundredths: int, *, required: bool) -> None:
    """Check a final exam (结业考核) against its mark, both in hundredths of a point; the mark is enough.

    None stands for somebody who did not sit it. Raises final_exam_absent, final_exam_failed.
    """
    if score_hundredths is None:
        if required:
            raise FINAL_EXAM_ABSENT.refused()
        return
    if score_hundredths < mark_hundredths:
        raise FINAL_EXAM_FAILED.refused(
            score=format_score(score_hundredths), mark=format_score(mark_hundredths)
        )


@rule(number="TRN-15", stage="培训", source=CARD_SOURCE, since=FOUNDED)
def check_last_four(number: str | None, given: str) -> None:
    """Check the last four characters typed from the identity card at the counter; x is X.

    Raises identity_differs, which never says what was expected.
    """
    typed = fold_spelling(given).upper()
    if number is None or len(typed) != CARD_CHARACTERS or number[-CARD_CHARACTERS:] != typed:
        raise IDENTITY_DIFFERS.refused()


@rule(number="TRN-16", stage="培训", source=CARD_SOURCE, since=FOUNDED)
def check_card_tries(wrong: int, most: int | None) -> None:
    """Check that fewer tries at a card were wrong than a day allows; None sets no limit.

    Raises card_tries_used_up.
    """
    if most is not None and wrong >= most:
        raise CARD_TRIES_USED_UP.refused(most=most)
