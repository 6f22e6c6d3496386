"""What waits for one person: each queue with its count and its oldest piece, nothing another has to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.registry.catalogue import has_level_below
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.rules.actor import Actor, Role
from voucher.rules.approval import Step, roles_for
from voucher.stages.settle.models.claims import Claim, ClaimHand, SettlementBatch
from voucher.stages.settle.models.notices import Objection
from voucher.stages.settle.models.payments import LIVE_PAYMENT, Payment, PaymentFile

REVIEWERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY)
CLAIM_QUEUES: tuple[tuple[str, str, str, tuple[Role, ...]], ...] = (
    ("returned", "退回补正", "returned", (Role.OPERATOR, Role.EVALUATOR_ADMIN)),
    ("manual", "转人工核定", "manual", REVIEWERS),
    ("first_review", "待初审", "submitted", REVIEWERS),
    ("second_review", "待复核", "first_reviewed", REVIEWERS),
    ("post", "待公示", "second_reviewed", REVIEWERS),
    ("approve", "待审批", "cleared", (Role.FINANCE_APPROVER,)),
    ("prepare", "待制单", "approved", (Role.FINANCE_MAKER,)),
    ("bounced", "退票待更正", "bounced", (Role.FINANCE_MAKER, Role.OPERATOR)),
)
STEPS = {
    "first_review": Step.FIRST_REVIEW,
    "second_review": Step.SECOND_REVIEW,
    "approve": Step.APPROVE,
}
FILE_QUEUES: tuple[tuple[str, str, str, tuple[Role, ...]], ...] = (
    ("check", "待复核的拨付文件", "prepared", (Role.FINANCE_CHECKER,)),
    ("release", "待签发的拨付文件", "checked", (Role.FINANCE_RELEASER,)),
    ("results", "待回盘的拨付文件", "released", (Role.FINANCE_MAKER, Role.FINANCE_CHECKER)),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One queue: its key (for the link), its name, how many wait, how many batches, since when."""

    key: str
    name: str
    count: int
    oldest_at: datetime | None
    first_batch_id: int | None = None


def desk(session: Session, actor: Actor) -> list[Waiting]:
    """Return the queues of this actor that are not empty, in the order of the work."""
    queues = [
        _claims(session, actor, key, name, state)
        for key, name, state, roles in CLAIM_QUEUES
        if actor.has(*roles)
    ]
    if actor.has(*REVIEWERS, Role.OFFICER_PROVINCE):
        queues.append(_objections(session, actor))
    if actor.has(*REVIEWERS, Role.FINANCE_CHECKER):
        queues.append(_accounts(session, actor))
    queues += [
        _files(session, actor, key, name, state)
        for key, name, state, roles in FILE_QUEUES
        if actor.has(*roles)
    ]
    return [each for each in queues if each.count]


def _claims(session: Session, actor: Actor, key: str, name: str, state: str) -> Waiting:
    step = STEPS.get(key)
    where: list[ColumnElement[bool]] = [Claim.state == state, Claim.region_code.in_(sorted(actor.regions))]
    if key == "prepare":
        # what lies in a file that is not released yet is the checker's work, not the maker's
        where.append(Claim.id.not_in(select(Payment.claim_id).where(LIVE_PAYMENT)))
    if step is not None:
        waiting = session.scalars(select(Claim.region_code).where(*where).distinct()).all()
        where.append(
            Claim.region_code.in_([each for each in waiting if takes_step(session, actor, step, each)])
        )
        # one person, one hand: what this one has signed before waits for somebody else
        where.append(
            ~select(ClaimHand.claim_id)
            .where(
                ClaimHand.claim_id == Claim.id,
                ClaimHand.person_id == actor.person_id,
                ClaimHand.step != str(step),
            )
            .exists()
        )
    count, oldest, first = session.execute(
        select(func.count(), func.min(SettlementBatch.created_at), func.min(Claim.batch_id))
        .join(SettlementBatch, SettlementBatch.id == Claim.batch_id)
        .where(*where)
    ).one()
    return Waiting(key, name, count, oldest, first)


def takes_step(session: Session, actor: Actor, step: Step, region_code: str) -> bool:
    """Return whether the actor's roles take a step in a region."""
    roles = roles_for(step, same_office=not has_level_below(session, region_code))
    return any(region_code in actor.reach.get(role, ()) for role in roles)


def _objections(session: Session, actor: Actor) -> Waiting:
    count, oldest = session.execute(
        select(func.count(), func.min(Objection.lodged_at))
        .join(Claim, Claim.id == Objection.claim_id)
        .where(Objection.state == "lodged", Claim.region_code.in_(sorted(actor.regions)))
    ).one()
    return Waiting("objections", "待处理异议", count, oldest)


def _accounts(session: Session, actor: Actor) -> Waiting:
    count, oldest = session.execute(
        select(func.count(), func.min(PayeeAccount.proposed_at))
        .join(Institution, Institution.id == PayeeAccount.institution_id)
        .where(PayeeAccount.state == "proposed", Institution.region_code.in_(sorted(actor.regions)))
    ).one()
    return Waiting("accounts", "待确认的收款账户", count, oldest)


def _files(session: Session, actor: Actor, key: str, name: str, state: str) -> Waiting:
    count, oldest = session.execute(
        select(func.count(), func.min(PaymentFile.made_at))
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .where(PaymentFile.state == state, Budget.region_code.in_(sorted(actor.regions)))
    ).one()
    return Waiting(key, name, count, oldest)
