"""Proofs: which certificate turns a voucher into money (以证换券), and why another one does not.

The register says whether a certificate is true; here is said whether it is the one the voucher is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from voucher.rules.certificates import NO_ALIASES
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, Refusal, Refused, reason
from voucher.rules.levels import Level, name_level
from voucher.rules.privacy import mask_free_text
from voucher.rules.register import rule
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, CertificateKind

SOURCE = "豫办〔2021〕29号 第16项 以证换券、无证无价; S2-16d,e,f"
FOUNDED = date(2021, 10, 28)
HIGHER_SOURCE = "LIFECYCLE Entitlement（高于券面等级的证书由两人决定）; DESIGN 4（不高于占用）; S2-16e"
COMPLETION_PREFIX = "PX"

CERTIFICATE_MISSING = reason(
    "certificate_missing",
    "还没有本人的证书",
    "考试合格后由评价机构上传证书；证书已发的，请评价机构上传后重新核验",
    f"{SOURCE}; AC-F3",
    Family.MISSING,
)
CERTIFICATE_OTHER_TRADE = reason(
    "certificate_other_trade",
    "证书 {number} 的职业 {found} 与培训券的 {wanted} 不一致",
    "本券只能凭同一职业的证书兑现；填写有误的，请发证机构更正证书",
    f"{SOURCE}; AC-F8",
    Family.CONFLICT,
)
CERTIFICATE_OTHER_LEVEL = reason(
    "certificate_other_level",
    "证书 {number} 的等级（{found}）与培训券的（{wanted}）不一致",
    "本券只能凭同一等级的证书兑现；填写有误的，请发证机构更正证书",
    f"{SOURCE}; LIFECYCLE Entitlement",
    Family.CONFLICT,
)
CERTIFICATE_HIGHER_LEVEL = reason(
    "certificate_higher_level",
    "证书 {number} 的等级（{found}）高于培训券的（{wanted}）",
    "转人工：由经办机构一人提出、另一人确认后，按本券等级兑现，不按证书等级多付",
    HIGHER_SOURCE,
    Family.CONFLICT,
)
CERTIFICATE_OTHER_KIND = reason(
    "certificate_other_kind",
    "证书 {number} 是{found}，培训券要求{wanted}",
    "请以培训券所列证书类型的证书兑现",
    SOURCE,
    Family.CONFLICT,
)
CERTIFICATE_OTHER_EVALUATOR = reason(
    "certificate_other_evaluator",
    "证书 {number} 不是组织这次考试的评价机构所发",
    "本券只能凭考试机构所发的证书兑现：机构填写有误的，请评价机构更正；确由另一家发证的，请在那一家重新评价",
    f"{SOURCE}; S2-04n 谁评价、谁发证、谁负责",
    Family.CONFLICT,
)
CERTIFICATE_TOO_EARLY = reason(
    "certificate_too_early",
    "证书 {number} 的发证日期 {issued_on} 早于{what}日期 {exam_on}",
    "{what}之前取得的证书不能兑现本券；发证日期有误的，请发证机构更正",
    f"{SOURCE}; DOMAIN 三-6",
    Family.CONFLICT,
)
CERTIFICATE_UNVERIFIED = reason(
    "certificate_unverified",
    "证书 {number} 还没有与全国联网登记核对",
    "请等待核验，或请评价机构、经办机构办理核验",
    SOURCE,
    Family.CONFLICT,
)
CERTIFICATE_USED = reason(
    "certificate_used",
    "证书 {number} 已用于兑现另一张培训券",
    "一本证书只能兑现一张培训券",
    f"{SOURCE}; S2-04o",
    Family.CONFLICT,
)

CERTIFICATE_NOT_HIGHER = reason(
    "certificate_not_higher",
    "证书 {number} 就是本券要求的等级，不需要两人决定",
    "请办理核验；核验一致后系统自动转为已持证",
    HIGHER_SOURCE,
    Family.CONFLICT,
)
HIGHER_CERTIFICATE_REFUSED = reason(
    "higher_certificate_refused",
    "证书 {number} 的等级高于培训券的，经两人核实不予兑现本券：{why}",
    "有新的依据的，请经办机构重新提出；取得与本券同等级证书的，仍可兑现",
    HIGHER_SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a voucher is for: kind of certificate, trade, level, and the exam passed: when, and at whom.

    Where another authority examines, nobody is named and the day is the last one of the class.
    """

    kind: str
    trade_code: str
    level: Level | None
    exam_on: date
    evaluator_id: int | None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a certificate of the holder says."""

    number: str
    kind: str
    trade_code: str
    level: Level | None
    issued_on: date
    evaluator_id: int


@rule(number="CER-05", stage="持证", source=f"{SOURCE}; AC-F8; LIFECYCLE Entitlement", since=FOUNDED)
def find_mismatch(
    wanted: Wanted, offered: Offered, aliases: Mapping[str, str] = NO_ALIASES
) -> Refusal | None:
    """Return why a certificate is not the one a voucher is for, or None where it is.

    A higher level of the same trade is left to two people, so it does not fit by itself. Who examined has to
    be who issued: nobody answers for a certificate whose exam somebody else held.
    Raises occupation_alias_circle.
    """
    # the number of a 特种作业操作证 carries its holder's identity number
    number = mask_free_text(offered.number)
    if canonical_occupation(offered.trade_code, aliases) != canonical_occupation(wanted.trade_code, aliases):
        return CERTIFICATE_OTHER_TRADE.refusal(
            number=number, found=offered.trade_code, wanted=wanted.trade_code
        )
    if offered.kind != wanted.kind:
        return CERTIFICATE_OTHER_KIND.refusal(
            number=number, found=_say_kind(offered.kind), wanted=_say_kind(wanted.kind)
        )
    if offered.level is not wanted.level:
        higher = offered.level is not None and wanted.level is not None and offered.level > wanted.level
        mismatch = CERTIFICATE_HIGHER_LEVEL if higher else CERTIFICATE_OTHER_LEVEL
        return mismatch.refusal(
            number=number, found=_say_level(offered.level), wanted=_say_level(wanted.level)
        )
    if wanted.evaluator_id not in (None, offered.evaluator_id):
        return CERTIFICATE_OTHER_EVALUATOR.refusal(number=number)
    if offered.issued_on < wanted.exam_on:
        return CERTIFICATE_TOO_EARLY.refusal(
            number=number,
            issued_on=offered.issued_on.isoformat(),
            exam_on=wanted.exam_on.isoformat(),
            what="结业" if wanted.evaluator_id is None else "考试",
        )
    return None


@rule(number="CER-07", stage="持证", source=HIGHER_SOURCE, since=FOUNDED)
def check_higher(wanted: Wanted, offered: Offered, aliases: Mapping[str, str] = NO_ALIASES) -> None:
    """Refuse any certificate but one that two people may take for a lower voucher: its level alone is higher.

    Raises certificate_not_higher, occupation_alias_circle, and what `find_mismatch` finds beside the level.
    """
    mismatch = find_mismatch(wanted, offered, aliases)
    if mismatch is None:
        raise CERTIFICATE_NOT_HIGHER.refused(number=mask_free_text(offered.number))
    if mismatch.code == CERTIFICATE_HIGHER_LEVEL.code:
        # the level comes before evaluator and day: those are asked as if the voucher were for it
        mismatch = find_mismatch(replace(wanted, level=offered.level), offered, aliases)
    if mismatch is not None:
        raise Refused(mismatch)


def _say_kind(kind: str) -> str:
    return CERTIFICATE_KIND_NAMES[CertificateKind(kind)]


def _say_level(level: Level | None) -> str:
    return name_level(level) if level is not None else "无等级"


@rule(
    number="CER-06",
    stage="持证",
    source="【设】培训合格证书编号：PX-班级编号-顺序号（无公布的编码规则, DOMAIN C5）",
    since=FOUNDED,
)
def completion_number(class_number: str, position: int) -> str:
    """Return the number of a 培训合格证书: the class it was earned in and a place counted from one.

    Raises ValueError for a place below one.
    """
    if position < 1:
        raise ValueError(f"position is {position}, less than 1")
    return f"{COMPLETION_PREFIX}-{class_number}-{position:03d}"
