"""Reports of inspections: every point marked, a conclusion that fits, findings with a day to answer by."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.errors import Refused
from voucher.rules.inspections import (
    CHECKLIST,
    Conclusion,
    Mark,
    check_checklist,
    check_conclusion,
    check_present,
)

TODAY = date(2024, 3, 26)
GOOD = dict.fromkeys(CHECKLIST, Mark.MET)


def test_a_report_says_everything_it_has_to() -> None:
    check_checklist(GOOD)
    for marks in ({}, {**GOOD, "weather": Mark.MET}):
        with pytest.raises(Refused, match="checklist_incomplete"):
            check_checklist(marks)
    check_conclusion(Conclusion.IN_ORDER, {**GOOD, "fees": Mark.NOT_SEEN}, "", None, TODAY)
    with pytest.raises(Refused, match="conclusion_disagrees"):
        check_conclusion(Conclusion.IN_ORDER, {**GOOD, "people": Mark.UNMET}, "", None, TODAY)
    check_conclusion(Conclusion.SERIOUS, GOOD, "没有人上课", TODAY, TODAY)
    for findings, answer_by in ((" ", TODAY), ("没有人上课", None), ("没有人上课", date(2024, 3, 25))):
        with pytest.raises(Refused, match="findings_missing"):
            check_conclusion(Conclusion.FINDINGS, GOOD, findings, answer_by, TODAY)


def test_nobody_counts_more_people_than_sit_in_the_class() -> None:
    check_present(0, 30)
    check_present(30, 30)
    for present in (-1, 31):
        with pytest.raises(Refused, match="people_present_malformed"):
            check_present(present, 30)
