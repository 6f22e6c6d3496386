"""What a subsidy is worth: dated standards and modifiers in, one explained amount out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from voucher.rules.citations import readable_words
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.errors import Reason, Refusal, reason
from voucher.rules.modifiers import Circumstances, apply_modifiers, earns_unmodified, find_modifiers
from voucher.rules.modifiers import Modifier as Modifier
from voucher.rules.money import check_fen, format_yuan
from voucher.rules.periods import in_force
from voucher.rules.register import rule
from voucher.rules.standard_forms import CARD_RENEWAL, NEVER_ANOTHER
from voucher.rules.standard_forms import OWN_FORMS as OWN_FORMS
from voucher.rules.standard_forms import Form as Form
from voucher.rules.vocabulary import (
    CERTIFICATE_KIND_NAMES,
    LEVEL_CERTIFICATE_KINDS,
    METHOD_NAMES,
    SUBSIDY_NAMES,
    CertificateKind,
    Level,
    Method,
    Outcome,
    SubsidyKind,
    name_level,
)

STANDARDS_SOURCE = "豫办〔2021〕29号 第4项; 豫人社规〔2022〕2号; S2-04h–m"
COMPLETION_SOURCE = "豫人社规〔2022〕2号（评价补贴不含培训合格证书）; AC-G7"
METHOD_SOURCE = "豫人社规〔2022〕2号（考试、过程评价全额，直接认定可按50%）; 【参】其余取得方式无明文; AC-J3"

NO_STANDARD = reason(
    "no_standard",
    "无标准：{what}在 {on} 没有{subsidy}标准",
    "应付 0 元；如有新的补贴文件，请先录入标准再重新申报",
    f"{STANDARDS_SOURCE}; S0-08b",
)
COMPLETION_NOT_SUBSIDISED = reason(
    "completion_not_subsidised",
    "培训合格证书不享受评价补贴",
    "评价补贴应付 0 元；培训补贴请按学时另行申领",
    COMPLETION_SOURCE,
)
KIND_NOT_SUBSIDISED = reason(
    "kind_not_subsidised",
    "{what}不享受评价补贴",
    "评价补贴应付 0 元；该证书计入技能人才统计，符合条件的可申领培训补贴",
    "豫办〔2021〕29号 二、第4项; DOMAIN 2.7",
)
METHOD_NEEDS_DECISION = reason(
    "method_needs_decision",
    "取得方式为{method}，没有明文规定是否给予{subsidy}",
    "转人工：由审核人员附依据决定，参考全额标准 {standard}",
    METHOD_SOURCE,
)
STANDARDS_CONFLICT = reason(
    "standards_conflict",
    "{what}在 {on} 有两条同样适用而金额不同的标准：{documents}",
    "转人工：请管理员核对标准的起止日期，只保留一条",
    "【设】同一日期同一范围只有一条标准 (DESIGN 4)",
)
HOURS_MISSING = reason(
    "hours_missing",
    "培训合格证书没有登记学时，无法按学时计算培训补贴",
    "转人工：请培训机构补登签到学时后再申报",
    "豫人社规〔2022〕2号; DOMAIN H-f",
)
NOTHING_PAYABLE = reason(
    "nothing_payable",
    "按标准和占用计算，应付 0 元",
    "请核对标准金额和占用的预算",
    "【设】支付不高于占用 (DESIGN 4)",
)


@dataclass(frozen=True, slots=True)
class Standard:
    """One dated tariff row; None in occupation or region means all, both dates are inclusive."""

    kind: SubsidyKind
    form: str
    occupation_code: str | None
    level: Level | None
    region_code: str | None
    amount_fen: int
    since: date
    until: date | None
    document: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be priced: occupation after the alias map, regions from county up to province.

    `issued_on` is the day that fixes the price: the certificate's, or the issue or enrolment of a voucher.
    `mode` is how the class was taught, where there was one, `training_kind` what it was taught for.
    `promised_on` is the day a voucher was priced, where one was: an own form of later does not touch it.
    """

    kind: SubsidyKind
    certificate_kind: CertificateKind
    level: Level | None
    occupation_code: str | None
    item_code: str | None
    method: Method
    issued_on: date
    region_codes: tuple[str, ...]
    reserved_fen: int | None = None
    hours: int | None = None
    mode: TrainingMode | None = None
    training_kind: str | None = None
    promised_on: date | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What the rules say: payable with an amount, or 0 with the refusal; a manual case carries a proposal."""

    outcome: Outcome
    amount_fen: int
    explanation: str
    refusal: Refusal | None
    standard: Standard | None
    proposed_fen: int = 0


class _Unpriced(Exception):  # noqa: N818 — carries a Price out of the helpers, it is not an error
    def __init__(self, price: Price) -> None:
        super().__init__(price.explanation)
        self.price = price


@rule(number="SUB-01", stage="兑现", source=f"{STANDARDS_SOURCE}; {METHOD_SOURCE}", since=date(2021, 10, 28))
def price_subsidy(case: Case, standards: Sequence[Standard], modifiers: Sequence[Modifier]) -> Price:
    """Return what one case earns by the standards in force on its day, and why.

    A standard of one occupation goes before one of all, then a nearer region before a wider one, then
    the later first day. Exam and 过程评价 earn the full standard; any other method earns what a modifier
    says, or is decided by a person. Never more than the reservation. Amounts in fen.
    """
    try:
        if case.kind is SubsidyKind.EVALUATION:
            _refuse_unsubsidised(case)
        standard, full_fen, words = _price_in_full(case, standards)
        found = find_modifiers(_circumstances(case), modifiers)
        if not earns_unmodified(case.method) and not any(each.method is not None for each in found):
            return _propose(case, standard, full_fen, words)
        return _limit(case, standard, *apply_modifiers(full_fen, words, found))
    except _Unpriced as unpriced:
        return unpriced.price


def _refuse_unsubsidised(case: Case) -> None:
    if case.certificate_kind is CertificateKind.TRAINING_COMPLETION:
        raise _unpriced(COMPLETION_NOT_SUBSIDISED)
    if case.certificate_kind in (CertificateKind.SPECIAL_OPERATION, CertificateKind.SPECIAL_EQUIPMENT):
        raise _unpriced(KIND_NOT_SUBSIDISED, what=CERTIFICATE_KIND_NAMES[case.certificate_kind])


def _price_in_full(case: Case, standards: Sequence[Standard]) -> tuple[Standard, int, str]:
    """Return the standard, its amount for this case and the words for it, before method and reservation."""
    own = OWN_FORMS.get((case.certificate_kind, case.training_kind or ""))
    standard = _find_standard(case, standards, (own,)) if own is not None else None
    if standard is not None and case.promised_on is not None and case.promised_on < standard.since:
        standard = None
    by_the_hour = case.certificate_kind is CertificateKind.TRAINING_COMPLETION and standard is None
    if own not in NEVER_ANOTHER:
        standard = standard or _find_standard(case, standards, _forms(case))
    if standard is None:
        raise _unpriced(
            NO_STANDARD, what=_name(case), on=case.issued_on.isoformat(), subsidy=SUBSIDY_NAMES[case.kind]
        )
    full_fen = check_fen(standard.amount_fen)
    words = f"{format_yuan(full_fen)} {_name(case)}，{readable_words(standard.document)}"
    if not by_the_hour:
        return standard, full_fen, words
    hourly = _find_standard(case, standards, (Form.TRAINING_COMPLETION_HOUR,))
    if hourly is None:
        return standard, full_fen, words
    if case.hours is None or case.hours <= 0:
        raise _unpriced(HOURS_MISSING, outcome=Outcome.MANUAL)
    by_hours_fen = check_fen(hourly.amount_fen * case.hours)
    words = f"{format_yuan(hourly.amount_fen)}/学时 × {case.hours} 学时，{readable_words(hourly.document)}"
    if by_hours_fen > full_fen:
        words += f"；上限 {format_yuan(full_fen)}，{readable_words(standard.document)}"
    return standard, min(by_hours_fen, full_fen), words


def _forms(case: Case) -> tuple[str, ...]:
    if case.certificate_kind in LEVEL_CERTIFICATE_KINDS:
        return (case.certificate_kind.value, Form.LEVEL_CERTIFICATE)
    return (case.certificate_kind.value,)


def _find_standard(case: Case, standards: Iterable[Standard], forms: Sequence[str]) -> Standard | None:
    """Return the most specific standard in force; two that differ in nothing but the amount are nobody's."""
    ranked: dict[tuple[bool, int, bool, int, date], list[Standard]] = {}
    for standard in standards:
        if standard.form in forms and _applies(standard, case):
            ranked.setdefault(_rank(standard, case, forms), []).append(standard)
    if not ranked:
        return None
    best = ranked[max(ranked)]
    if len({standard.amount_fen for standard in best}) > 1:
        raise _unpriced(
            STANDARDS_CONFLICT,
            outcome=Outcome.MANUAL,
            what=_name(case),
            on=case.issued_on.isoformat(),
            documents="；".join(
                sorted(f"{format_yuan(each.amount_fen)} {readable_words(each.document)}" for each in best)
            ),
        )
    return min(best, key=lambda standard: standard.document)


