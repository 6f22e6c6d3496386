"""Photographs and PDFs shown with an application: how many, taken back until when, kept how long."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "【设】申请附件：本人可以给证明拍照，只给办理人员看 (S2-16a; 个人信息保护法 第六条)"
KEPT_SHORT = "【设】附件不久存；个人信息保护法 第十九条、第四十七条"
SINCE = date(2021, 10, 28)

ATTACHMENT_MISSING = reason(
    "attachment_missing",
    "没有找到这份附件",
    "附件可能已撤下，或上传后太久没有提交；请重新拍照上传",
    SOURCE,
    Family.MISSING,
)
ATTACHMENTS_TOO_MANY = reason(
    "attachments_too_many",
    "“{label}”的附件有 {count} 份，每一项最多 {most} 份",
    "请只留看得清的几份；一页一张就够",
    SOURCE,
    Family.LIMIT,
)
UNUSED_TOO_MANY = reason(
    "attachments_unused_too_many",
    "您已上传 {most} 份还没有提交的附件",
    "请先提交申请或补充说明，再上传新的；没有提交的过几天会自动删除",
    SOURCE,
    Family.LIMIT,
)
ATTACHMENT_USED = reason(
    "attachment_used",
    "这份附件已经随一项申请提交",
    "一份附件只用一次；另一项也要的，请再上传一次",
    SOURCE,
    Family.CONFLICT,
)
ATTACHMENT_DECIDED = reason(
    "attachment_decided",
    "申请已经办结，附件不能再撤下",
    "附件是办理的依据；没有同意的申请，附件到期自动删除",
    SOURCE,
    Family.CONFLICT,
)
# an application may still be decided otherwise
UNDECIDED = ("filed", "asked")
# nothing was given for it, so nothing has to be proven later
FRUITLESS = ("declined", "lapsed", "withdrawn")


@rule(number="APL-07", stage="发券", source=SOURCE, since=SINCE)
def check_count(label: str, count: int, most: int) -> None:
    """Refuse more attachments at one item than anybody looks through. Raises attachments_too_many."""
    if count > most:
        raise ATTACHMENTS_TOO_MANY.refused(label=label, count=count, most=most)


@rule(number="APL-08", stage="发券", source=SOURCE, since=SINCE)
def check_unused(count: int, most: int) -> None:
    """Refuse one more upload to somebody who hands none of them in. Raises attachments_unused_too_many."""
    if count >= most:
        raise UNUSED_TOO_MANY.refused(most=most)


@rule(number="APL-09", stage="发券", source=SOURCE, since=SINCE)
def check_may_take_back(state: str | None) -> None:
    """Refuse to take back what an application was decided upon; None where it belongs to none.

    Raises attachment_decided.
    """
    if state is not None and state not in UNDECIDED:
        raise ATTACHMENT_DECIDED.refused()


@rule(number="APL-10", stage="发券", source=KEPT_SHORT, since=SINCE)
def unused_before(now: datetime, hours: int) -> datetime:
    """Return the moment before which an upload nobody handed in is not kept any longer."""
    return now - timedelta(hours=hours)


@rule(number="APL-11", stage="发券", source=KEPT_SHORT, since=SINCE)
def ended_before(now: datetime, days: int) -> datetime:
    """Return the moment before which a fruitless application's end lets its attachments go."""
    return now - timedelta(days=days)
