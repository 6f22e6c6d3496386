"""Settling: every certificate of a period judged, priced, and what is due claimed in one batch.

One transaction: entitlement keys taken, money reserved, claims drafted and submitted, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import budget as budgets
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.facts import read_facts
from voucher.rules.actor import Role, check_reach
from voucher.rules.certificates import CERTIFICATE_HELD
from voucher.rules.errors import Family, reason
from voucher.rules.privacy import mask_free_text
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.filing import Frame, file_batch
from voucher.stages.settle.filing import Settled as Settled
from voucher.stages.settle.fitting import fit_budget
from voucher.stages.settle.judging import Verdict, judge
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.precedence import LOOKUP_CHUNK, order_lines

Progress = Callable[[int, int | None], None]
PROGRESS_EVERY = 200
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


def settle(work: Work, wish: Wish, progress: Progress | None = None) -> Settled:
    """Judge the certificates of a period and file what is due as one batch.

    Raises Refused role_missing, region_foreign, region_unknown, period_backwards, budget_missing,
    budget_elsewhere, kind_not_settled_by_period, parameter_missing, entitlement_taken (where another
    settlement was committed meanwhile; the caller tries again).
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
    if fund.region_code not in catalogue.list_ancestry(work.session, region.code):
        raise BUDGET_ELSEWHERE.refused(budget_region=fund.region_code, region=region.code)
    verdicts = _judge_all(work, wish, progress or _keep_quiet)
    fit_budget(work, fund, verdicts)
    project = catalogue.get_project(work.session, PROJECTS[wish.kind])
    frame = Frame(wish.kind, wish.region_code, wish.from_on, wish.until_on, project.id, wish.budget_id)
    return file_batch(work, frame, verdicts)


def _keep_quiet(_done: int, _total: int | None) -> None:
    """Nobody is watching."""


def _judge_all(work: Work, wish: Wish, progress: Progress) -> list[Verdict]:
    session = work.session
    lawbook = Lawbook.read(session, wish.region_code)
    found = certificates.list_candidates(
        session, catalogue.list_subtree(session, wish.region_code), wish.from_on, wish.until_on
    )
    person_ids = [each.certificate.person_id for each in found]
    named = people.read_people(session, work.keyring, person_ids)
    facts = read_facts(session, person_ids)
    scopes = certificates.read_scopes(session, [each.certificate.filing_id for each in found])
    proven = _name_vouchers(session, [each.certificate.id for each in found])
    stopped = certificates.find_held(session, [each.certificate.id for each in found])
    verdicts = []
    for place, each in enumerate(found):
        if place % PROGRESS_EVERY == 0:
            progress(place, len(found))
        person_id = each.certificate.person_id
        if each.certificate.id in stopped:
            verdicts.append(Verdict(each))
            number = mask_free_text(each.certificate.number)
            verdicts[-1].refuse(CERTIFICATE_HELD.refusal(number=number))
            continue
        if each.certificate.id in proven:
            verdicts.append(Verdict(each))
            verdicts[-1].refuse(SETTLED_BY_VOUCHER.refusal(voucher=proven[each.certificate.id]))
            continue
        verdicts.append(
            judge(
                each,
                wish.kind,
                named.get(person_id),
                facts.tags.get(person_id, []),
                facts.intents.get(person_id),
                scopes[each.certificate.filing_id],
                work.today,
                lawbook,
            )
        )
    order_lines(work, wish.kind, verdicts, lawbook)
    return verdicts


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
