"""Subcontracting (分包、转包): a class taught by another institution than the one that is paid."""

from __future__ import annotations

from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "豫人社函〔2023〕293号（虚假、转包的项目及时移出目录）; S2-04p; 【设】分包的理由、同意和限额"
WHOLE_BP = 10_000

SUBCONTRACT_CLOSED = reason(
    "subcontract_not_allowed",
    "现在不允许由别的机构承训",
    "请由主办机构自己的教师和场地上课，承训机构留空；或由实际上课的机构自己申请开班",
    SOURCE,
    Family.CONFLICT,
)
SUBCONTRACT_UNEXPLAINED = reason(
    "subcontract_unexplained",
    "由别的机构承训，没有写明分包的理由",
    "请写明为什么不能自己上课、对方承担什么；自己上课的，承训机构留空",
    SOURCE,
)
SUBCONTRACT_UNAGREED = reason(
    "subcontract_not_agreed",
    "承训机构还没有同意承担这个班",
    "请承训机构的管理员或教务在“分包”页同意后再提交；不同意的，请改由自己上课",
    SOURCE,
    Family.CONFLICT,
)
SUBCONTRACT_TOO_MUCH = reason(
    "subcontract_share_exceeded",
    "{year} 年由别的机构承训的将有 {given} 个班、{given_hours} 学时，占本机构开班学时的 {share}，"
    "超过 {most} 的限额（{free} 个班以内不限），属于转包",
    "请改由本机构自己上课，或由实际上课的机构自己申请开班",
    SOURCE,
    Family.CONFLICT,
)
SUBCONTRACT_CHAIN = reason(
    "subcontract_in_turn",
    "{house} {year} 年已把自己的 {given} 个班交给别的机构承训，不能再承担别人的班",
    "请改由本机构自己上课，或另选有教师和场地的承训机构",
    SOURCE,
    Family.CONFLICT,
)
SUBCONTRACT_WHILE_TEACHING = reason(
    "subcontract_while_teaching",
    "{house} {year} 年已承担别的机构的 {taken} 个班，不能再把自己的班交给别人",
    "有教师和场地承担别人的班的，请自己上自己的课：承训机构留空后重新保存",
    SOURCE,
    Family.CONFLICT,
)


@rule(number="SCT-01", stage="培训", source=SOURCE, since=FOUNDED)
def check_explained(why: str, *, is_own: bool, is_allowed: bool) -> None:
    """Check that a class another institution teaches says why, where that is allowed at all.

    Raises subcontract_not_allowed, subcontract_unexplained.
    """
    if is_own:
        return
    if not is_allowed:
        raise SUBCONTRACT_CLOSED.refused()
    if not why.strip():
        raise SUBCONTRACT_UNEXPLAINED.refused()


@rule(number="SCT-02", stage="培训", source=SOURCE, since=FOUNDED)
def check_share(year: int, given: int, given_hours: int, all_hours: int, *, most_bp: int, free: int) -> None:
    """Check how much of a year's teaching others do: so many classes freely, beyond them a share of hours.

    The class in question is counted in. Raises subcontract_share_exceeded.
    """
    if given <= free or given_hours * WHOLE_BP <= most_bp * all_hours:
        return
    raise SUBCONTRACT_TOO_MUCH.refused(
        year=year,
        given=given,
        given_hours=given_hours,
        share=_percent(given_hours * WHOLE_BP // all_hours),
        most=_percent(most_bp),
        free=free,
    )


@rule(number="SCT-03", stage="培训", source=SOURCE, since=FOUNDED)
def check_no_chain(year: int, house: str, given: int) -> None:
    """Check that who takes over a class teaches its own: nobody hands on what it hands away itself.

    `given` counts the classes of the year it gave to others; none is free. Raises subcontract_in_turn.
    """
    if given:
        raise SUBCONTRACT_CHAIN.refused(house=house, year=year, given=given)


@rule(number="SCT-04", stage="培训", source=SOURCE, since=FOUNDED)
def check_not_teaching(year: int, house: str, taken: int) -> None:
    """Check that who gives a class away teaches for nobody else: the chain is the same in either order.

    `taken` counts the classes of the year it teaches for others. Raises subcontract_while_teaching.
    """
    if taken:
        raise SUBCONTRACT_WHILE_TEACHING.refused(house=house, year=year, taken=taken)


def _percent(bp: int) -> str:
    return f"{bp // 100}.{bp % 100:02d}%"
