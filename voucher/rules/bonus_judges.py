"""What a bonus earns: one pure judge per kind, with a finding for everything it looked at.

Persons, payees and amounts arrive as arguments; what nobody has answered is left to two people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from voucher.rules.bonus_kinds import BonusKind
from voucher.rules.bonuses import (
    ADVANCE_NOT_FOUND,
    ADVANCE_TO_RETURN,
    AGREEMENT_GOES_ON,
    AWARD_DAY_DIFFERS,
    AWARD_RECORDED_BY_FILER,
    AWARD_SOURCE,
    AWARD_UNRECORDED,
    BONUS_AMOUNT_OUT_OF_RANGE,
    BONUS_FIELD_MISSING,
    CERTIFIED_AFTER_HIRE,
    EMPLOYED_TOO_SHORT,
    FIRM_SIZE_NAMES,
    FIRM_TOO_LARGE,
    HEADS_DIFFER,
    HIRING_SOURCE,
    INSURANCE_UNVERIFIED,
    INSURED_TOO_SHORT,
    NOT_CERTIFIED_PERSON,
    ONE_OFF_SOURCE,
    OTHER_AGREEMENT,
    PAYEE_CAP_REACHED,
    SECOND_AWARD_WITHIN_YEAR,
    SECOND_INTRODUCTION,
    SINCE,
    SOURCE,
    BonusStandard,
    FirmSize,
)
from voucher.rules.clawback import ADVANCE_SOURCE, check_advance, settle_advance
from voucher.rules.competitions import spell_contest
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_organisation_code
from voucher.rules.line_verdicts import CAUTION, PASSED, UNCHECKED, LineVerdict
from voucher.rules.money import format_yuan
from voucher.rules.register import rule
from voucher.rules.vocabulary import Outcome
from voucher.rules.windows import add_months


@dataclass(frozen=True, slots=True)
class AwardRecord:
    """The place or the honour the office has entered, in words: of which day, whether by who files it now.

    `record_id` is the row a place was first entered as, which is paid once.
    """

    words: str
    awarded_on: date
    by_filer: bool = False
    record_id: int | None = None


@dataclass(frozen=True, slots=True)
class BonusCase:
    """One application line with what is known of it.

    `insured_months` is None where nobody has answered. `claimed_fen` is what the payee has claimed of the
    kind before, `other_days` the days of what else the person has of it. `other_half` is the state of the
    claim on the other half of an agreement, in Chinese; `advanced_heads` the heads of the advance that is
    settled; `other_agreements` says what else the payee has that may be the same; two awards closer than
    `apart_months` go to two people. `recorded` is what the office entered. Amounts in fen, shares in bp.
    """

    standard: BonusStandard
    person_id: int
    payee_id: int
    occasion: str
    happened_on: date
    filed_on: date
    asked_fen: int | None = None
    firm_size: FirmSize | None = None
    certified_on: date | None = None
    insured_months: int | None = None
    claimed_fen: int = 0
    other_days: tuple[date, ...] = ()
    heads: int | None = None
    completed: int | None = None
    advanced_fen: int = 0
    advanced_heads: int | None = None
    other_agreements: tuple[str, ...] = ()
    other_half: str | None = None
    advance_points: int = 0
    apart_months: int | None = None
    recorded: AwardRecord | None = None


@dataclass(slots=True)
class BonusVerdict(LineVerdict):
    """What a judge says: outcome, amount in fen, the sentence behind it, and every finding."""

    def price(self, amount_fen: int, explanation: str, source: str) -> None:
        """Say what the standard gives, which a referred line may be cleared up to."""
        self.proposed_fen = amount_fen
        if self.outcome is Outcome.PAYABLE:
            self.amount_fen, self.explanation = amount_fen, explanation
            self.note(PASSED, explanation, source)


Judge = Callable[[BonusCase, BonusVerdict], None]


@rule(number="GRA-04", stage="兑现", source=SOURCE, since=SINCE)
def judge_bonus(case: BonusCase) -> BonusVerdict:
    """Return what the rules say of one line on its own; every judge of `JUDGES` is asked in the same way."""
    verdict = BonusVerdict()
    try:
        if case.happened_on > case.filed_on:
            raise BONUS_FIELD_MISSING.refused(what="不晚于今日的事项日期")
        JUDGES[case.standard.kind](case, verdict)
    except Refused as refused:
        verdict.refuse(refused.refusal)
    return verdict


def _judge_absorption(case: BonusCase, verdict: BonusVerdict) -> None:
    if case.firm_size is None:
        raise BONUS_FIELD_MISSING.refused(what="企业规模")
    if case.firm_size is FirmSize.LARGE:
        verdict.refuse(FIRM_TOO_LARGE.refusal(size=FIRM_SIZE_NAMES[case.firm_size]))
    else:
        verdict.note(PASSED, f"{FIRM_SIZE_NAMES[case.firm_size]}企业（申报单位承诺）", HIRING_SOURCE)
    _judge_hire(case, verdict)
    _price_fixed(case, verdict)
    cap_fen = case.standard.payee_cap_fen
    if cap_fen is not None and case.claimed_fen + case.standard.most_fen > cap_fen:
        verdict.refuse(
            PAYEE_CAP_REACHED.refusal(claimed=format_yuan(case.claimed_fen), cap=format_yuan(cap_fen))
        )
    elif cap_fen is not None:
        told = f"本单位累计 {format_yuan(case.claimed_fen)} 元，未超过 {format_yuan(cap_fen)} 元"
        verdict.note(PASSED, told, HIRING_SOURCE)


def _judge_introduction(case: BonusCase, verdict: BonusVerdict) -> None:
    if not case.occasion.strip():
        raise BONUS_FIELD_MISSING.refused(what="用人单位的统一社会信用代码")
    normalise_organisation_code(case.occasion)
    _judge_hire(case, verdict)
    if _has_another_within(case, case.standard.insured_months or 0):
        verdict.refer(SECOND_INTRODUCTION.refusal())
    _price_fixed(case, verdict)


def _judge_hire(case: BonusCase, verdict: BonusVerdict) -> None:
    """Judge what both hiring kinds ask: a certificate, so many months at work, so many months insured."""
    months = case.standard.insured_months or 0
    if case.certified_on is None:
        verdict.refuse(NOT_CERTIFIED_PERSON.refusal())
    elif case.certified_on > case.happened_on:
        hired, certified = case.happened_on.isoformat(), case.certified_on.isoformat()
        verdict.refer(CERTIFIED_AFTER_HIRE.refusal(hired_on=hired, certified_on=certified))
    else:
        verdict.note(PASSED, "入职时持有核验一致的有效证书", HIRING_SOURCE)
    full_on = add_months(case.happened_on, months)
    if full_on > case.filed_on:
        verdict.refuse(
            EMPLOYED_TOO_SHORT.refusal(
                since=case.happened_on.isoformat(), until=full_on.isoformat(), months=months
            )
        )
    if case.insured_months is None:
        verdict.refer(INSURANCE_UNVERIFIED.refusal())
    elif case.insured_months < months:
        verdict.refuse(INSURED_TOO_SHORT.refusal(found=case.insured_months, months=months))
    else:
        verdict.note(PASSED, f"社保记录缴费 {case.insured_months} 个月，不少于 {months} 个月", HIRING_SOURCE)
        verdict.note(UNCHECKED, "社保接口不返回参保单位，请核对劳动合同和缴费明细", HIRING_SOURCE)


def _judge_competition(case: BonusCase, verdict: BonusVerdict) -> None:
    if not spell_contest(case.occasion):
        raise BONUS_FIELD_MISSING.refused(what="赛事名称和届次")
    if case.apart_months is not None and _has_another_within(case, case.apart_months):
        verdict.refer(SECOND_AWARD_WITHIN_YEAR.refusal())
    _judge_record(case, verdict)
    _price_fixed(case, verdict)


def _judge_record(case: BonusCase, verdict: BonusVerdict) -> None:
    """Rest an award on what others have entered of its very day; everything else is for two people."""
    found = case.recorded
    if found is None:
        verdict.refer(AWARD_UNRECORDED.refusal())
        return
    if found.awarded_on != case.happened_on:
        days = {"recorded": found.awarded_on.isoformat(), "stated": case.happened_on.isoformat()}
        verdict.refer(AWARD_DAY_DIFFERS.refusal(**days))
    if found.by_filer:
        verdict.refer(AWARD_RECORDED_BY_FILER.refusal())
    if found.awarded_on == case.happened_on and not found.by_filer:
        verdict.note(PASSED, f"已登记：{found.words}", AWARD_SOURCE)


def _has_another_within(case: BonusCase, months: int) -> bool:
    """Return whether the person has another of the kind fewer than so many months before or after."""
    pairs = [sorted((each, case.happened_on)) for each in case.other_days]
    return any(later < add_months(earlier, months) for earlier, later in pairs)


def _judge_honour(case: BonusCase, verdict: BonusVerdict) -> None:
    _judge_record(case, verdict)
    _price_fixed(case, verdict)


def _judge_advance(case: BonusCase, verdict: BonusVerdict) -> None:
    if not case.occasion.strip() or case.heads is None or case.asked_fen is None:
        raise BONUS_FIELD_MISSING.refused(what="备案编号、备案人数和预支金额")
    if case.other_half is not None:
        raise AGREEMENT_GOES_ON.refused(half="结算", state=case.other_half)
    check_advance(case.asked_fen, case.heads, case.standard.most_fen, case.advance_points)
    whole, rest = divmod(case.advance_points, 100)
    share = f"{whole}.{rest:02d}%" if rest else f"{whole}%"
    told = f"备案 {case.heads} 人 × {format_yuan(case.standard.most_fen)}，预支不超过 {share}"
    verdict.note(CAUTION, "备案人数和预支金额为申报填写，请与备案材料核对", ADVANCE_SOURCE)
    if case.other_agreements:
        verdict.refer(OTHER_AGREEMENT.refusal(others="、".join(case.other_agreements)))
    verdict.price(case.asked_fen, f"{told}：{format_yuan(case.asked_fen)}", case.standard.document)


def _judge_settlement(case: BonusCase, verdict: BonusVerdict) -> None:
    if not case.occasion.strip() or case.heads is None or case.completed is None:
        raise BONUS_FIELD_MISSING.refused(what="备案编号、备案人数和完成人数")
    if case.other_half is not None:
        raise AGREEMENT_GOES_ON.refused(half="预支", state=case.other_half)
    if case.advanced_heads is not None and case.advanced_heads != case.heads:
        raise HEADS_DIFFER.refused(heads=case.heads, agreed=case.advanced_heads)
    settled = settle_advance(
        case.advanced_fen,
        case.standard.most_fen,
        enrolled=case.heads,
        completed=case.completed,
        spent_fen=case.asked_fen,
    )
    verdict.note(CAUTION, "备案人数、完成人数和支出为申报填写，请对照名册、证书、凭证核对", ADVANCE_SOURCE)
    if settled.due_fen == 0:
        verdict.refuse(
            ADVANCE_TO_RETURN.refusal(
                earned=format_yuan(settled.earned_fen),
                advanced=format_yuan(case.advanced_fen),
                returned=format_yuan(settled.returned_fen),
                returned_fen=settled.returned_fen,
            )
        )
        return
    others = "、".join(case.other_agreements)
    if case.advanced_fen == 0:
        about = {"agreement": case.occasion, "item": case.standard.name}
        verdict.refer(ADVANCE_NOT_FOUND.refusal(**about, others=others or "无"))
    elif others:
        verdict.refer(OTHER_AGREEMENT.refusal(others=others))
    actual = f"，据实 {format_yuan(settled.earned_fen)}" if settled.earned_fen == case.asked_fen else ""
    told = f"完成 {case.completed} 人 × {format_yuan(case.standard.most_fen)}{actual}"
    rest = f"{told} − 已预支 {format_yuan(case.advanced_fen)} = {format_yuan(settled.due_fen)}"
    verdict.price(settled.due_fen, rest, case.standard.document)


def _judge_one_off(case: BonusCase, verdict: BonusVerdict) -> None:
    least_fen, most_fen = case.standard.least_fen, case.standard.most_fen
    asked_fen = case.asked_fen if case.asked_fen is not None or least_fen != most_fen else most_fen
    if asked_fen is None:
        raise BONUS_FIELD_MISSING.refused(what="批准的金额")
    if not least_fen <= asked_fen <= most_fen:
        raise BONUS_AMOUNT_OUT_OF_RANGE.refused(
            asked=format_yuan(asked_fen), least=format_yuan(least_fen), most=format_yuan(most_fen)
        )
    if least_fen != most_fen:
        verdict.note(CAUTION, "金额为申报填写，请与批准文件核对", ONE_OFF_SOURCE)
    told = f"{case.standard.name} {format_yuan(asked_fen)}（一次性）"
    verdict.price(asked_fen, told, case.standard.document)


def _price_fixed(case: BonusCase, verdict: BonusVerdict) -> None:
    standard = case.standard
    told = f"{standard.name} {format_yuan(standard.most_fen)}，{standard.document}"
    verdict.price(standard.most_fen, told, standard.document)


# a new kind is a row of `bonus_kinds` and one function here
JUDGES: dict[str, Judge] = {
    BonusKind.ABSORPTION: _judge_absorption,
    BonusKind.INTRODUCTION: _judge_introduction,
    BonusKind.COMPETITION_AWARD: _judge_competition,
    BonusKind.HONOUR_AWARD: _judge_honour,
    BonusKind.APPRENTICESHIP_ADVANCE: _judge_advance,
    BonusKind.APPRENTICESHIP_SETTLEMENT: _judge_settlement,
    BonusKind.ONE_OFF_BONUS: _judge_one_off,
}
