"""What a person is given once a period, not once for ever: the 复审 of a 特种作业操作证, every third year."""

from __future__ import annotations

from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.standard_forms import OWN_FORMS, Form
from voucher.rules.vocabulary import CertificateKind
from voucher.rules.windows import add_months

SOURCE = (
    "豫人社规〔2022〕2号（特种作业操作证3年一次复审换证, DOMAIN H-e）; "
    "安监总局令第30号第二十一条 每3年复审1次; 【设】以结业当年为期次"
)
SINCE = date(2022, 3, 31)

PERIOD_NOT_OVER = reason(
    "period_not_over",
    "同一人员同一作业类别的取证或复审补贴已申领或占用，编号 {earlier}："
    "前一张证 {earlier_on}，这一张 {earned_on}，相隔未满 {months} 个月",
    "每 3 年复审一次，按发证日期（还没有证书的按结业日期）计算：下一次复审换证时再申领；"
    "前一次有误的，请就编号 {earlier} 提出异议",
    f"{SOURCE}; S2-04o",
    Family.CONFLICT,
)
_PERIOD = "|period|"


@rule(number="DUP-06", stage="兑现", source=SOURCE, since=SINCE)
def entitlement_period(
    certificate_kind: CertificateKind, training_kind: str | None, ends_on: date
) -> str | None:
    """Return the period a subsidy is had once in, the year its training ends; None where it is for ever."""
    if OWN_FORMS.get((certificate_kind, training_kind or "")) is Form.CARD_RENEWAL:
        return str(ends_on.year)
    return None


@rule(number="DUP-07", stage="兑现", source=SOURCE, since=SINCE)
def is_by_period(key: str) -> bool:
    """Return whether a key is one period's."""
    return _PERIOD in key


@rule(number="DUP-08", stage="兑现", source=SOURCE, since=SINCE)
def is_too_soon(key: str, earned_on: date, other_key: str, other_on: date, months: int | None) -> bool:
    """Return whether two claims of the same lie less than so many months apart, one of them a period's.

    The other is another period's or the first card's, whose years begin with it too. The days are those of
    the cards, not of the claims: a card is renewed every third year, however late it is claimed for, and
    whichever of two is claimed for first.
    """
    base, _, period = key.partition(_PERIOD)
    before, _, other = other_key.partition(_PERIOD)
    if not (period or other) or months is None or before != base or other == period:
        return False
    first, last = sorted((earned_on, other_on))
    return last < add_months(first, months)
