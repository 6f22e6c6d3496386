"""Money back: what may still be recovered, what a new claim is offset against, and unearned advances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from voucher.rules.errors import Family, reason
from voucher.rules.money import AMOUNT_NEGATIVE, WHOLE_BASIS_POINTS, check_fen, format_yuan, share
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第4、16项; S2-16f; S2-04p; AC-I1"
OFFSET_SOURCE = "【设】未追回前新申领可抵扣 (AC-I1)"
DAYS_SOURCE = "民法典 第二百零一条（开始的当日不计入）; 【参】限期天数"
ADVANCE_SOURCE = "企业新型学徒制 低于标准据实、预支不超过50%、未完成收回 (DOMAIN H-e, H10); AC-J7"
SINCE = date(2021, 10, 28)

RECOVERY_EXCEEDS_PAID = reason(
    "recovery_exceeds_paid",
    "追回 {asked} 元超过可追回的 {recoverable} 元",
    "追回总额不得超过已拨付金额；请核对拨付和已追回记录",
    f"{SOURCE}; DESIGN 5-13",
    Family.CONFLICT,
)
DEADLINE_INVALID = reason(
    "deadline_invalid", "限期 {days} 天不是有效的天数", "请填写大于 0 的整天数", DAYS_SOURCE
)
ADVANCE_LIMIT_INVALID = reason(
    "advance_limit_invalid",
    "预支比例高于全额",
    "请以万分比填写 0–10000 之间的整数，例如 50% 填 5000",
    ADVANCE_SOURCE,
)
ADVANCE_EXCEEDS_LIMIT = reason(
    "advance_exceeds_limit",
    "预支 {asked} 元超过上限 {limit} 元",
    "请把预支金额降到上限以内",
    ADVANCE_SOURCE,
    Family.LIMIT,
)
COMPLETED_EXCEEDS_ENROLLED = reason(
    "completed_exceeds_enrolled",
    "完成 {completed} 人，与备案 {enrolled} 人不符",
    "完成人数应在 0 与备案人数之间；请核对名册",
    ADVANCE_SOURCE,
)


@dataclass(frozen=True, slots=True)
class Offset:
    """How one claim splits: what meets the payee's debt, and what is still paid out."""

    offset_fen: int
    pay_fen: int


@dataclass(frozen=True, slots=True)
class Met:
    """What one claim meets of one receivable, in fen."""

    claim_id: int
    clawback_id: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class AdvanceSettlement:
    """The end of an advance: what was earned, what goes back, and what is still due."""

    earned_fen: int
    returned_fen: int
    due_fen: int


@rule(number="CLW-01", stage="兑现", source=f"{SOURCE}; DESIGN 5-13", since=SINCE)
def recoverable(paid_fen: int, already_recovered_fen: int) -> int:
    """Return what may still be recovered of a payment, in fen.

    Raises recovery_exceeds_paid, amount_negative.
    """
    _check_amounts(paid_fen, already_recovered_fen)
    if already_recovered_fen > paid_fen:
        raise RECOVERY_EXCEEDS_PAID.refused(
            asked=format_yuan(already_recovered_fen), recoverable=format_yuan(paid_fen)
        )
    return paid_fen - already_recovered_fen


@rule(number="CLW-02", stage="兑现", source=f"{SOURCE}; DESIGN 5-13", since=SINCE)
def check_recovery(asked_fen: int, paid_fen: int, already_recovered_fen: int) -> None:
    """Refuse to ask back more than was paid and is not yet back.

    Raises recovery_exceeds_paid, amount_negative.
    """
    rest_fen = recoverable(paid_fen, already_recovered_fen)
    _check_amounts(asked_fen)
    if asked_fen > rest_fen:
        raise RECOVERY_EXCEEDS_PAID.refused(asked=format_yuan(asked_fen), recoverable=format_yuan(rest_fen))


@rule(number="CLW-03", stage="兑现", source=OFFSET_SOURCE, since=SINCE)
def offset(claim_fen: int, receivable_fen: int) -> Offset:
    """Return how a new claim first meets what its payee owes; amounts in fen. Raises amount_negative."""
    _check_amounts(claim_fen, receivable_fen)
    offset_fen = min(claim_fen, receivable_fen)
    return Offset(offset_fen, claim_fen - offset_fen)


