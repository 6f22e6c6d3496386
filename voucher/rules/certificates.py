"""Certificates: a claim of one, compared with what the register says; who may issue it, and at what price.

An upload is a claim, the register's extract is the proof. Only where both say the same of person,
occupation and level does money follow, so every difference is named and an unknown one is never a match.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, Reason, Refusal, reason
from voucher.rules.money import format_yuan
from voucher.rules.names import same_name
from voucher.rules.periods import in_force
from voucher.rules.privacy import mask_free_text
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling
from voucher.rules.vocabulary import Level, name_level

MATCH_SOURCE = "豫办〔2021〕29号 第16项 人证相符、证岗相符; S2-16d,e,f; DOMAIN 三-6"
SCOPE_SOURCE = "豫办〔2021〕29号 第4项 评价目录清单; S2-04f"
FEE_SOURCE = "豫办〔2021〕29号 第4项 免费参加评价; S2-04g; AC-G8"
LISTED_SOURCE = "中办发〔2022〕58号（十二）职业资格目录动态调整; S3-12d"
FOUNDED = date(2021, 10, 28)
NO_ALIASES: Mapping[str, str] = MappingProxyType({})
AGAINST_REGISTER = "请核对证书原件；登记有误的，请发证机构更正登记后重新核验"

CERTIFICATE_NOT_IN_REGISTER = reason(
    "certificate_not_in_register",
    "登记中查不到证书 {number}",
    "请核对证书编号；确已取证的，请发证机构上传登记后重新核验",
    f"{MATCH_SOURCE}; DOMAIN C6",
)
CERTIFICATE_REVOKED = reason(
    "certificate_revoked",
    "证书 {number} 已被撤销",
    "该证书不能兑现；对撤销有异议的，请向发证机构申诉",
    "豫办〔2021〕29号 第16项 无证无价; S2-16f; AC-I1",
)
CERTIFICATE_HELD = reason(
    "certificate_on_hold",
    "证书 {number} 已提出撤销，待另一人确认，暂停办理",
    "请等待处置结论；作废撤销的，下次办理时照常列入",
    "豫办〔2021〕29号 第16项 无证无价; S2-04p; LIFECYCLE 待处置",
    Family.CONFLICT,
)
CERTIFICATE_NUMBER_MISMATCH = reason(
    "certificate_number_mismatch",
    "登记的证书编号 {found} 与填报的 {claimed} 不一致",
    AGAINST_REGISTER,
    MATCH_SOURCE,
)
CERTIFICATE_PERSON_MISMATCH = reason(
    "certificate_person_mismatch",
    "登记的持证人与填报的不是同一人（证件号码不同）",
    AGAINST_REGISTER,
    MATCH_SOURCE,
)
CERTIFICATE_NAME_MISMATCH = reason(
    "certificate_name_mismatch",
    "登记的姓名与填报的姓名不一致（证件号码相同）",
    "请核对证书原件；确已更名的，请先办理更名登记",
    f"{MATCH_SOURCE}; AC-F7; AC-I3",
)
CERTIFICATE_OCCUPATION_MISMATCH = reason(
    "certificate_occupation_mismatch",
    "登记的职业 {found} 与填报的 {claimed} 不一致",
    AGAINST_REGISTER,
    f"{MATCH_SOURCE}; AC-F8",
)
CERTIFICATE_LEVEL_MISMATCH = reason(
    "certificate_level_mismatch",
    "登记的等级 {found} 与填报的 {claimed} 不一致",
    AGAINST_REGISTER,
    MATCH_SOURCE,
)
CERTIFICATE_EVALUATOR_MISMATCH = reason(
    "certificate_evaluator_mismatch",
    "登记的评价机构 {found} 与填报的 {claimed} 不一致",
    AGAINST_REGISTER,
    f"{MATCH_SOURCE}; S2-04n",
)
CERTIFICATE_DATE_MISMATCH = reason(
    "certificate_date_mismatch",
    "登记的发证日期 {found} 与填报的 {claimed} 不一致",
    AGAINST_REGISTER,
    MATCH_SOURCE,
)
EVALUATOR_OUT_OF_SCOPE = reason(
    "evaluator_out_of_scope",
    "评价机构的备案范围不含 {code} {level}",
    "请核对职业和等级；确在范围内的，请先补录该机构的备案",
    SCOPE_SOURCE,
)
EVALUATOR_OUT_OF_DATE = reason(
    "evaluator_out_of_date",
    "评价机构对 {code} {level} 的备案在 {issued_on} 不在有效期内",
    "请核对发证日期；备案已延续的，请先补录延续后的有效期",
    SCOPE_SOURCE,
)
FEE_CHARGED = reason(
    "fee_charged",
    "清单内评价应当免费，登记收费 {amount} 元",
    "该人评价补贴锁定；请评价机构退费并经查实更正收费登记后重新申报",
    FEE_SOURCE,
)
QUALIFICATION_UNLISTED = reason(
    "qualification_unlisted",
    "职业 {code} 在 {issued_on} 不在国家职业资格目录内",
    "请核对发证日期和职业；已改为职业技能等级认定的，请按职业技能等级证书申报",
    LISTED_SOURCE,
)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What one side says of a certificate, in canonical spellings.

    `identity_key` is opaque (a blind index); `names` are all names the person is accepted under, former
    ones after an audited change among them; `item_code` names a 专项 item, which has no occupation level.
    """

    number: str
    identity_key: str = field(repr=False)
    names: frozenset[str] = field(repr=False)
    occupation_code: str | None
    item_code: str | None
    level: Level | None
    issued_on: date
    evaluator_code: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What an evaluator is filed for: an occupation or 专项 item, at a level or none, both days included."""

    code: str
    level: Level | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class ListedOccupation:
    """One occupation's stay on the 职业资格目录, by which document, both days included."""

    code: str
    since: date
    until: date | None
    document: str


