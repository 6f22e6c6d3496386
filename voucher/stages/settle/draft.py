"""Settling: every certificate of a period judged, priced, and what is due claimed in one batch.

One transaction: entitlement keys taken, money reserved, claims drafted and submitted, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import insert

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements, states
from voucher.ledger.postings import Line
from voucher.plumbing.db import insert_rows
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.facts import read_facts
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import Step
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.fitting import fit_budget, waits_for_money
from voucher.stages.settle.judging import Verdict, judge
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.lines import write_lines
from voucher.stages.settle.models.claims import Claim, ClaimHand, SettlementBatch, claim_number
from voucher.stages.settle.precedence import in_batch, order_lines

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


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: the batch and every line's verdict, in order of issue."""

    batch_id: int
    batch_number: str
    verdicts: list[Verdict]

    def with_outcome(self, outcome: Outcome) -> list[Verdict]:
        """Return the lines of one outcome."""
        return [each for each in self.verdicts if each.outcome is outcome]

    @property
    def total_fen(self) -> int:
        """Return the payable sum."""
        return sum(each.amount_fen for each in self.with_outcome(Outcome.PAYABLE))


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
    check_reach(work.actor, fund.region_code, Role.OPERATOR)
    if fund.region_code not in catalogue.list_ancestry(work.session, region.code):
        raise BUDGET_ELSEWHERE.refused(budget_region=fund.region_code, region=region.code)
    verdicts = _judge_all(work, wish, progress or _keep_quiet)
    fit_budget(work, fund, verdicts)
    batch = _open_batch(work, wish, verdicts)
    claims = _write_claims(work, wish, batch, verdicts)
    _name_earlier(work, wish, verdicts)
    write_lines(work, batch.id, verdicts)
    _file(work, batch, claims)
    return Settled(batch.id, batch.number, verdicts)


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
    verdicts = []
    for place, each in enumerate(found):
        if place % PROGRESS_EVERY == 0:
            progress(place, len(found))
        person_id = each.certificate.person_id
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


def _open_batch(work: Work, wish: Wish, verdicts: Sequence[Verdict]) -> SettlementBatch:
    payable = [each for each in verdicts if each.outcome is Outcome.PAYABLE]
    project = catalogue.get_project(work.session, PROJECTS[wish.kind])
    batch = SettlementBatch(
        kind=wish.kind,
        region_code=wish.region_code,
        from_on=wish.from_on,
        until_on=wish.until_on,
        project_id=project.id,
        budget_id=wish.budget_id,
        declared_count=len(payable),
        declared_total_fen=sum(each.amount_fen for each in payable),
        created_by_person_id=work.actor.person_id,
        created_at=work.at,
        **states.first_state(Thing.BATCH, "open"),
    )
    work.session.add(batch)
    work.session.flush()
    states.begin(work, Thing.BATCH, [batch.id], "open")
    return batch


def _write_claims(
    work: Work, wish: Wish, batch: SettlementBatch, verdicts: Sequence[Verdict]
) -> list[Verdict]:
    """Take the keys, write the drafts and reserve the money; return the lines that became claims."""
    filed = [each for each in verdicts if each.outcome is not Outcome.REFUSED or waits_for_money(each)]
    if not filed:
        return []
    keys: list[dict[str, object]] = [
        {
            "key": each.key,
            "kind": str(wish.kind),
            "person_id": each.candidate.certificate.person_id,
            "trade_code": each.candidate.canonical_trade_code,
            "level": each.candidate.certificate.level or None,
        }
        for each in filed
    ]
    entitlement_ids = entitlements.take(work, keys)
    rows = [
        _claim_row(work, wish, batch, each, entitlement_id)
        for each, entitlement_id in zip(filed, entitlement_ids, strict=True)
    ]
    ids = work.session.scalars(insert(Claim).returning(Claim.id, sort_by_parameter_order=True), rows).all()
    for each, claim_id in zip(filed, ids, strict=True):
        each.claim_id = claim_id
    states.begin(
        work,
        Thing.CLAIM,
        list(ids),
        "draft",
        content={i: {"amount_fen": row["amount_fen"]} for i, row in zip(ids, rows, strict=True)},
    )
    insert_rows(
        work.session,
        ClaimHand,
        [{"claim_id": i, "person_id": work.actor.person_id, "step": Step.SUBMIT} for i in ids],
    )
    return filed