@rule(number="CLW-08", stage="兑现", source=OFFSET_SOURCE, since=SINCE)
def plan_offsets(
    claims: Sequence[tuple[int, int]], debts: Sequence[tuple[int, int]], basis_points: int
) -> list[Met]:
    """Return which of a payee's claims meet which of its debts, both (id, fen) in their order.

    The oldest debt is met first, by the first claims; together they meet no more than the share of what the
    claims come to, in ten-thousandths. Raises share_invalid, amount_negative.
    """
    left_fen = share(sum(amount_fen for _, amount_fen in claims), min(basis_points, WHOLE_BASIS_POINTS))
    open_debts = list(debts)
    met: list[Met] = []
    for claim_id, amount_fen in claims:
        rest_fen = amount_fen
        while open_debts and left_fen and rest_fen:
            clawback_id, owed_fen = open_debts[0]
            split = offset(rest_fen, min(owed_fen, left_fen))
            if split.offset_fen:
                met.append(Met(claim_id, clawback_id, split.offset_fen))
            rest_fen, left_fen = split.pay_fen, left_fen - split.offset_fen
            if owed_fen > split.offset_fen:
                open_debts[0] = (clawback_id, owed_fen - split.offset_fen)
            else:
                open_debts.pop(0)
    return met


@rule(number="CLW-04", stage="兑现", source=DAYS_SOURCE, since=SINCE)
def due_on(letter_on: date, days: int) -> date:
    """Return the last day to pay back, in calendar days after the day of the letter.

    Raises deadline_invalid.
    """
    if days <= 0:
        raise DEADLINE_INVALID.refused(days=days)
    return letter_on + timedelta(days=days)


@rule(number="CLW-05", stage="兑现", source=ADVANCE_SOURCE, since=SINCE)
def advance_limit(enrolled: int, standard_fen: int, basis_points: int) -> int:
    """Return the most that may be advanced for a class, in fen: a share of its standard for everybody.

    Raises advance_limit_invalid, share_invalid, amount_negative.
    """
    _check_amounts(enrolled, standard_fen)
    if basis_points > WHOLE_BASIS_POINTS:
        raise ADVANCE_LIMIT_INVALID.refused()
    return share(check_fen(enrolled * standard_fen), basis_points)


@rule(number="CLW-06", stage="兑现", source=ADVANCE_SOURCE, since=SINCE)
def check_advance(asked_fen: int, enrolled: int, standard_fen: int, basis_points: int) -> None:
    """Refuse an advance above its limit.

    Raises advance_exceeds_limit, advance_limit_invalid, amount_negative.
    """
    _check_amounts(asked_fen)
    limit_fen = advance_limit(enrolled, standard_fen, basis_points)
    if asked_fen > limit_fen:
        raise ADVANCE_EXCEEDS_LIMIT.refused(asked=format_yuan(asked_fen), limit=format_yuan(limit_fen))


@rule(number="CLW-07", stage="兑现", source=ADVANCE_SOURCE, since=SINCE)
def settle_advance(
    advanced_fen: int, standard_fen: int, *, enrolled: int, completed: int, spent_fen: int | None = None
) -> AdvanceSettlement:
    """Return what a class has earned by those who completed, and what goes back or is still due, in fen.

    Where less was spent on them than the standard comes to, that is what is earned (低于标准据实).
    Raises completed_exceeds_enrolled, amount_negative.
    """
    _check_amounts(advanced_fen, standard_fen)
    if not 0 <= completed <= enrolled:
        raise COMPLETED_EXCEEDS_ENROLLED.refused(completed=completed, enrolled=enrolled)
    earned_fen = check_fen(completed * standard_fen)
    if spent_fen is not None:
        _check_amounts(spent_fen)
        earned_fen = min(earned_fen, spent_fen)
    return AdvanceSettlement(
        earned_fen=earned_fen,
        returned_fen=max(0, advanced_fen - earned_fen),
        due_fen=max(0, earned_fen - advanced_fen),
    )


def _check_amounts(*amounts: int) -> None:
    for amount_fen in amounts:
        if check_fen(amount_fen) < 0:
            raise AMOUNT_NEGATIVE.refused()
