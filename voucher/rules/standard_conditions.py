"""What a standard asks besides the certificate, unanswered here: a first card, a new hire, days, hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.register import rule
from voucher.rules.subsidy import OWN_FORMS, Form, Standard
from voucher.rules.vocabulary import CertificateKind, SubsidyKind

SOURCE = "豫人社规〔2022〕2号（初次取得特种作业操作证；企业新录用人员岗前培训, DOMAIN H-e）"
SINCE = date(2022, 3, 31)

FIRST_CARD_UNKNOWN = reason(
    "first_card_unknown",
    "该标准只给初次取得特种作业操作证的人，系统没有是否初次取证的答复",
    "转人工：请查验该人同一作业类别的旧证；复审、换证的按复审的标准核定，不按初次",
    SOURCE,
    Family.CONFLICT,
)
FORMER_CARD_UNKNOWN = reason(
    "former_card_unknown",
    "该标准只给特种作业操作证 3 年一次复审换证的人，系统没有旧证到期和复审的答复",
    "转人工：请查验该人同一作业类别的旧证、有效期和复审记录；初次取证的，按初次的标准核定",
    SOURCE,
    Family.CONFLICT,
)
NEWLY_HIRED_UNKNOWN = reason(
    "newly_hired_unknown",
    "该标准只给企业新录用人员的岗前培训，系统没有是否新录用的答复",
    "转人工：请查验劳动合同和参保，并核对以前有没有领过岗前培训补贴；不是新录用的，办理不予通过",
    SOURCE,
    Family.CONFLICT,
)
PRE_JOB_HOURS_SHORT = reason(
    "pre_job_hours_short",
    "岗前培训实际到课 {hours} 学时，不足 {least} 学时",
    "转人工：请核对签到学时和劳动合同；达不到最低学时的，办理不予通过",
    SOURCE,
    Family.CONFLICT,
)

SENIOR_UPGRADE_UNKNOWN = reason(
    "senior_upgrade_unknown",
    "该标准只给高级技师不少于 {least} 天的技能提升培训，系统没有本人等级和培训天数的答复",
    "转人工：请查验本人的高级技师证书，对照课表和签到核对培训天数；不符合的，办理不予通过",
    "【参】高级技师技能提升培训不少于5天且取得培训合格证书（DOMAIN H-e）",
    Family.CONFLICT,
)
COMPLETION_HOURS_SHORT = reason(
    "completion_hours_short",
    "培训合格证书实际到课 {hours} 学时，不足 {least} 学时",
    "转人工：请核对签到学时；达不到最低学时的，办理不予通过",
    "【参】培训合格证书完成40学时以上 (DOMAIN H-f); AC-E2、AC-G7",
    Family.CONFLICT,
)


@rule(number="SUB-06", stage="兑现", source=SOURCE, since=SINCE)
def find_condition(
    kind: SubsidyKind,
    certificate_kind: CertificateKind,
    training_kind: str | None,
    priced_on: date,
    standards: Iterable[Standard],
) -> Form | None:
    """Return which standard with a condition of its own prices a line, by the day it was priced on."""
    if kind is not SubsidyKind.TRAINING:
        return None
    own = OWN_FORMS.get((certificate_kind, training_kind or ""))
    if certificate_kind is CertificateKind.SPECIAL_OPERATION:
        return own or Form.SPECIAL_OPERATION
    begun = any(each.form == own and each.since <= priced_on for each in standards)
    return own if own is not None and begun else None


@rule(number="SUB-07", stage="兑现", source=SOURCE, since=SINCE)
def tell_condition(form: Form, hours: int | None, least: int | None) -> Refusal:
    """Return what a person has to find out before such a standard is paid; hours as they were attended.

    `least` are the hours, or the days, such training has at the least.
    """
    if form is Form.SPECIAL_OPERATION:
        return FIRST_CARD_UNKNOWN.refusal()
    if form is Form.CARD_RENEWAL:
        return FORMER_CARD_UNKNOWN.refusal()
    if form is Form.SENIOR_UPGRADE:
        return SENIOR_UPGRADE_UNKNOWN.refusal(least="未定" if least is None else least)
    if least is not None and (hours is None or hours < least):
        return PRE_JOB_HOURS_SHORT.refusal(hours="未登记" if hours is None else hours, least=least)
    return NEWLY_HIRED_UNKNOWN.refusal()


@rule(number="SUB-08", stage="兑现", source=COMPLETION_HOURS_SHORT.source, since=SINCE)
def tell_short_hours(hours: int | None, least: int | None) -> Refusal | None:
    """Return what a person looks at where fewer hours were attended than are paid for by the hour."""
    if hours is None or least is None or hours >= least:
        return None
    return COMPLETION_HOURS_SHORT.refusal(hours=hours, least=least)
