"""Plans that add up, times that clash, classes filed too late, the card at the counter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.calendar import SHANGHAI, WorkCalendar
from voucher.rules.classes import (
    Booking,
    Slot,
    Subject,
    check_card_tries,
    check_class_fits,
    check_filing_lead,
    check_final_exam,
    check_hours_agree,
    check_last_four,
    check_learner_free,
    check_no_clash,
    check_timetable,
    may_clash,
)
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import CertificateKind

DAY = datetime(2024, 3, 4, 8, tzinfo=SHANGHAI)
CALENDAR = WorkCalendar(days={date(2024, 4, 4): False, date(2024, 4, 7): True}, years=frozenset({2024}))


def slot(start: int, hours: int = 2) -> Slot:
    return Slot(DAY + timedelta(hours=start), DAY + timedelta(hours=start + hours))


def told(check: Callable[..., object], *given: object, **named: object) -> str:
    with pytest.raises(Refused) as caught:
        check(*given, **named)
    return caught.value.refusal.sentence


@pytest.mark.parametrize(
    ("mode", "offline", "online", "fits"),
    [
        ("offline", 8, 0, True), ("online", 0, 8, True), ("blended", 8, 8, True),
        ("offline", 8, 8, False), ("online", 8, 0, False), ("blended", 8, 0, False), ("post", 8, 0, False),
    ],
)  # fmt: skip
def test_hours_per_mode_are_those_of_the_sessions(mode: str, offline: int, online: int, fits: bool) -> None:
    taught = [("offline", offline), ("online", online)]
    if fits:
        check_hours_agree(mode, offline, online, taught)
        assert "课次学时不一致" in told(check_hours_agree, mode, offline + 1, online, taught)
    else:
        assert "计划学时" in told(check_hours_agree, mode, offline, online, taught)


@given(st.integers(-50, 50), st.integers(1, 9), st.integers(-50, 50), st.integers(1, 9))
@settings(max_examples=200)
def test_two_stretches_clash_where_they_share_an_hour(one: int, first: int, other: int, second: int) -> None:
    mine, yours = set(range(one, one + first)), set(range(other, other + second))
    assert may_clash(slot(one, first), slot(other, second)) is bool(mine & yours)
    assert may_clash(slot(one, first), slot(other, second)) is may_clash(
        slot(other, second), slot(one, first)
    )


def test_a_session_lies_within_its_class_and_beside_the_others() -> None:
    first, last = date(2024, 3, 4), date(2024, 3, 5)
    check_timetable(first, last, [slot(0), slot(2), slot(24)])
    assert "第 2 次课（2024-03-06）" in told(check_timetable, first, last, [slot(0), slot(48)])
    assert "第 1 次课" in told(check_timetable, first, last, [slot(0, 0)])
    assert "课次时间冲突" in told(check_timetable, first, last, [slot(1), slot(0)])


def test_teacher_place_and_learner_are_in_one_class_at_a_time() -> None:
    taken = [Booking(slot(0), "周老师", "一号楼", "BJ-1")]
    check_no_clash([slot(2)], "周老师", "一号楼", taken)
    check_no_clash([slot(0)], "李老师", "", taken)
    assert "教师“ 周老师 ”、场地“一号楼”" in told(check_no_clash, [slot(1)], " 周老师 ", "一号楼", taken)
    # two online sessions take no room
    check_no_clash([slot(0)], "李老师", "", [Booking(slot(0), "周老师", "", "BJ-1")])
    check_learner_free([slot(2)], [("BJ-1", slot(0))])
    assert "BJ-1" in told(check_learner_free, [slot(1)], [("BJ-1", slot(0))])


def test_ten_working_days_lie_between_filing_and_the_first_day() -> None:
    friday = date(2024, 3, 1)
    check_filing_lead(friday, date(2024, 3, 15), 10, CALENDAR)
    assert "最早 2024-03-15 开班" in told(check_filing_lead, friday, date(2024, 3, 14), 10, CALENDAR)
    # over 清明: a free Thursday and a worked Sunday
    check_filing_lead(date(2024, 4, 3), date(2024, 4, 7), 2, CALENDAR)
    check_filing_lead(friday, friday, None, CALENDAR)
    assert "2025年放假安排尚未导入" in told(
        check_filing_lead, date(2024, 12, 27), date(2025, 1, 3), 3, CALENDAR
    )


def test_a_class_teaches_what_the_voucher_is_for() -> None:
    offered = Subject(CertificateKind.SKILL_LEVEL, "4-10-01-05", 2, "养老护理员")
    check_class_fits(Subject(CertificateKind.SKILL_LEVEL, None, None, ""), offered)
    check_class_fits(offered, offered)
    other = Subject(CertificateKind.SKILL_LEVEL, "4-10-01-05", 3, "养老护理员")
    sentence = told(check_class_fits, other, offered)
    assert "培训券限职业技能等级证书 养老护理员（4-10-01-05） 四级/中级工" in sentence
    assert "不分等级" not in sentence
    assert told(check_class_fits, Subject(CertificateKind.QUALIFICATION, None, None, ""), offered)


def test_the_final_exam_counts_where_it_is_asked_or_given() -> None:
    check_final_exam(60_00, 60_00, required=True)
    check_final_exam(None, 60_00, required=False)
    assert "未参加结业考核" in told(check_final_exam, None, 60_00, required=True)
    assert "59.99 分" in told(check_final_exam, 59_99, 60_00, required=False)


def test_the_last_four_of_the_card_are_never_told() -> None:
    for typed in ("991X", "991x", "９９１Ｘ", " 991X "):
        check_last_four("41010519900315991X", typed)
    for typed in ("9910", "", "1991X", "91X"):
        sentence = told(check_last_four, "41010519900315991X", typed)
        assert "991X" not in sentence
    assert told(check_last_four, None, "991X")


def test_a_card_is_not_tried_more_often_than_a_day_allows() -> None:
    check_card_tries(4, 5)
    check_card_tries(99, None)
    assert "今天已有 5 次" in told(check_card_tries, 5, 5)
