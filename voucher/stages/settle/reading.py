"""What the acts of settlement read and lock before they write: batches, claims, hands, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, CompoundSelect, and_, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.ledger.reinstatements import Reinstatement
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.ledger.year_ends import select_families
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import ENDED_THE_DAY_AFTER, list_served
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import Beneficiaries, Step, check_hands, check_uninvolved
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, may_move
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.queries.higher import list_higher_deciders
from voucher.stages.settle.models.claims import Claim, ClaimHand, Clearing, SettlementBatch, Signature
from voucher.stages.settle.models.denials import SOURCE as DENIAL_SOURCE
from voucher.stages.settle.models.denials import Denial
from voucher.stages.settle.models.notices import Objection
from voucher.stages.settle.models.payments import Payment, PaymentFile

LOOKUP_CHUNK = 500
# who files what a payee is paid, beside the operators of the region
STAFF_OF_PAYEE: dict[str, tuple[Role, ...]] = {
    SubsidyKind.EVALUATION: (Role.EVALUATOR_ADMIN,),
    SubsidyKind.TRAINING: (Role.INSTITUTION_ADMIN, Role.REGISTRAR),
}
STAFF_OF_BONUSES = (Role.INSTITUTION_ADMIN, Role.EVALUATOR_ADMIN)

BATCH_MISSING = reason(
    "batch_missing",
    "没有找到这个结算批次",
    "请核对批次编号，或从批次列表重新进入",
    "S2-00c; S2-16i",
    Family.MISSING,
)
CLAIM_MISSING = reason(
    "claim_missing",
    "没有找到这条申领",
    "请核对申领编号，或从批次中重新选择",
    "S2-00c; S2-16i",
    Family.MISSING,
)
JUDGED_DENIAL = reason(
    "judged_denial",
    "您答复过本人对该申领的反映，或者办理过它的解除停住，不能办理{step}",
    "请由没有经手这件反映的人员办理；同一人的不同账号视为同一人",
    DENIAL_SOURCE,
    Family.FORBIDDEN,
)
DECIDED_OBJECTION = reason(
    "decided_objection",
    "您处理过对其中申领的异议，不能办理{step}",
    "请由没有处理过这件异议的人员办理；同一人的不同账号视为同一人",
    "豫人社规〔2022〕2号 公示; LIFECYCLE Hands",
    Family.FORBIDDEN,
)

FILED_SOME = reason(
    "filed_some",
    "您申报过其中的申领 {claim}，不能办理它们的追回",
    "请由没有申报过这些申领的人员提出、确认追回；同一人的不同账号视为同一人",
    "豫办〔2021〕29号 第16项; LIFECYCLE Hands",
    Family.FORBIDDEN,
)


def get_batch(work: Work, batch_id: int) -> SettlementBatch:
    """Return a batch of the actor's regions, locked. Raises Refused batch_missing, also for a foreign one."""
    found = work.session.scalars(
        select(SettlementBatch).where(SettlementBatch.id == batch_id).with_for_update()
    ).first()
    if found is None or found.region_code not in work.actor.regions:
        raise BATCH_MISSING.refused()
    return found


def lock_funds(work: Work, *conditions: ColumnElement[bool]) -> None:
    """Lock what the money of these claims comes from, before anything else: budgets, then vouchers."""
    budget_ids = select(Claim.budget_id).where(*conditions).distinct()
    work.session.execute(
        select(Budget.id)
        .where(Budget.id.in_(select_families(budget_ids)))
        .order_by(Budget.id)
        .with_for_update()
    ).all()
    voucher_ids = select(Claim.voucher_id).where(Claim.voucher_id.is_not(None), *conditions)
    lock_vouchers(work, Voucher.id.in_(voucher_ids))


