"""Settling: every certificate of a period judged, priced, and what is due claimed in one batch.

One transaction: entitlement keys taken, money reserved, claims drafted and submitted, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import budget as budgets
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.facts import read_facts
from voucher.registry.outside.reading import read_deaths
from voucher.rules.actor import Role, check_reach
from voucher.rules.certificates import CERTIFICATE_HELD
from voucher.rules.errors import Family, reason
from voucher.rules.privacy import mask_free_text
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify import queries as certificates
from voucher.stages.certify.queries import Candidate
from voucher.stages.settle.alike import Cases
from voucher.stages.settle.entered import judge_entry, read_entered
from voucher.stages.settle.filing import Frame, file_batch
from voucher.stages.settle.filing import Settled as Settled
from voucher.stages.settle.fitting import fit_budget
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.judging_holders import judge_death, judge_holder
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.precedence import LOOKUP_CHUNK, order_lines
from voucher.stages.settle.terms import Declared, check_declared

Progress = Callable[[int, int | None], None]
# so many are read and judged at a time, however many there are
PIECE = 2000
PROJECTS = {SubsidyKind.EVALUATION: "EVAL", SubsidyKind.TRAINING: "TRAIN"}

PERIOD_BACKWARDS = reason(
    "period_backwards",
    "起始日期 {from_on} 晚于截止日期 {until_on}",
    "请核对发证日期的起止后重新填写",
    "【设】按发证日期起止（含两端）结算",
)
KIND_NOT_SETTLED = reason(
    "kind_not_settled_by_period",
    "{kind}不按发证日期批量结算",
    "培训补贴随培训券兑现：请从培训机构的班级发起申领",
    "S2-16h,i; LIFECYCLE Claim",
)
SETTLED_BY_VOUCHER = reason(
    "settled_by_voucher",
    "该证书由培训券 {voucher} 兑现",
    "请从该培训券发起申领；不按发证日期另行结算",
    "豫办〔2021〕29号 第16项 以证换券; S2-16e,f",
    Family.CONFLICT,
)
BUDGET_ELSEWHERE = reason(
    "budget_elsewhere",
    "预算属于地区 {budget_region}，不能用于 {region} 的结算",
    "请选用本地区或其上级地区的预算",
    "豫办〔2021〕29号 四(三); S2-Z3a 预算按地区、年度、资金渠道",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be settled: kind, the evaluators' filing region, days of issue (inclusive), the budget."""

    kind: SubsidyKind
    region_code: str
    from_on: date
    until_on: date
    budget_id: int


def settle(
    work: Work, wish: Wish, progress: Progress | None = None, *, declared: Declared | None = None
) -> Settled:
    """Judge the certificates of a period and file what is due as one batch: what was declared, or nothing.

    Raises Refused role_missing, region_foreign, region_unknown, period_backwards, budget_missing,
    budget_elsewhere, kind_not_settled_by_period, parameter_missing, declared_differs, entitlement_taken
    (where another settlement was committed meanwhile; the caller tries again).
    """
    if wish.kind is not SubsidyKind.EVALUATION:
        raise KIND_NOT_SETTLED.refused(kind="培训补贴")
    if wish.from_on > wish.until_on:
        raise PERIOD_BACKWARDS.refused(from_on=wish.from_on.isoformat(), until_on=wish.until_on.isoformat())
    region = catalogue.get_region(work.session, wish.region_code)
    check_reach(work.actor, region.code, Role.OPERATOR)
    fund = budgets.get_budget(work, wish.budget_id, lock=True)
    if fund.region_code not in work.actor.regions:
        raise budgets.BUDGET_MISSING.refused(budget=wish.budget_id)
    check_reach(work.actor, fund.region_code, Role.OPERATOR)
    budgets.check_year_open(work, fund)
    if fund.region_code not in catalogue.list_ancestry(work.session, region.code):
        raise BUDGET_ELSEWHERE.refused(budget_region=fund.region_code, region=region.code)
    verdicts = _judge_all(work, wish, progress or _keep_quiet)
    fit_budget(work, fund, verdicts)
    project = catalogue.get_project(work.session, PROJECTS[wish.kind])
    frame = Frame(wish.kind, wish.region_code, wish.from_on, wish.until_on, project.id, wish.budget_id)
    settled = file_batch(work, frame, verdicts)
    check_declared(declared, [settled])
    return settled


