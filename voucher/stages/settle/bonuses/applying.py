"""Applying for bonuses: every line judged, the keys taken, the money reserved, filed as one batch.

One transaction; budget before institution before person, as everywhere. The desk, the hands, the notice and
the payment are those of every other claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger import queueing
from voucher.ledger.budget import BUDGET_EXHAUSTED, Budget
from voucher.ledger.holders import find_holders
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.institutions import INSTITUTION_MISSING, Institution
from voucher.registry.listing import STOPPED
from voucher.registry.outside.asking import wish_for
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.bonus_judges import BonusVerdict, judge_bonus
from voucher.rules.bonus_kinds import KINDS, BonusKind, Proof
from voucher.rules.bonuses import SOURCE, FirmSize
from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.rules.names import same_name
from voucher.rules.outside import FactKind
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource, Outcome
from voucher.stages.settle.bonuses.cases import Entry, Line, list_people, read_lines
from voucher.stages.settle.bonuses.stating import check_stated
from voucher.stages.settle.bonuses.writing import write_batch
from voucher.stages.settle.draft import BUDGET_ELSEWHERE
from voucher.stages.settle.fitting import WAITING_IN_LINE
from voucher.stages.settle.models.claims import SettlementBatch

LINES_MOST = "bonus_lines_most"

NO_BONUS_LINE = reason(
    "no_bonus_line",
    "没有填写申报人员或事项",
    "请至少填写一行",
    SOURCE,
)
TOO_MANY_BONUS_LINES = reason(
    "too_many_bonus_lines",
    "一次申报 {count} 行，超过 {most} 行",
    "请分几次申报",
    SOURCE,
    Family.LIMIT,
)
BONUS_TAKEN = reason(
    "bonus_taken",
    "同一事项已有申报 {earlier}，不得重复享受",
    "请查看首次申报的办理情况；如认为有误，请携带材料到经办机构核实",
    SOURCE,
    Family.CONFLICT,
)
BONUS_PERSON_DIFFERS = reason(
    "bonus_person_differs",
    "姓名与该证件号码登记的姓名不一致",
    "请对照身份证核对姓名和证件号码后重新申报",
    SOURCE,
    Family.CONFLICT,
)
BONUS_FUND_DIFFERS = reason(
    "bonus_fund_differs",
    "{kind}应从{fund}列支，所选预算的资金渠道不同",
    "请改选相应资金渠道的预算",
    f"{SOURCE}; DOMAIN H-c; S2-Z3a",
    Family.CONFLICT,
)
PAYEE_STOPPED = reason(
    "bonus_payee_stopped",
    "申报单位已停业整顿、移出目录或列入黑名单",
    "恢复之后方可申报",
    "豫办〔2021〕29号 第4项（退出机制）; S2-04p",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class BonusWish:
    """What is applied for: the kind, who is paid, the region and budget, and the lines."""

    kind: BonusKind
    region_code: str
    budget_id: int
    payee_code: str
    entries: Sequence[Entry]
    firm_size: FirmSize | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it: the batch, and every line with its verdict."""

    batch: SettlementBatch
    lines: list[tuple[Line, BonusVerdict]]

    def count(self, outcome: Outcome) -> int:
        """Return how many lines have an outcome."""
        return sum(verdict.outcome is outcome for _, verdict in self.lines)

    @property
    def total_fen(self) -> int:
        """Return the payable sum."""
        return sum(verdict.amount_fen for _, verdict in self.lines)


def _check_fits(work: Work, wish: BonusWish) -> None:
    regions = catalogue.list_ancestry(work.session, wish.region_code)
    most = require_parameter_number(work.session, LINES_MOST, work.today, regions)
    if len(wish.entries) > most:
        raise TOO_MANY_BONUS_LINES.refused(count=len(wish.entries), most=most)


