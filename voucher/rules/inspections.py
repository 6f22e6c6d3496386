"""Inspections on site (现场检查): what is looked at, what a report has to say, by when it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "人社厅发〔2022〕15号 过程检查（DOMAIN N2）; S2-Z3a; 审计署2022年 虚假班级（DOMAIN N12）"


class Mark(StrEnum):
    """What was found of one point of the checklist."""

    MET = "met"
    UNMET = "unmet"
    NOT_SEEN = "not_seen"


class Conclusion(StrEnum):
    """What an inspection came to."""

    IN_ORDER = "in_order"
    FINDINGS = "findings"
    SERIOUS = "serious"


MARK_NAMES: dict[Mark, str] = {Mark.MET: "符合", Mark.UNMET: "不符合", Mark.NOT_SEEN: "没有检查"}
CONCLUSION_NAMES: dict[Conclusion, str] = {
    Conclusion.IN_ORDER: "正常",
    Conclusion.FINDINGS: "有问题，限期说明",
    Conclusion.SERIOUS: "问题严重，全班停住待处置",
}
CHECKLIST: dict[str, str] = {
    "place": "在批准的地点上课",
    "time": "按课程表的时间上课",
    "teacher": "上课的是批准的教师",
    "content": "讲的是教学计划的内容",
    "people": "到场人数与登记一致，核对了身份证",
    "equipment": "设备、材料够用",
    "fees": "没有另外收费",
    "safety": "消防、用电安全",
}

CHECKLIST_INCOMPLETE = reason(
    "checklist_incomplete",
    "检查项目没有填写或填写有误：{what}",
    "请逐项填写；没有检查的，选“没有检查”",
    SOURCE,
)
FINDINGS_MISSING = reason(
    "findings_missing",
    "有问题的检查没有写明问题，或没有写明说明期限",
    "请写明发现了什么、哪天之前说明；没有问题的，结论选“正常”",
    SOURCE,
)
CONCLUSION_DISAGREES = reason(
    "conclusion_disagrees",
    "结论是“正常”，但有不符合的项目：{what}",
    "请改结论，或核对该项目",
    SOURCE,
    Family.CONFLICT,
)
PEOPLE_MALFORMED = reason(
    "people_present_malformed",
    "到场人数 {present} 人不对，在班 {seated} 人",
    "请清点到场的学员，不含教师和工作人员",
    SOURCE,
)


@rule(number="INS-01", stage="监管", source=SOURCE, since=FOUNDED)
def check_checklist(marks: Mapping[str, Mark]) -> None:
    """Check that every point of the checklist has its mark and no other is there.

    Raises checklist_incomplete.
    """
    wrong = [CHECKLIST.get(each, each[:20]) for each in sorted(set(CHECKLIST) ^ set(marks))]
    if wrong:
        raise CHECKLIST_INCOMPLETE.refused(what="、".join(wrong))


@rule(number="INS-02", stage="监管", source=SOURCE, since=FOUNDED)
def check_conclusion(
    conclusion: Conclusion, marks: Mapping[str, Mark], findings: str, answer_by: date | None, today: date
) -> None:
    """Check that a conclusion fits the marks, and that findings are named with a day to answer by.

    Raises conclusion_disagrees, findings_missing.
    """
    unmet = [CHECKLIST[each] for each in CHECKLIST if marks.get(each) is Mark.UNMET]
    if conclusion is Conclusion.IN_ORDER:
        if unmet:
            raise CONCLUSION_DISAGREES.refused(what="、".join(unmet))
        return
    if not findings.strip() or answer_by is None or answer_by < today:
        raise FINDINGS_MISSING.refused()


@rule(number="INS-03", stage="监管", source=SOURCE, since=FOUNDED)
def check_present(present: int, seated: int) -> None:
    """Check a head count: never more learners than sit in the class. Raises people_present_malformed."""
    if not 0 <= present <= seated:
        raise PEOPLE_MALFORMED.refused(present=present, seated=seated)