def _claim_row(
    work: Work, wish: Wish, batch: SettlementBatch, verdict: Verdict, entitlement_id: int
) -> dict[str, object]:
    candidate = verdict.candidate
    certificate = candidate.certificate
    payable = verdict.outcome is Outcome.PAYABLE
    return {
        **states.first_state(Thing.CLAIM, "draft"),
        "kind": str(wish.kind),
        "batch_id": batch.id,
        "budget_id": batch.budget_id,
        "project_id": batch.project_id,
        "region_code": batch.region_code,
        "person_id": certificate.person_id,
        "trade_code": candidate.canonical_trade_code,
        "level": certificate.level,
        "certificate_id": certificate.id,
        "verification_id": candidate.verification_id,
        "verified": True,
        "institution_id": certificate.institution_id,
        "entitlement_id": entitlement_id,
        "entitlement_key": verdict.key,
        "proposed_fen": verdict.proposed_fen,
        "amount_fen": verdict.proposed_fen if waits_for_money(verdict) else verdict.amount_fen,
        "reserved_fen": verdict.amount_fen if payable else 0,
        "explanation": verdict.explanation,
        "revision": 1,
        "submitter_person_id": work.actor.person_id,
        "filed_on": work.today,
        "filed_at": work.at,
    }


def _name_earlier(work: Work, wish: Wish, verdicts: Sequence[Verdict]) -> None:
    """Put the number of the claim that went before, now that it has one, where its certificate stood."""
    for verdict in verdicts:
        first, told = verdict.earlier, verdict.refusal
        if isinstance(first, Verdict) and first.claim_id is not None and told is not None:
            placeholder = in_batch(first)
            number = claim_number(wish.region_code, work.today.year, first.claim_id)
            verdict.refusal = replace(
                told,
                title=told.title.replace(placeholder, number),
                facts={**told.facts, "earlier": number, "certificate": first.candidate.certificate.number},
            )
            verdict.explanation = verdict.explanation.replace(placeholder, number)
            for finding in verdict.findings:
                finding["text"] = finding["text"].replace(placeholder, number)
            verdict.earlier = number


def _file(work: Work, batch: SettlementBatch, filed: Sequence[Verdict]) -> None:
    """Submit what is payable, refer what a person decides, queue what finds no money, file the batch."""
    ids = {each.claim_id: each for each in filed if each.claim_id is not None}
    loaded = {claim_id: states.Snapshot(claim_id, "draft", 1) for claim_id in ids}
    payable = [i for i, each in ids.items() if each.outcome is Outcome.PAYABLE]
    manual = [i for i, each in ids.items() if each.outcome is Outcome.MANUAL]
    waiting = [i for i, each in ids.items() if each.outcome is Outcome.REFUSED]
    budgets.reserve(work, batch.budget_id, [_money(batch, i, ids[i], ids[i].amount_fen) for i in payable])
    budgets.queue_claims(
        work, batch.budget_id, [_money(batch, i, ids[i], ids[i].proposed_fen) for i in waiting]
    )
    states.move(work, Claim, [loaded[i] for i in payable], "submit")
    states.move(work, Claim, [loaded[i] for i in manual], "refer")
    if payable or manual:
        states.move(work, SettlementBatch, [batch], "file")
    elif not waiting:
        states.move(work, SettlementBatch, [batch], "cancel", reason="没有可以申报的证书")


def _money(batch: SettlementBatch, claim_id: int, verdict: Verdict, amount_fen: int) -> Line:
    return Line(
        amount_fen=amount_fen,
        claim_id=claim_id,
        project_id=batch.project_id,
        institution_id=verdict.candidate.certificate.institution_id,
    )
