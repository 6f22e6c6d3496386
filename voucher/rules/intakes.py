"""Class intakes (开班名册): whom a class is opened for, how many they may be, who else is kept out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum

from voucher.rules.calendar import SHANGHAI
from voucher.rules.classes import CLASH_SOURCE, Slot, may_clash
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.training import CLASS_SOURCE, WHOLE, check_class_size

SOURCE = "人社部 开班申请（学员名册、教学计划、师资; DOMAIN N2）; S2-15i; 【设】报了名册的班只收名册上的人"
KEPT_SOURCE = "人社部 开班申请（学员名册; DOMAIN N2）; 【设】准予开班后名册只能在限额内换人"
SINCE = date(2021, 10, 28)


class StrikeWhy(StrEnum):
    """Why the office strikes somebody off: none tells the institution more of the person than it may know."""

    NOT_ASKED = "not_asked"
    UNFIT = "unfit"
    ELSEWHERE = "elsewhere"
    WRONG_PERSON = "wrong_person"
    UNABLE = "unable"
    OTHER = "other"


STRIKE_WHY_NAMES: dict[StrikeWhy, str] = {
    StrikeWhy.NOT_ASKED: "本人没有报名",
    StrikeWhy.UNFIT: "不符合本班的培训条件",
    StrikeWhy.ELSEWHERE: "已在别处参加培训",
    StrikeWhy.WRONG_PERSON: "名册填错了人",
    StrikeWhy.UNABLE: "暂不能参加本班培训",
    StrikeWhy.OTHER: "其他，由审核部门掌握",
}
STRUCK_TRUE = "本人反映“不是我”，核实属实"

INTAKE_MISSING = reason(
    "class_intake_missing",
    "还没有报开班名册，本地区开班申请须附学员名册",
    "请在“开班名册”页导入学员后再提交",
    SOURCE,
)
INTAKE_TOO_LARGE = reason(
    "class_intake_too_large",
    "开班名册 {size} 人，超过本班班额 {capacity} 人",
    "请减少人员，或拆成两个班分别报名册；班额没到上限的，也可以先改班额",
    CLASS_SOURCE,
    Family.LIMIT,
)
LEARNER_BOOKED = reason(
    "class_intake_booked",
    "这个人 {at} 在班级 {other} 上课，时间冲突",
    "请核对是不是上本班；确要上本班的，先由本人退出另一个班",
    CLASH_SOURCE,
    Family.CONFLICT,
)
LEARNER_BUSY = reason(
    "class_intake_busy",
    "这个人同一时间已有其他班",
    "请与本人核对；确要上本班的，先由本人退出另一个班。是哪个班，不向别的机构显示",
    CLASH_SOURCE,
    Family.CONFLICT,
)
LOOKUPS_USED_UP = reason(
    "class_intake_lookups_used_up",
    "本机构今天为开班名册核对学员的次数已用完（每天 {most} 人次，今天已核对 {done} 人次）",
    "请减少人员，或明天再导入",
    "S3-07c; 【设】学员是否在别处上课，按日限次核对",
    Family.LIMIT,
)
INTAKE_NOT_APPROVED = reason(
    "class_intake_not_approved",
    "本班准予开班时没有名册，有合适的券的人都可以报名，现在不能再报名册",
    "要按名册开班的，请取消本班，附名册重新申请",
    KEPT_SOURCE,
    Family.CONFLICT,
)
INTAKE_GROWN = reason(
    "class_intake_grown",
    "准予开班的名册 {approved} 人，这样就有 {size} 人",
    "请先从名册去掉不来的人，再补入同样多的人；要增加人数的，请另开一个班",
    KEPT_SOURCE,
    Family.LIMIT,
)
INTAKE_REPLACED = reason(
    "class_intake_replaced",
    "准予开班的名册 {approved} 人，至多换 {most} 人，这样就换了 {replaced} 人",
    "请由人社部门转班，或取消本班，按现在的名册重新申请",
    KEPT_SOURCE,
    Family.LIMIT,
)
NOT_ON_INTAKE = reason(
    "not_on_class_intake",
    "本班按名册开班，持券人不在开班名册上",
    "请选择其他班级；确属本班的，请机构在开课前把本人补进名册后再报名",
    SOURCE,
    Family.CONFLICT,
)
INTAKE_DENIED = reason(
    "class_intake_denied",
    "本人反映没有报这个班，人社部门正在核实，现在不能报名",
    "请本人登录，在“名册上有我”点“是我弄错了”后再报名；没有手机的，等核实有了结论",
    SOURCE,
    Family.CONFLICT,
)
STRUCK_OFF = reason(
    "class_intake_struck_off",
    "人社部门已把这个人从本班名册去掉，不能再列入",
    "请把这一行删去后重新导入；有异议的，请联系审核本班的人社部门",
    SOURCE,
    Family.CONFLICT,
)
MOVED_DENIED = reason(
    "class_intake_transfer_denied",
    "券 {voucher} 的持券人反映没有报要转入的班，还没有答复，不能转入",
    "请先在“名册反映”里答复，或转到别的班；本人弄错了的，由本人点“是我弄错了”",
    SOURCE,
    Family.CONFLICT,
)
MOVED_STRUCK = reason(
    "class_intake_transfer_struck",
    "券 {voucher} 的持券人已由人社部门从要转入的班的开班名册去掉，不能转入",
    "请转到别的班",
    SOURCE,
    Family.CONFLICT,
)


@rule(number="TRN-24", stage="培训", source=CLASS_SOURCE, since=SINCE)
def check_intake_size(size: int, capacity: int, largest: int | None) -> None:
    """Check that no more people are on an intake than the class has seats, or than any class may have.

    Raises class_too_large, class_intake_too_large.
    """
    if largest is not None:
        check_class_size(size, largest)
    if size > capacity:
        raise INTAKE_TOO_LARGE.refused(size=size, capacity=capacity)


@rule(number="TRN-25", stage="培训", source=CLASH_SOURCE, since=SINCE)
def check_not_booked(slots: Sequence[Slot], taken: Iterable[tuple[str, Slot]]) -> None:
    """Check that somebody on an intake is taught in no other class (number, slot) at the same time.

    A class of other institutions has no number here: neither it nor its hours are told. Raises
    class_intake_booked, class_intake_busy.
    """
    for other, slot in taken:
        if any(may_clash(each, slot) for each in slots):
            if not other:
                raise LEARNER_BUSY.refused()
            at = slot.starts_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            raise LEARNER_BOOKED.refused(other=other, at=at)


@rule(number="TRN-26", stage="培训", source=SOURCE, since=SINCE)
def check_on_intake(*, filed: bool, named: bool) -> None:
    """Check that a class whose intake was filed takes in nobody else. Raises not_on_class_intake."""
    if filed and not named:
        raise NOT_ON_INTAKE.refused()


@rule(number="TRN-29", stage="培训", source=KEPT_SOURCE, since=SINCE)
def check_intake_kept(approved: int | None, size: int, replaced: int, share_bp: int | None) -> None:
    """Check that a class stays for whom it was allowed: no first names, no more people, few others.

    `replaced` are the people who were not on it then; None for their share, in basis points, sets no limit.
    Raises class_intake_not_approved, class_intake_grown, class_intake_replaced.
    """
    if approved is None:
        raise INTAKE_NOT_APPROVED.refused()
    if size > approved:
        raise INTAKE_GROWN.refused(approved=approved, size=size)
    most = approved if share_bp is None else -(-approved * share_bp // WHOLE)
    if replaced > most:
        raise INTAKE_REPLACED.refused(approved=approved, most=most, replaced=replaced)