@rule(number="CER-01", stage="持证", source=f"{MATCH_SOURCE}; AC-F7、AC-F8、AC-I3", since=FOUNDED)
def compare_with_register(
    claimed: CertificateFacts,
    found: CertificateFacts | None,
    revoked: bool,
    aliases: Mapping[str, str] = NO_ALIASES,
) -> tuple[Refusal, ...]:
    """Return every difference between a claimed certificate and its register row; none means verified.

    Two blanks are not a match. `aliases` maps former occupation codes to the ones they count as. Names
    are compared only where the person is the same; the refusals carry no name and no identity.

    Raises occupation_alias_circle.
    """
    # The number of a 特种作业操作证 is T and the holder's identity number: it is masked wherever it is told.
    if found is None:
        return (CERTIFICATE_NOT_IN_REGISTER.refusal(number=mask_free_text(claimed.number)),)
    differences: list[Refusal] = []
    if revoked:
        differences.append(CERTIFICATE_REVOKED.refusal(number=mask_free_text(claimed.number)))
    if claimed.identity_key != found.identity_key or not claimed.identity_key:
        differences.append(CERTIFICATE_PERSON_MISMATCH.refusal())
    elif not any(same_name(one, other) for one in claimed.names for other in found.names):
        differences.append(CERTIFICATE_NAME_MISMATCH.refusal())
    if _spell(claimed.number) != _spell(found.number) or not claimed.number:
        differences.append(
            CERTIFICATE_NUMBER_MISMATCH.refusal(
                claimed=mask_free_text(claimed.number), found=mask_free_text(found.number)
            )
        )
    pairs: tuple[tuple[Reason, str, str], ...] = (
        (CERTIFICATE_OCCUPATION_MISMATCH, _read_subject(claimed, aliases), _read_subject(found, aliases)),
        (CERTIFICATE_LEVEL_MISMATCH, _say_level(claimed.level), _say_level(found.level)),
        (CERTIFICATE_EVALUATOR_MISMATCH, _spell(claimed.evaluator_code), _spell(found.evaluator_code)),
        (CERTIFICATE_DATE_MISMATCH, claimed.issued_on.isoformat(), found.issued_on.isoformat()),
    )
    differences += [
        mismatch.refusal(claimed=ours or "未填", found=theirs or "未填")
        for mismatch, ours, theirs in pairs
        if ours != theirs or not ours
    ]
    return tuple(differences)


def _spell(code: str) -> str:
    return fold_spelling(code).upper()


def _say_level(level: Level | None) -> str:
    return name_level(level) if level is not None else "无等级"


def _read_subject(facts: CertificateFacts, aliases: Mapping[str, str]) -> str:
    """Return what the certificate is for: the occupation after the alias map, the 专项 item, or both."""
    occupation = canonical_occupation(facts.occupation_code or "", aliases)
    return " ".join(code for code in (occupation, facts.item_code) if code)


@rule(number="CER-02", stage="评价", source=SCOPE_SOURCE, since=FOUNDED)
def check_scope(
    code: str,
    level: Level | None,
    issued_on: date,
    scopes: Sequence[Scope],
    aliases: Mapping[str, str] = NO_ALIASES,
) -> None:
    """Check that an evaluator was filed for an occupation (or item) and level on the day of issue.

    Raises evaluator_out_of_scope, evaluator_out_of_date, occupation_alias_circle.
    """
    wanted = canonical_occupation(code, aliases)
    fitting = [
        scope
        for scope in scopes
        if canonical_occupation(scope.code, aliases) == wanted and scope.level is level
    ]
    if not fitting:
        raise EVALUATOR_OUT_OF_SCOPE.refused(code=code, level=_say_level(level))
    if not any(in_force(issued_on, scope.since, scope.until) for scope in fitting):
        raise EVALUATOR_OUT_OF_DATE.refused(
            code=code, level=_say_level(level), issued_on=issued_on.isoformat()
        )


@rule(number="CER-03", stage="评价", source=FEE_SOURCE, since=FOUNDED)
def check_fee(fee_fen: int | None) -> None:
    """Check that nothing was charged, in fen; a fee nobody recorded (未核) does not block.

    Raises fee_charged, amount_not_fen.
    """
    if fee_fen is not None and fee_fen != 0:
        raise FEE_CHARGED.refused(amount=format_yuan(fee_fen), fee_fen=fee_fen)


@rule(number="CER-04", stage="持证", source=LISTED_SOURCE, since=date(2022, 10, 7))
def check_qualification_listed(code: str, issued_on: date, entries: Sequence[ListedOccupation]) -> None:
    """Check that a 职业资格证书 was issued while its occupation stood on the national list.

    The refusal is a flag for a person to look at, and names the document by which the occupation left.
    Raises qualification_unlisted.
    """
    stays = [entry for entry in entries if entry.code == code]
    if any(in_force(issued_on, entry.since, entry.until) for entry in stays):
        return
    documents = "、".join(sorted({entry.document for entry in stays}))
    raise QUALIFICATION_UNLISTED.refused(code=code, issued_on=issued_on.isoformat(), documents=documents)
