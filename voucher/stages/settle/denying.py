"""不是我、没收到: a person stops a subsidy claimed in that person's name with one tap; the office answers.

What has left for the payee, or for the bank, cannot be stopped any more: then the case alone is opened, and
the money is taken back where the case is upheld. What the bank sends back is stopped before it can be paid
again, unless the answer let it go on. One tap stops a line once: after an answer that let it go on, a case
holds nothing, and an officer may hold by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.holds import Hold, close_holds, open_hold
from voucher.ledger.reinstatements import select_agreed
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people, subjects, tables
from voucher.registry.letters import DENIAL_OPENED, Notice, write_to_people
from voucher.registry.standards import PARAMETER_MISSING
from voucher.rules.actor import Role, check_role
from voucher.rules.calendar import CALENDAR_YEAR_MISSING
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.pace import promised_on
from voucher.rules.vocabulary import PROBLEM_NAMES, Problem
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.denials import DENIAL_SAID, DENIED_ALREADY, SOURCE, Denial
from voucher.stages.settle.reading import CLAIM_MISSING, LOOKUP_CHUNK, lock_claims

ANSWER_WORKDAYS = "denial_answer_workdays"
AT_BANK = "paying"
PAID = (AT_BANK, "paid", "recovering", "recovered")
OVER = ("withdrawn", "rejected")

DENIAL_TOO_LATE = reason(
    "denial_too_late",
    "这笔补贴{state}，没有付给任何人，也不会再付",
    "不用办理；如发现您的名字仍被使用，请拨打 12333",
    SOURCE,
    Family.CONFLICT,
)
DENIAL_MISSING = reason(
    "denial_missing", "没有找到这件反映", "请从“我的补贴”或反映列表重新进入", SOURCE, Family.MISSING
)
DENIAL_ANSWERED = reason(
    "denial_answered_already",
    "这件反映已经答复",
    "请刷新页面查看答复；对答复不服的可拨打 12333 或申请复查",
    SOURCE,
    Family.CONFLICT,
)
HELD_BY_DENIAL = reason(
    "hold_of_denial",
    "这条申领因本人反映（{number}）停住，不能单独结束处置",
    "请在“本人反映”中由一人答复、另一人确认：不属实的，确认后自动放行；“不是我”属实的继续停住，"
    "应不予通过，或者更正后由两人解除停住",
    SOURCE,
    Family.CONFLICT,
)


def deny(work: Work, claim_id: int, problem: Problem, said: str = "") -> Denial:
    """Open a case on a claim made in one's own name, and stop its money where that can still be done.

    Nothing is stopped that is with the bank or paid, nor again what an answer let go on.
    Raises Refused role_missing, claim_missing (also for somebody else's), denial_too_late, denied_already.
    """
    check_role(work.actor, Role.WORKER)
    found = lock_claims(work, Claim.id == claim_id)
    if not found or found[0].person_id != work.actor.person_id:
        raise CLAIM_MISSING.refused()
    claim = found[0]
    if claim.state in OVER:
        raise DENIAL_TOO_LATE.refused(state=STATE_NAMES[Thing.CLAIM][claim.state])
    if _find_open(work.session, claim.id) is not None:
        raise DENIED_ALREADY.refused()
    hold = None
    if claim.state not in PAID and not _is_answered(work.session, claim.id, problem):
        hold = open_hold(work, Thing.CLAIM, claim.id, f"本人反映：{PROBLEM_NAMES[problem]}")
    regions = catalogue.list_ancestry(work.session, claim.region_code)
    opened = Denial(
        claim_id=claim.id,
        person_id=claim.person_id,
        hold_id=hold.id if hold is not None else None,
        problem=str(problem),
        said_sealed=seal_words(work, claim.person_id, DENIAL_SAID, said.strip()) if said.strip() else None,
        opened_at=work.at,
        answer_by=_answer_by(work, regions),
    )
    work.session.add(opened)
    work.session.flush()
    # what was said stays out of the trail: the row is bound to it
    audit.record_one(
        work, str(Thing.CLAIM), claim.id, "deny", denial=opened.id, problem=opened.problem,
        held=hold is not None,
    )  # fmt: skip
    told = {
        "number": opened.number,
        "answer_by": tell_day(opened),
        "held": tell_held(opened, claim.state),
    }
    write_to_people(work, [Notice(f"denial-{opened.id}", claim.person_id, DENIAL_OPENED, told)])
    return opened


def take_back(work: Work, denial_id: int) -> Denial:
    """Say that one was mistaken; the line goes on when two people of the office have looked at it.

    Raises Refused role_missing, denial_missing (also for somebody else's), denial_answered_already.
    """
    check_role(work.actor, Role.WORKER)
    found = lock_denial(work, denial_id)
    if found.person_id != work.actor.person_id:
        raise DENIAL_MISSING.refused()
    if found.answered_at is not None or found.taken_back_at is not None:
        raise DENIAL_ANSWERED.refused()
    found.taken_back_at = work.at
    work.session.flush()
    audit.record_one(work, str(Thing.CLAIM), found.claim_id, "take_back_denial", denial=found.id)
    return found


def lock_denial(work: Work, denial_id: int, *, money: bool = False) -> Denial:
    """Return a case with its claim, both locked, after its money where asked.

    Raises Refused denial_missing.
    """
    claim_id = work.session.scalar(select(Denial.claim_id).where(Denial.id == denial_id))
    if claim_id is None:
        raise DENIAL_MISSING.refused()
    lock_claims(work, Claim.id == claim_id, money=money)
    return work.session.scalars(
        select(Denial)
        .where(Denial.id == denial_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def hold_bounced(work: Work, claims: Sequence[Claim]) -> None:
    """Stop what the bank sent back, where its person's case is open, or was found true and not lifted since.

    没收到 that was found true is no reason to withhold the money.
    """
    for start in range(0, len(claims), LOOKUP_CHUNK):
        ids = [each.id for each in claims[start : start + LOOKUP_CHUNK]]
        cases = work.session.scalars(
            select(Denial)
            .where(
                Denial.claim_id.in_(ids),
                Denial.confirmed_at.is_(None) | Denial.upheld.in_((True,)),
                ~_is_lifted(),
            )
            .order_by(Denial.claim_id, Denial.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        for case in cases:
            if case.confirmed_at is None or case.problem != Problem.NOT_RECEIVED:
                _stop_again(work, case)


def _stop_again(work: Work, case: Denial) -> None:
    known = work.session.get(Hold, case.hold_id) if case.hold_id is not None else None
    if known is not None and known.closed_at is None:
        return
    words = f"本人反映：{PROBLEM_NAMES[Problem(case.problem)]}（{case.number}，退票后停住）"
    # the case takes it in place of one that ended: nobody could answer for a hold without a case
    case.hold_id = open_hold(work, Thing.CLAIM, case.claim_id, words).id
    work.session.flush()


def let_go_ended(work: Work, claims: Sequence[Claim], conclusion: str) -> None:
    """Close what people's cases hold of claims that have ended without payment: nothing is left to stop.

    The claims are locked.
    """
    for start in range(0, len(claims), LOOKUP_CHUNK):
        ids = [each.id for each in claims[start : start + LOOKUP_CHUNK]]
        held = work.session.scalars(
            select(Hold)
            .join(Denial, Denial.hold_id == Hold.id)
            .where(Denial.claim_id.in_(ids), Hold.closed_at.is_(None))
            .order_by(Hold.id)
            .with_for_update(of=Hold)
            .execution_options(populate_existing=True)
        ).all()
        close_holds(work, held, conclusion)


def check_no_denial(session: Session, hold: Hold) -> None:
    """Refuse to end by hand what a person's case holds, unless its claim is over and nothing is stopped.

    Raises Refused hold_of_denial.
    """
    found = find_denial_of(session, hold)
    if found is not None and session.get_one(Claim, found.claim_id).state not in OVER:
        raise HELD_BY_DENIAL.refused(number=found.number)


def find_denial_of(session: Session, hold: Hold) -> Denial | None:
    """Return the case that opened a hold; None where something else did."""
    return session.scalars(select(Denial).where(Denial.hold_id == hold.id)).first()


def seal_words(work: Work, person_id: int, context: str, words: str) -> bytes:
    """Return words of a case sealed under the key of the person it is about. Raises subject_erased."""
    index = people.hold_person(work, person_id).blind_index
    return work.keyring.seal(subjects.open_keys(work, [index])[index], context, words)


def tell_day(case: Denial) -> str:
    """Return the day by which a case is answered, in words for the person."""
    return f"{case.answer_by:%Y-%m-%d} 前答复" if case.answer_by is not None else "答复期限待定"


def _answer_by(work: Work, regions: Sequence[str]) -> date | None:
    """Return the day of the answer; a stop never waits for a calendar or a limit nobody has set."""
    try:
        workdays = tables.require_parameter_number(work.session, ANSWER_WORKDAYS, work.today, regions)
        return promised_on(work.today, workdays, tables.read_calendar(work.session))
    except Refused as refused:
        if refused.refusal.code not in (CALENDAR_YEAR_MISSING.code, PARAMETER_MISSING.code):
            raise
        return None


def tell_held(case: Denial, claim_state: str) -> str:
    """Return what a case does to its money, in words for the person."""
    if case.hold_id is not None:
        return "这笔钱先停住不付"
    if claim_state == AT_BANK:
        return "这笔钱已交银行，退票才能停"
    if claim_state in PAID:
        return "这笔钱此前已付，正在查"
    return "这笔此前已经答复过，这次只立案核查，不再停住"


def _find_open(session: Session, claim_id: int) -> Denial | None:
    return session.scalars(
        select(Denial).where(Denial.claim_id == claim_id, Denial.confirmed_at.is_(None))
    ).first()


def _is_answered(session: Session, claim_id: int, problem: Problem) -> bool:
    """Return whether a confirmed answer has dealt with this: not true, or the same said before.

    What two people let go on after an upheld case may be stopped once more.
    """
    told = Denial.upheld.in_((False,)) | ((Denial.problem == str(problem)) & ~_is_lifted())
    known = select(Denial.id).where(Denial.claim_id == claim_id, Denial.confirmed_at.is_not(None), told)
    return session.scalar(known.limit(1)) is not None


def _is_lifted() -> ColumnElement[bool]:
    return func.coalesce(Denial.hold_id, 0).in_(select_agreed(Thing.HOLD))
