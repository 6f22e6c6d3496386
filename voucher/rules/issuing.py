"""Who may get a voucher of a programme, when, until when, and what a lost one is replaced by."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第16项; S2-16a,b; DOMAIN W1、W2"
GROUP_SOURCE = "豫办〔2021〕29号 第3项; S2-03d; DOMAIN W1（可用人群）"
DATES_SOURCE = "【参】有效期不超过3个月（DOMAIN V11）; 【设】LIFECYCLE Two dates"
REPLACEMENT_SOURCE = "【设】无过错者另发新券并注明原券 (LIFECYCLE; AC-I5)"
SINCE = date(2021, 10, 28)
REPLACEABLE = ("expired", "revoked", "lapsed", "recovering", "recovered")

PROGRAMME_NOT_PUBLISHED = reason(
    "programme_not_published",
    "券种“{programme}”现在不发放（{state}）",
    "请选择发放中的券种；尚未发布的，请由起草人以外的人员审核发布",
    SOURCE,
    Family.CONFLICT,
)
PROGRAMME_NOT_BEGUN = reason(
    "programme_not_begun",
    "券种“{programme}”自 {from_on} 起发放",
    "请在发放期内办理",
    SOURCE,
    Family.CONFLICT,
)
PROGRAMME_OVER = reason(
    "programme_over",
    "券种“{programme}”的发放期已于 {until_on} 结束",
    "请选择其他发放中的券种",
    SOURCE,
    Family.CONFLICT,
)
PROGRAMME_STOPPED = reason(
    "programme_stopped",
    "券种“{programme}”已停止发放，候补随之结束",
    "请选择其他发放中的券种；恢复发放后可重新申领",
    SOURCE,
    Family.CONFLICT,
)
QUANTITY_USED_UP = reason(
    "quantity_used_up",
    "券种“{programme}”的 {quantity} 张已发完",
    "请选择其他券种；发放数量追加后可再办理",
    SOURCE,
    Family.LIMIT,
)
GROUP_NOT_MET = reason(
    "group_not_met",
    "本券只发给：{groups}",
    "属于上述人员而没有登记的，请凭依据到当地人社部门登记人员类别后再办理",
    GROUP_SOURCE,
)
WAITING_ALREADY = reason(
    "waiting_already",
    "本人已在这个券种候补，发券单 {issue}",
    "不必重复申领：有资金释放时按先后自动发放",
    "【设】资金不足按先后候补 (DESIGN 4)",
    Family.CONFLICT,
)
SECOND_OF_SUBJECT = reason(
    "voucher_of_subject_held",
    "本人已有一张同一职业（项目）同一等级的培训券 {voucher}",
    "请使用原来那张；要换这一种的，先在“我的券”中退回原来那张",
    "豫办〔2021〕29号 第16项（一人一项目一券）; S2-16a; AC-C4",
    Family.CONFLICT,
)
KEY_HELD = reason(
    "issued_for_key_already",
    "同一人员同一职业（项目）同一等级已在享受补贴，首次办理编号 {earlier}",
    "不得重复享受；首次办理有误的，请就编号 {earlier} 向经办机构提出",
    "豫办〔2021〕29号 第4项; S2-04o",
    Family.CONFLICT,
)
OPEN_VOUCHERS_REACHED = reason(
    "open_vouchers_reached",
    "本人同时持有 {count} 张未用完的券，达到 {most} 张的上限",
    "请先使用或退回手里的券，再申领新券",
    "【参】每人同时持有的券数；试点方案支持同时发多张 (DOMAIN W1; AC-C4)",
    Family.LIMIT,
)
DECLARATION_MISSING = reason(
    "declaration_missing",
    "本人没有作出承诺，不能自行领券",
    "请阅读并勾选承诺：非财政供养、未按月领取养老金、有培训意愿；不便承诺的，请到当地人社部门办理",
    "豫人社规〔2022〕2号 (DOMAIN H-d); S2-16a",
)
TAKEN_BY_HOLDER_ONLY = reason(
    "programme_not_open",
    "券种“{programme}”是定向券，由名册发放，不能自行领取",
    "请联系报送名册的机构或当地人社部门；也可选择通用券自行领取",
    "DOMAIN W2、W3",
    Family.CONFLICT,
)
REDEEM_DATE_PASSED = reason(
    "redeem_date_passed",
    "这张券已过核销截止日 {redeem_by}",
    "过期的券不能再使用；需要培训的，请重新申领",
    DATES_SOURCE,
    Family.CONFLICT,
)
NOT_REPLACEABLE = reason(
    "voucher_not_replaceable",
    "券 {voucher} 当前为“{state}”，不能补发",
    "只有过期、作废、无证失效或被追回，而本人没有过错的，才另发新券",
    REPLACEMENT_SOURCE,
    Family.CONFLICT,
)
LEFT_BY_INSTITUTION = "机构退出，本人选择换一张新券"
EXIT_NOT_THERE = reason(
    "exit_not_there",
    "这张券不是因为机构退出停住的",
    "要换班的，请在开课前退出原班级再另选；其他情况请联系发券的人社部门",
    "豫办〔2021〕29号 第4项（退出机制）; S2-04p",
    Family.CONFLICT,
)
REPLACED_ALREADY = reason(
    "voucher_replaced_already",
    "券 {voucher} 已提出过补发，发券单 {issue}",
    "每张券只补发一次，请查看该发券单的办理结果",
    REPLACEMENT_SOURCE,
    Family.CONFLICT,
)

_BETWEEN = re.compile(r"[（）()、,;/|“”\"]+")


@rule(number="ISS-01", stage="发券", source=SOURCE, since=SINCE)
def check_in_period(programme: str, from_on: date, until_on: date, on: date) -> None:
    """Refuse issuing outside the programme's days, both included.

    Raises programme_not_begun, programme_over.
    """
    if on < from_on:
        raise PROGRAMME_NOT_BEGUN.refused(programme=programme, from_on=from_on.isoformat())
    if on > until_on:
        raise PROGRAMME_OVER.refused(programme=programme, until_on=until_on.isoformat())


@rule(number="ISS-02", stage="发券", source=GROUP_SOURCE, since=SINCE)
def may_belong(group_code: str, group_name: str, categories: Collection[str]) -> bool:
    """Return whether a recorded category is the group's code, its name, or a name written beside it.

    A dictionary writes 农民工（农村转移就业劳动者）, a file either of the two.
    """
    words = {group_code, clean_word(group_name), *filter(None, _BETWEEN.split(clean_word(group_name)))}
    return any(clean_word(each) in words for each in categories)


@rule(number="ISS-03", stage="发券", source=GROUP_SOURCE, since=SINCE)
def check_groups(groups: Sequence[tuple[str, str]], categories: Collection[str]) -> None:
    """Refuse a person in none of the groups (code, name) a programme is for; no group means everyone.

    Raises group_not_met.
    """
    if groups and not any(may_belong(code, name, categories) for code, name in groups):
        raise GROUP_NOT_MET.refused(groups="、".join(name for _, name in groups))


@rule(number="ISS-04", stage="发券", source=DATES_SOURCE, since=SINCE)
def redeem_by(issued_on: date, validity_days: int) -> date:
    """Return the last day a voucher may be used, that day included."""
    return issued_on + timedelta(days=validity_days)


@rule(number="ISS-05", stage="发券", source=DATES_SOURCE, since=SINCE)
def check_usable_on(last_day: date, on: date) -> None:
    """Refuse a voucher after its last day. Raises redeem_date_passed."""
    if on > last_day:
        raise REDEEM_DATE_PASSED.refused(redeem_by=last_day.isoformat())


@rule(number="ISS-06", stage="发券", source=REPLACEMENT_SOURCE, since=SINCE)
def check_replaceable(voucher_number: str, state: str, state_name: str) -> None:
    """Refuse to replace a voucher that did not end this way. Raises voucher_not_replaceable."""
    if state not in REPLACEABLE:
        raise NOT_REPLACEABLE.refused(voucher=voucher_number, state=state_name)


@rule(number="ISS-07", stage="发券", source="豫人社规〔2022〕2号 (DOMAIN H-d); S2-16a", since=SINCE)
def check_declared(*, declared: bool) -> None:
    """Refuse taking a voucher without one's own promise. Raises declaration_missing."""
    if not declared:
        raise DECLARATION_MISSING.refused()


@rule(
    number="ISS-08",
    stage="发券",
    source="【参】每人同时持有的券数；试点方案支持同时发多张 (DOMAIN W1; AC-C4)",
    since=SINCE,
)
def check_open_vouchers(count: int, most: int | None) -> None:
    """Refuse one more voucher to who holds as many unused ones as allowed; None sets no limit.

    Raises open_vouchers_reached.
    """
    if most is not None and count >= most:
        raise OPEN_VOUCHERS_REACHED.refused(count=count, most=most)
