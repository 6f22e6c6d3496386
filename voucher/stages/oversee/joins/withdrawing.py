"""撤回名单: one says that a list was brought along by mistake, another agrees; then it counts no more.

Nothing is deleted: the list, its questions and its flags stay to be read, and say that it was withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import Role
from voucher.rules.join_conclusions import FollowUp
from voucher.rules.joins import ListKind
from voucher.rules.list_withdrawals import (
    SUPERVISOR_NEEDED,
    WITHDRAWAL_NOT_WAITING,
    WITHDRAWAL_WAITING,
    WITHDRAWN,
)
from voucher.rules.words import check_why
from voucher.stages.oversee.joins.models import (
    AuditJoin,
    AuditJoinConclusion,
    AuditList,
    AuditListWithdrawal,
)
from voucher.stages.oversee.joins.reaching import reach
from voucher.stages.oversee.joins.reading import AGREED, LIST_MISSING
from voucher.stages.oversee.joins.undoing import THING, begin_undoing
from voucher.stages.oversee.risk.voiding import (
    check_apart_from_flags,
    count_left,
    count_resting,
    count_unnoted,
)


@dataclass(frozen=True, slots=True)
class Resting:
    """What a list has brought about so far: questions and their hits, flags, and what was followed up.

    `left` counts the flags that rest on it and would not end with it, `unnoted` those of copied answers
    raised since it came and before lists were noted: any list of answers may be behind them.
    """

    joins: int
    hits: int
    followed_up: int
    flags: int
    holds: int
    left: int
    unnoted: int


def propose_withdrawal(work: Work, list_id: int, why: str) -> AuditListWithdrawal:
    """Say why a list was brought along by mistake; another person has to agree.

    Raises Refused role_missing, audit_list_missing (also for a foreign one), why_missing,
    audit_list_withdrawn, audit_list_withdrawal_waiting.
    """
    found = _lock(work, list_id)
    said = check_why(why)
    before = _read_turns(work.session, list_id)
    if before and before[-1].agreed is None:
        raise WITHDRAWAL_WAITING.refused(number=found.number)
    made = AuditListWithdrawal(
        list_id=list_id, turn=len(before) + 1, why=said, proposed_at=work.at,
        proposed_by_person_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, THING, list_id, "propose_withdrawal", why=said)
    return made


def decide_withdrawal(work: Work, list_id: int, words: str, *, agrees: bool) -> int:
    """Agree, as another person, that a list counts no more, or send it back; return how many flags will end.

    From this moment nothing new rests on the list; what rested on it is undone piece by piece afterwards.
    Who proposed may take it back. Where flags end with it a supervisor agrees, and neither of the two has to
    do with what the flags are about. Raises Refused role_missing, audit_list_missing (also for a foreign
    one), audit_list_withdrawn, audit_list_withdrawal_not_waiting, second_person_needed,
    second_person_reset_lately, audit_list_withdrawal_supervisor, why_missing, risk_flag_own_institution,
    parameter_missing.
    """
    found = _lock(work, list_id)
    turns = _read_turns(work.session, list_id)
    if not turns or turns[-1].agreed is not None:
        raise WITHDRAWAL_NOT_WAITING.refused(number=found.number)
    waiting, flags = turns[-1], 0
    said = words.strip() if agrees else check_why(words)
    if agrees:
        check_second_hand(work, waiting.proposed_by_person_id)
        both = (waiting.proposed_by_person_id, work.actor.person_id)
        flags = check_apart_from_flags(work, list_id, both)
        if flags and found.region_code not in work.actor.regions_as(Role.SUPERVISOR):
            raise SUPERVISOR_NEEDED.refused(flags=flags, number=found.number)
    waiting.agreed, waiting.decided_at, waiting.decided_words = agrees, work.at, said
    waiting.decided_by_person_id = work.actor.person_id
    work.session.flush()
    if not agrees:
        audit.record_one(work, THING, list_id, "keep", why=said)
        return 0
    found.withdrawn_at = work.at
    work.session.flush()
    hits = begin_undoing(work, found, flags)
    audit.record_one(work, THING, list_id, "withdraw", why=waiting.why, hits=hits, flags=flags)
    return flags


def find_withdrawals(session: Session, list_ids: Collection[int]) -> Mapping[int, AuditListWithdrawal]:
    """Return of each of these lists the latest word on withdrawing it, where there is one."""
    rows = session.scalars(
        select(AuditListWithdrawal)
        .where(AuditListWithdrawal.list_id.in_(sorted(list_ids)))
        .order_by(AuditListWithdrawal.list_id, AuditListWithdrawal.turn)
    )
    return {each.list_id: each for each in rows}


def count_rests(session: Session, found: AuditList) -> Resting:
    """Return what a list has brought about, for whoever withdraws it to see before."""
    list_id = found.id
    joins, hits = session.execute(
        select(func.count(), func.coalesce(func.sum(AuditJoin.hits), 0)).where(AuditJoin.list_id == list_id)
    ).one()
    followed = session.scalar(
        select(func.count())
        .select_from(AuditJoinConclusion)
        .join(AuditJoin, AuditJoin.id == AuditJoinConclusion.join_id)
        .where(
            AuditJoin.list_id == list_id,
            AGREED,
            AuditJoinConclusion.follow_up != str(FollowUp.NOTHING),
        )
    )
    flags, holds = count_resting(session, list_id)
    unnoted = 0
    if found.kind == str(ListKind.ANSWERS):
        unnoted = count_unnoted(session, list_subtree(session, found.region_code), found.imported_at)
    left = count_left(session, list_id)
    return Resting(int(joins), int(hits), int(followed or 0), flags, holds, left, unnoted)


def _lock(work: Work, list_id: int) -> AuditList:
    _, regions = reach(work)
    found = work.session.scalars(
        select(AuditList)
        .where(AuditList.id == list_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None or found.region_code not in regions:
        raise LIST_MISSING.refused()
    if found.withdrawn_at is not None:
        raise WITHDRAWN.refused(number=found.number)
    return found


def _read_turns(session: Session, list_id: int) -> list[AuditListWithdrawal]:
    mine = AuditListWithdrawal.list_id == list_id
    return list(session.scalars(select(AuditListWithdrawal).where(mine).order_by(AuditListWithdrawal.turn)))