def apply_for_bonuses(work: Work, wish: BonusWish) -> Applied:
    """File an application; a line the rules refuse stays a line without a claim.

    An operator of the region applies: the answer tells what is known of a person, certificate, insurance and
    awards, which no payee is to learn by naming them. What an advance did not earn becomes a receivable by
    another hand (`voucher.stages.settle.bonuses.returning`). Raises Refused no_bonus_line,
    too_many_bonus_lines, role_missing, region_foreign, region_unknown, institution_missing (also for a
    foreign one), bonus_payee_stopped, budget_missing, budget_elsewhere, bonus_fund_differs,
    bonus_standard_missing, what `check_stated` refuses, entitlement_taken (where another claim was
    committed meanwhile; the caller tries again).
    """
    if not wish.entries:
        raise NO_BONUS_LINE.refused()
    check_role(work.actor, Role.OPERATOR)
    check_stated(wish.kind, wish.firm_size, wish.entries)
    catalogue.get_region(work.session, wish.region_code)
    _check_fits(work, wish)
    fund = budgets.get_budget(work, wish.budget_id, lock=True)
    budgets.check_year_open(work, fund)
    payee = _get_payee(work, wish)
    if fund.region_code not in catalogue.list_ancestry(work.session, wish.region_code):
        raise BUDGET_ELSEWHERE.refused(budget_region=fund.region_code, region=wish.region_code)
    entries = list_people(work, wish.entries)
    # what a person has of a kind is counted once at a time, whoever is paid and from whichever budget
    people.lock_people(work, {person_id for _, person_id in entries})
    lines = read_lines(work, wish.kind, wish.region_code, payee.id, wish.firm_size, entries)
    _check_fund(wish.kind, fund, lines)
    judged = [(each, judge_bonus(each.case)) for each in _run_up(lines)]
    _compare_names(work, judged)
    _refuse_taken(work, judged)
    _fit(work, fund, judged)
    project = catalogue.get_project(work.session, f"BONUS-{wish.kind.upper()}")
    batch = write_batch(work, wish.kind, wish.region_code, project.id, fund.id, payee.id, judged)
    silent = [each.case.person_id for each, _ in judged if each.case.insured_months is None]
    if KINDS[wish.kind].proof is Proof.INSURANCE:
        wish_for(work, wish.region_code, {each: [FactKind.INSURANCE] for each in silent})
    return Applied(batch, judged)


def _get_payee(work: Work, wish: BonusWish) -> Institution:
    """Return the payee, locked after the budget, so that what it claims in all is counted once."""
    found = work.session.scalars(
        select(Institution).where(Institution.code == wish.payee_code).with_for_update()
    ).first()
    if found is None or found.region_code not in work.actor.regions:
        raise INSTITUTION_MISSING.refused(code=wish.payee_code)
    check_reach(work.actor, wish.region_code, Role.OPERATOR)
    if found.state in STOPPED:
        raise PAYEE_STOPPED.refused()
    return found


def _check_fund(kind: BonusKind, fund: Budget, lines: Sequence[Line]) -> None:
    for each in lines:
        asked = each.case.standard.fund
        if asked is not None and asked != fund.source:
            raise BONUS_FUND_DIFFERS.refused(kind=KINDS[kind].name, fund=FUND_SOURCE_NAMES[FundSource(asked)])


def _run_up(lines: Sequence[Line]) -> list[Line]:
    """Return the lines, each with what those before it in the same application already claim."""
    found, ahead_fen = [], 0
    days: dict[int, tuple[date, ...]] = {}
    for each in lines:
        case = each.case
        had = days.get(case.person_id, ())
        case = replace(case, claimed_fen=case.claimed_fen + ahead_fen, other_days=case.other_days + had)
        found.append(replace(each, case=case))
        if judge_bonus(case).outcome is not Outcome.REFUSED:
            ahead_fen += case.standard.most_fen
            days[case.person_id] = (*had, case.happened_on)
    return found


def _compare_names(work: Work, judged: Sequence[tuple[Line, BonusVerdict]]) -> None:
    """Refuse who is named otherwise than the number is registered, before anything is said of that person."""
    named = people.read_people(work.session, work.keyring, [each.case.person_id for each, _ in judged])
    for line, verdict in judged:
        known = named.get(line.case.person_id)
        if known is None or not same_name(known.name, line.entry.name):
            verdict.findings.clear()
            verdict.refusal = None
            verdict.outcome = Outcome.PAYABLE
            verdict.refuse(BONUS_PERSON_DIFFERS.refusal())


def _refuse_taken(work: Work, judged: Sequence[tuple[Line, BonusVerdict]]) -> None:
    """Refuse what has been applied for before, here or anywhere, and the same twice in one application."""
    held = find_holders(work.session, [line.key for line, _ in judged])
    seen: dict[str, int] = {}
    for place, (line, verdict) in enumerate(judged, start=1):
        if verdict.outcome is Outcome.REFUSED:
            continue
        earlier = held[line.key].number if line.key in held else line.earlier
        if earlier is not None:
            verdict.refuse(BONUS_TAKEN.refusal(earlier=earlier))
        elif (twin := seen.get(line.key, seen.get(line.typed))) is not None:
            verdict.refuse(BONUS_TAKEN.refusal(earlier=f"（本次第 {twin} 行）"))
        else:
            seen[line.key] = seen[line.typed] = place


def _fit(work: Work, fund: Budget, judged: Sequence[tuple[Line, BonusVerdict]]) -> None:
    """Refuse, in order, what the budget cannot carry; nobody overtakes those who wait for money."""
    left_fen, queued = fund.available_fen, queueing.is_waited_for(work, fund.id)
    for _, verdict in judged:
        needed_fen = verdict.amount_fen
        if verdict.outcome is not Outcome.PAYABLE:
            continue
        if queued:
            verdict.refuse(WAITING_IN_LINE.refusal(needed=format_yuan(needed_fen)))
        elif needed_fen > left_fen:
            verdict.refuse(
                BUDGET_EXHAUSTED.refusal(needed=format_yuan(needed_fen), available=format_yuan(left_fen))
            )
        else:
            left_fen -= needed_fen
