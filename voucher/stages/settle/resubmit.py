"""Coming back: returned lines are judged again and filed as the next revision of the same claim."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger import states
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.facts import read_facts
from voucher.registry.outside.reading import read_deaths
from voucher.rules.approval import Step, check_fixed_role, check_not_cleared
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.ending import money_of
from voucher.stages.settle.entered import judge_entry, read_entered
from voucher.stages.settle.following import follow
from voucher.stages.settle.judging import Verdict, judge_case
from voucher.stages.settle.judging_holders import judge_death, judge_holder
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.models.claims import Claim, ClaimHand, Clearing, SettlementBatch
from voucher.stages.settle.reading import (
    CLAIM_MISSING,
    check_no_decider,
    check_no_judge,
    check_submitter,
    list_clearers,
    list_hands,
    lock_claims,
)
from voucher.stages.settle.voucher_judging import judge_cases, read_cases
from voucher.stages.settle.waiting import open_follow_up

STILL_REFUSED = reason(
    "still_refused",
    "申领 {claim} 补正后仍不符合：{why}",
    "请按提示继续补正，或撤回该条申领",
    "S2-16i; AC-H2",
    Family.CONFLICT,
)
BONUS_FILED_ANEW = reason(
    "bonus_filed_anew",
    "申领 {claim} 是奖补申报，所依据的事项登记后不能改写",
    "请撤回该条，按更正后的材料重新申报；撤回后资格即放行",
    "【设】奖补所依据的事项只增不改",
    Family.CONFLICT,
)
CLEARED_BEFORE = reason(
    "cleared_before",
    "该申领的金额由两人人工核定过",
    "补正后由审核人员凭证据重新核定，须两人按同一金额办理",
    "LIFECYCLE Claim manual; 【设】转人工须两人并附依据",
    Family.CONFLICT,
)


def resubmit(work: Work, claim_ids: Sequence[int]) -> SettlementBatch:
    """File returned claims again as their next revision, in a batch of their own, and return it.

    Each is judged afresh; its own key does not count against it. What two people had to clear before, for
    another claim of its holder say, is left to two people again. All or none.
    Raises Refused claim_missing, role_missing, cleared_it, judged_denial, decided_objection, fixed_role,
    still_refused, event_not_allowed, budget_exhausted.
    """
    claims = lock_claims(work, Claim.id.in_(list(claim_ids)), money=True)
    if not claims or len(claims) != len(set(claim_ids)) or len({each.batch_id for each in claims}) > 1:
        raise CLAIM_MISSING.refused()
    for claim in claims:
        check_submitter(work, claim)
        if claim.basis_id is not None:
            raise BONUS_FILED_ANEW.refused(claim=claim.number)
    _take_hand(work, claims)
    verdicts = _judge_again(work, claims)
    cleared = _list_cleared(work, claims)
    for certificate_id, verdict in verdicts.items():
        if certificate_id in cleared:
            verdict.refer(CLEARED_BEFORE.refusal())
    for claim in claims:
        _revise(work, claim, verdicts.get(claim.certificate_id or 0))
    work.session.flush()
    old = work.session.get_one(SettlementBatch, claims[0].batch_id)
    judged = {certificate_id: each.findings for certificate_id, each in verdicts.items()}
    batch = open_follow_up(work, old, claims, judged)
    priced = [each for each in claims if each.amount_fen]
    states.move(work, Claim, priced, "submit", reason="补正后再次申报")
    referred = [each for each in claims if not each.amount_fen]
    states.move(work, Claim, referred, "refer", reason="补正后再次申报，仍转人工")
    states.move(work, SettlementBatch, [batch], "file")
    follow(work, [old.id])
    return batch


def _take_hand(work: Work, claims: Sequence[Claim]) -> None:
    """Whoever files a claim again has submitted it, and may take no other role in it, its amount included."""
    person_id, ids = work.actor.person_id, [each.id for each in claims]
    check_not_cleared("再次申报", person_id, list_clearers(work.session, ids))
    check_no_judge(work.session, person_id, ids, "再次申报")
    check_no_decider(work.session, person_id, ids, "再次申报")
    every = list_hands(work.session, ids)
    for claim in claims:
        mine = next((Step(step) for step, person in every[claim.id] if person == person_id), None)
        check_fixed_role(Step.SUBMIT, mine)
        if mine is None:
            work.session.add(ClaimHand(claim_id=claim.id, person_id=person_id, step=str(Step.SUBMIT)))


def _list_cleared(work: Work, claims: Sequence[Claim]) -> set[int | None]:
    """Return the certificates of those claims whose amount two people have given once."""
    cleared = select(Clearing.claim_id).where(
        Clearing.claim_id.in_([each.id for each in claims]), Clearing.confirmed_at.is_not(None)
    )
    ids = set(work.session.scalars(cleared))
    return {each.certificate_id for each in claims if each.id in ids}


def _judge_again(work: Work, claims: Sequence[Claim]) -> dict[int, Verdict]:
    session = work.session
    batch = session.get_one(SettlementBatch, claims[0].batch_id)
    if claims[0].voucher_id is not None:
        return _judge_vouchers_again(work, batch, claims)
    lawbook = Lawbook.read(session, batch.region_code)
    where = (catalogue.list_subtree(session, batch.region_code), batch.from_on, batch.until_on)
    own = [each.certificate_id for each in claims if each.certificate_id is not None]
    # whose filing has moved meanwhile is no longer of this batch: the correction says so
    still = certificates.list_candidate_ids(session, *where, own)
    found = certificates.list_candidates(session, *where, still)
    person_ids = [each.person_id for each in claims]
    named = people.read_people(session, work.keyring, person_ids)
    facts, deaths = read_facts(session, person_ids), read_deaths(session, person_ids)
    scopes = certificates.read_scopes(session, [each.certificate.filing_id for each in found])
    entered = read_entered(session, found)
    judged: dict[int, Verdict] = {}
    for each in found:
        person_id = each.certificate.person_id
        scope = scopes[each.certificate.filing_id]
        verdict = judge_case(each, SubsidyKind(batch.kind), scope, work.today, lawbook)
        judge_entry(verdict, entered)
        judge_death(verdict, deaths.get(person_id))
        judged[each.certificate.id] = judge_holder(
            verdict,
            SubsidyKind(batch.kind),
            named.get(person_id),
            facts.tags.get(person_id, []),
            facts.intents.get(person_id),
            lawbook,
        )
    return judged


def _judge_vouchers_again(work: Work, batch: SettlementBatch, claims: Sequence[Claim]) -> dict[int, Verdict]:
    kind = SubsidyKind(batch.kind)
    vouchers = work.session.scalars(
        select(Voucher).where(Voucher.id.in_({each.voucher_id for each in claims})).order_by(Voucher.id)
    ).all()
    cases = list(read_cases(work, kind, vouchers).values())
    verdicts = judge_cases(work, kind, batch.region_code, cases)
    return {each.candidate.certificate.id: each for each in verdicts}


def _revise(work: Work, claim: Claim, verdict: Verdict | None) -> None:
    """Bring a claim up to what the rules say now; what they leave to a person has no amount yet."""
    if verdict is None:
        raise Refused(STILL_REFUSED.refusal(claim=claim.number, why="证书已不在本批的地区和期间内"))
    if verdict.outcome is Outcome.REFUSED or verdict.candidate.verification_id is None:
        why = verdict.refusal.title if verdict.refusal is not None else verdict.explanation
        raise Refused(STILL_REFUSED.refusal(claim=claim.number, why=why))
    change_fen = verdict.amount_fen - claim.reserved_fen
    if change_fen > 0:
        budgets.reserve(work, claim.budget_id, [money_of(claim, change_fen)])
    elif change_fen < 0:
        budgets.release(work, claim.budget_id, [money_of(claim, -change_fen)])
    claim.verification_id = verdict.candidate.verification_id
    claim.proposed_fen = verdict.proposed_fen
    claim.amount_fen = claim.reserved_fen = verdict.amount_fen
    claim.explanation = verdict.explanation
    claim.revision += 1
