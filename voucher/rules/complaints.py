"""Complaints and appeals (投诉举报、申诉): what they may be about, when each step is overdue."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "豫办〔2021〕29号 第4项（日常监管、社会监督）; PAGES 4.2 评价与投诉; 信访工作条例 第22条、第34条"


class Topic(StrEnum):
    """What somebody complains of."""

    NOT_HELD = "not_held"
    FALSE_NAMES = "false_names"
    FEES = "fees"
    QUALITY = "quality"
    EXAM = "exam"
    OTHERS = "others"
    MEASURE = "measure"


TOPIC_NAMES: dict[Topic, str] = {
    Topic.NOT_HELD: "没有开课、课时不足",
    Topic.FALSE_NAMES: "冒名、代签、虚假学员",
    Topic.FEES: "乱收费、返现",
    Topic.QUALITY: "教学质量、场地和教师与公布的不同",
    Topic.EXAM: "考试作弊、成绩不实",
    Topic.OTHERS: "其他",
    Topic.MEASURE: "对处置不服",
}
# what anybody may choose; an appeal has its own
TOPICS = [(str(each), name) for each, name in TOPIC_NAMES.items() if each is not Topic.MEASURE]

# a complaint is true or not; an appeal succeeds or does not
APPEAL_NAMES = {"upheld": "申诉成立", "dismissed": "申诉不成立"}
APPEAL_EVENTS = {"uphold": "认定申诉成立", "dismiss": "认定申诉不成立"}


@rule(number="COM-01", stage="监管", source=SOURCE, since=FOUNDED)
def overdue_since(state: str, accept_by: date, close_by: date | None, today: date) -> date | None:
    """Return the last day of the step a complaint waits in where it has passed, else None."""
    due = accept_by if state == "filed" else close_by
    if state not in ("filed", "accepted", "asked", "answered") or due is None or today <= due:
        return None
    return due