def lock_claims(work: Work, *conditions: ColumnElement[bool], money: bool = False) -> list[Claim]:
    """Return the claims that meet the conditions, locked in the order of their ids.

    With `money` their budgets and vouchers are locked first: budget, voucher, claim, always.
    """
    if money:
        lock_funds(work, *conditions)
    return list(
        work.session.scalars(
            select(Claim)
            .where(*conditions)
            .order_by(Claim.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def get_claim(work: Work, claim_id: int, *, money: bool = False) -> Claim:
    """Return a claim of the actor's regions, locked, after its money where asked.

    Raises Refused claim_missing.
    """
    found = lock_claims(work, Claim.id == claim_id, money=money)
    if not found or found[0].region_code not in work.actor.regions:
        raise CLAIM_MISSING.refused()
    return found[0]


def check_submitter(work: Work, claim: Claim) -> None:
    """Refuse whoever may not file or take back a claim: operators of its region, the payee's own staff.

    Raises Refused claim_missing (also for a foreign one), role_missing, region_foreign.
    """
    payee, staff = claim.institution_id, STAFF_OF_PAYEE.get(claim.kind, STAFF_OF_BONUSES)
    if claim.region_code not in work.actor.regions and not work.actor.serves(payee, *staff):
        raise CLAIM_MISSING.refused()
    check_reach(work.actor, claim.region_code, Role.OPERATOR, *staff, institution_id=payee)


def list_hands(session: Session, claim_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Return, per claim, every (step, person) that ever acted on it."""
    found: dict[int, list[tuple[str, int]]] = {}
    for start in range(0, len(claim_ids), LOOKUP_CHUNK):
        rows = session.execute(
            select(ClaimHand.claim_id, ClaimHand.step, ClaimHand.person_id).where(
                ClaimHand.claim_id.in_(claim_ids[start : start + LOOKUP_CHUNK])
            )
        )
        for claim_id, step, person_id in rows:
            found.setdefault(claim_id, []).append((step, person_id))
    return found


def check_apart(work: Work, claims: Sequence[Claim], step: str) -> None:
    """Refuse a step of a claim to whoever it is made of, or has worked for its payee since it was filed.

    A role ended for the hour of signing bars as well. Raises Refused involved.
    """
    person_id = work.actor.person_id
    served = list_served(work.session, person_id, work.today)
    for each in claims:
        own = {house for house, last in served.items() if each.filed_on <= last + ENDED_THE_DAY_AFTER}
        check_uninvolved(
            step, person_id, own, [Beneficiaries(each.number, each.person_id, each.institution_id)]
        )


def concerning(session: Session, person_id: int, today: date) -> ColumnElement[bool]:
    """Return the condition that a claim is one `check_apart` refuses to a person."""
    served = list_served(session, person_id, today)
    return or_(
        Claim.person_id == person_id,
        *(
            and_(Claim.institution_id == house, Claim.filed_on <= last + ENDED_THE_DAY_AFTER)
            for house, last in sorted(served.items())
        ),
    )


def check_never_filed(session: Session, person_id: int, claim_id: int, doing: str) -> None:
    """Refuse an act, named as people call it, to whoever filed a claim in any of its revisions.

    Raises Refused same_hand.
    """
    for done, person in list_hands(session, [claim_id]).get(claim_id, []):
        if done == Step.SUBMIT:
            check_hands(Step.APPROVE, person_id, {Step.SUBMIT: person}, doing=doing)


def check_filed_by_others(session: Session, person_id: int, claim_ids: Sequence[int]) -> None:
    """Refuse to deny claims to whoever filed one of them, in any revision. Raises Refused same_hand."""
    for hands in list_hands(session, claim_ids).values():
        if (str(Step.SUBMIT), person_id) in hands:
            check_hands(Step.APPROVE, person_id, {Step.SUBMIT: person_id}, doing="不予通过")


def check_filed_none(session: Session, person_id: int, claims: Sequence[Claim]) -> None:
    """Refuse to take claims back to whoever filed one that is not paid yet, and so would be denied.

    Names the first of them. Raises Refused filed_some.
    """
    numbers = {each.id: each.number for each in claims if may_move(Thing.CLAIM, each.state, "reject")}
    for claim_id, hands in sorted(list_hands(session, sorted(numbers)).items()):
        if (str(Step.SUBMIT), person_id) in hands:
            raise FILED_SOME.refused(claim=numbers[claim_id])


def list_releasers(session: Session, claim_id: int) -> set[int]:
    """Return everybody who has released a payment file a claim stood in."""
    released = (
        select(PaymentFile.releaser_person_id)
        .join(Payment, Payment.payment_file_id == PaymentFile.id)
        .where(Payment.claim_id == claim_id, PaymentFile.releaser_person_id.is_not(None))
    )
    return {each for each in session.scalars(released) if each is not None}


def list_clearers(session: Session, claim_ids: Sequence[int]) -> set[int]:
    """Return everybody who has proposed or confirmed the amount of any of these claims, or its certificate.

    A certificate above the voucher's level is taken by two people, who answer for the claim as clearers do.
    """
    found: set[int] = set()
    for start in range(0, len(claim_ids), LOOKUP_CHUNK):
        rows = session.execute(
            select(Clearing.proposed_by_person_id, Clearing.confirmed_by_person_id).where(
                Clearing.claim_id.in_(claim_ids[start : start + LOOKUP_CHUNK])
            )
        )
        found.update(person_id for row in rows for person_id in row if person_id is not None)
        raised = select(Claim.voucher_id).where(Claim.id.in_(claim_ids[start : start + LOOKUP_CHUNK]))
        found |= list_higher_deciders(session, raised)
    return found


def check_no_judge(session: Session, person_id: int, claim_ids: Sequence[int], step: str) -> None:
    """Refuse a step of a claim to whoever judged what its person said of it, or let it go on after that.

    Raises Refused judged_denial.
    """
    for start in range(0, len(claim_ids), LOOKUP_CHUNK):
        cases = Denial.claim_id.in_(claim_ids[start : start + LOOKUP_CHUNK])
        if session.scalar(select_judged(person_id, cases).limit(1)) is not None:
            raise JUDGED_DENIAL.refused(step=step)


def select_judged(person_id: int, *cases: ColumnElement[bool]) -> CompoundSelect[int]:
    """Return the claims of which a person judged what was said of them, or let them go on after that."""
    judged = select(Denial.claim_id).where(
        *cases, or_(Denial.answered_by_person_id == person_id, Denial.confirmed_by_person_id == person_id)
    )
    lifted = (
        select(Denial.claim_id)
        .join(
            Reinstatement,
            (Reinstatement.thing == str(Thing.HOLD)) & (Reinstatement.object_id == Denial.hold_id),
        )
        .where(
            *cases,
            or_(
                Reinstatement.asked_by_person_id == person_id,
                Reinstatement.decided_by_person_id == person_id,
            ),
        )
    )
    return judged.union_all(lifted)


def check_no_decider(session: Session, person_id: int, claim_ids: Sequence[int], step: str) -> None:
    """Refuse a step of a claim to whoever decided an objection to it. Raises Refused decided_objection."""
    for start in range(0, len(claim_ids), LOOKUP_CHUNK):
        decided = select(Objection.id).where(
            Objection.claim_id.in_(claim_ids[start : start + LOOKUP_CHUNK]),
            Objection.decided_by_person_id == person_id,
        )
        if session.scalar(decided.limit(1)) is not None:
            raise DECIDED_OBJECTION.refused(step=step)


def list_signed_steps(session: Session, claim_ids: Sequence[int]) -> dict[tuple[int, int], list[str]]:
    """Return, per claim and revision, the steps that have been passed."""
    found: dict[tuple[int, int], list[str]] = {}
    for start in range(0, len(claim_ids), LOOKUP_CHUNK):
        rows = session.execute(
            select(Signature.claim_id, Signature.revision, Signature.step).where(
                Signature.claim_id.in_(claim_ids[start : start + LOOKUP_CHUNK]),
                Signature.decision == "pass",
            )
        )
        for claim_id, revision, step in rows:
            found.setdefault((claim_id, revision), []).append(step)
    return found