def _keep_quiet(_done: int, _total: int | None) -> None:
    """Nobody is watching."""


def _judge_all(work: Work, wish: Wish, progress: Progress) -> list[Verdict]:
    """Return the verdict on every certificate of the period, in order of issue."""
    session = work.session
    lawbook = Lawbook.read(session, wish.region_code)
    cases = Cases(wish.kind, work.today, lawbook)
    regions = catalogue.list_subtree(session, wish.region_code)
    ids = certificates.list_candidate_ids(session, regions, wish.from_on, wish.until_on)
    verdicts: list[Verdict] = []
    for start in range(0, len(ids), PIECE):
        progress(start, len(ids))
        piece = ids[start : start + PIECE]
        found = certificates.list_candidates(session, regions, wish.from_on, wish.until_on, piece)
        verdicts += _judge_piece(work, found, cases)
    verdicts.sort(key=lambda each: (each.candidate.certificate.issued_on, each.candidate.certificate.number))
    if lawbook.duplicate_parameters(wish.kind, work.today).yearly_cap is not None:
        # claims of a year are counted over all regions and budgets: one settlement of a person at a time
        people.lock_people(work, [each.candidate.certificate.person_id for each in verdicts])
    order_lines(work, wish.kind, verdicts, lawbook)
    return verdicts


def _judge_piece(work: Work, found: Sequence[Candidate], cases: Cases) -> Iterator[Verdict]:
    """Yield the verdicts on some certificates; their people are read for as long as they are judged."""
    session = work.session
    ids = [each.certificate.id for each in found]
    person_ids = [each.certificate.person_id for each in found]
    named = people.read_people(session, work.keyring, person_ids)
    facts, deaths = read_facts(session, person_ids), read_deaths(session, person_ids)
    scopes = certificates.read_scopes(session, [each.certificate.filing_id for each in found])
    proven = _name_vouchers(session, ids)
    stopped = certificates.find_held(session, ids)
    entered = read_entered(session, found)
    for each in found:
        certificate = each.certificate
        person_id = certificate.person_id
        if certificate.id in stopped:
            verdict = Verdict(each)
            verdict.refuse(CERTIFICATE_HELD.refusal(number=mask_free_text(certificate.number)))
        elif certificate.id in proven:
            verdict = Verdict(each)
            verdict.refuse(SETTLED_BY_VOUCHER.refusal(voucher=proven[certificate.id]))
        else:
            verdict = cases.judge(each, scopes[certificate.filing_id])
            judge_entry(verdict, entered)
            judge_death(verdict, deaths.get(person_id))
            tags, intent = facts.tags.get(person_id, []), facts.intents.get(person_id)
            judge_holder(verdict, cases.kind, named.get(person_id), tags, intent, cases.lawbook)
        yield verdict


def _name_vouchers(session: Session, certificate_ids: Sequence[int]) -> dict[int, str]:
    """Return, per certificate that a voucher turned into, the number of that voucher."""
    proven = certificates.find_proven(session, certificate_ids)
    numbers: dict[int, str] = {}
    voucher_ids = sorted(set(proven.values()))
    for start in range(0, len(voucher_ids), LOOKUP_CHUNK):
        rows = session.scalars(
            select(Voucher).where(Voucher.id.in_(voucher_ids[start : start + LOOKUP_CHUNK]))
        )
        numbers.update({each.id: each.number for each in rows})
    return {certificate_id: numbers[voucher_id] for certificate_id, voucher_id in proven.items()}
