"""Correcting who somebody is: what a corrected number may be, and what becomes of the one given up."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第16项 实名制; S2-16c 身份更正须审核留痕; AC-I3"

NUMBER_UNCHANGED = reason(
    "number_unchanged", "新证件号码与现用号码相同", "请核对新号码后重新提交", SOURCE, Family.INVALID
)
NUMBER_OF_ANOTHER = reason(
    "number_of_another",
    "新证件号码已登记在另一个人名下，不能更正到这个号码",
    "两份登记是同一人的，须合并登记，系统不自动合并：请转人工，凭公安机关证明报省级经办机构逐项核实处理；"
    "不是同一人的，请核对号码",
    SOURCE,
    Family.CONFLICT,
)


class FormerUse(StrEnum):
    """What the number given up was to the person: never theirs, or theirs until it was changed."""

    WRONG = "wrong"
    CHANGED = "changed"


FORMER_USE_NAMES: dict[FormerUse, str] = {
    FormerUse.WRONG: "登记时录入有误（原号码从来不是本人的）",
    FormerUse.CHANGED: "公安机关变更（原号码以前是本人的）",
}


@rule(number="COR-01", stage="通用", source=SOURCE, since=date(2021, 10, 28))
def check_new_number(present_index: str, new_index: str, person_id: int, holder_id: int | None) -> None:
    """Refuse a corrected number that is the present one, or that reaches another person.

    One the person had before may be theirs again; two rows of one person are a merge, and no correction.
    Raises number_unchanged, number_of_another.
    """
    if present_index == new_index:
        raise NUMBER_UNCHANGED.refused()
    if holder_id is not None and holder_id != person_id:
        raise NUMBER_OF_ANOTHER.refused()


@rule(number="COR-02", stage="通用", source=SOURCE, since=date(2021, 10, 28))
def may_go_on_reaching(use: FormerUse) -> bool:
    """Return whether the number given up still finds the person: only where it was theirs."""
    return use is FormerUse.CHANGED