def _applies(standard: Standard, case: Case) -> bool:
    # A level certificate is priced by its own level only: a row for "all levels" would pay 特级技师 too.
    any_level = standard.level is None and case.certificate_kind not in LEVEL_CERTIFICATE_KINDS
    return (
        standard.kind is case.kind
        and in_force(case.issued_on, standard.since, standard.until)
        and standard.occupation_code in (None, case.occupation_code)
        and (standard.region_code is None or standard.region_code in case.region_codes)
        and (any_level or (standard.level is not None and standard.level == case.level))
    )


def _rank(standard: Standard, case: Case, forms: Sequence[str]) -> tuple[bool, int, bool, int, date]:
    regions = case.region_codes
    region = -len(regions) if standard.region_code is None else -regions.index(standard.region_code)
    return (
        standard.occupation_code is not None,
        region,
        standard.level is not None,
        -forms.index(standard.form),
        standard.since,
    )


def _circumstances(case: Case) -> Circumstances:
    return Circumstances(
        kind=case.kind,
        method=case.method,
        mode=case.mode,
        occupation_code=case.occupation_code,
        level=case.level,
        region_codes=case.region_codes,
        on=case.issued_on,
    )


def _propose(case: Case, standard: Standard, full_fen: int, words: str) -> Price:
    refusal = METHOD_NEEDS_DECISION.refusal(
        method=METHOD_NAMES[case.method], subsidy=SUBSIDY_NAMES[case.kind], standard=words
    )
    limit_fen = full_fen if case.reserved_fen is None else max(0, check_fen(case.reserved_fen))
    return Price(Outcome.MANUAL, 0, refusal.sentence, refusal, standard, min(full_fen, limit_fen))


def _limit(case: Case, standard: Standard, amount_fen: int, words: str) -> Price:
    if case.reserved_fen is not None and check_fen(case.reserved_fen) < amount_fen:
        words += f"；不高于占用 {format_yuan(case.reserved_fen)}"
        amount_fen = case.reserved_fen
    if amount_fen <= 0:
        refusal = NOTHING_PAYABLE.refusal()
        return Price(Outcome.REFUSED, 0, f"{refusal.sentence}（{words}）", refusal, standard)
    return Price(Outcome.PAYABLE, amount_fen, words, None, standard, amount_fen)


def _unpriced(why: Reason, outcome: Outcome = Outcome.REFUSED, **facts: object) -> _Unpriced:
    refusal = why.refusal(**facts)
    return _Unpriced(Price(outcome, 0, refusal.sentence, refusal, None))


def _name(case: Case) -> str:
    if case.training_kind == CARD_RENEWAL:
        return f"{CERTIFICATE_KIND_NAMES[case.certificate_kind]}复审"
    if case.certificate_kind not in LEVEL_CERTIFICATE_KINDS:
        return CERTIFICATE_KIND_NAMES[case.certificate_kind]
    return name_level(case.level) if case.level is not None else "未填等级的证书"
