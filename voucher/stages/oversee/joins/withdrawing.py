"""撤回名单: one says that a list was brought along by mistake, another agrees; then it counts no more.

Nothing is deleted: the list, its questions and its flags stay to be read, and say that it was withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import Role
from voucher.rules.join_conclusions import FollowUp, Outcome
from voucher.rules.joins import JoinKind, ListKind
from voucher.rules.list_withdrawals import (
    SUPERVISOR_NEEDED,
    WITHDRAWAL_NOT_WAITING,
    WITHDRAWAL_WAITING,
    WITHDRAWN,
    rests_on_list,
)
from voucher.rules.words import check_why
from voucher.stages.oversee.joins.models import (
    AuditJoin,
    AuditJoinConclusion,
    AuditJoinHit,
    AuditList,
    AuditListWithdrawal,
)
from voucher.stages.oversee.joins.reaching import reach
from voucher.stages.oversee.joins.reading import AGREED, LIST_MISSING
from voucher.stages.oversee.risk.voiding import (
    count_left,
    count_resting,
    count_unnoted,
    find_resting,
    void_flags,
)

THING = "audit_list"
AT_A_TIME = 1_000


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
    """Agree, as another person, that a list counts no more, or send it back; return how many flags ended.

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
    waiting = turns[-1]
    said = words.strip() if agrees else check_why(words)
    if agrees:
        check_second_hand(work, waiting.proposed_by_person_id)
        ending = len(find_resting(work.session, list_id))
        if ending and found.region_code not in work.actor.regions_as(Role.SUPERVISOR):
            raise SUPERVISOR_NEEDED.refused(flags=ending, number=found.number)
    waiting.agreed, waiting.decided_at, waiting.decided_words = agrees, work.at, said
    waiting.decided_by_person_id = work.actor.person_id
    work.session.flush()
    if not agrees:
        audit.record_one(work, THING, list_id, "keep", why=said)
        return 0
    found.withdrawn_at = work.at
    work.session.flush()
    hits = _withdraw_hits(work, found, waiting)
    told = f"依据的名单 {found.number} 已撤回：{waiting.why}"
    flags = void_flags(work, list_id, told, waiting.proposed_by_person_id)
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


def _withdraw_hits(work: Work, found: AuditList, said: AuditListWithdrawal) -> int:
    """Say of every hit that rests on a list alone that it was withdrawn, and return how many those were."""
    count = 0
    for asked in work.session.scalars(select(AuditJoin).where(AuditJoin.list_id == found.id)).all():
        _send_back_waiting(work, asked.id, found.number)
        for piece in _read_pieces(work.session, asked.id):
            resting = [place for place, behind in piece if rests_on_list(JoinKind(asked.kind), behind)]
            latest = _read_latest(work.session, asked.id, resting)
            rows = [
                {
                    "join_id": asked.id, "position": position, "turn": latest.get(position, 0) + 1,
                    "outcome": str(Outcome.WITHDRAWN), "follow_up": str(FollowUp.NOTHING),
                    "words": f"名单 {found.number} 已撤回：{said.why}", "concluded_at": said.proposed_at,
                    "concluded_by_person_id": said.proposed_by_person_id, "agreed": True,
                    "decided_at": work.at, "decided_by_person_id": work.actor.person_id,
                    "decided_words": "",
                }
                for position in resting
            ]  # fmt: skip
            if rows:
                work.session.execute(insert(AuditJoinConclusion), rows)
            count += len(rows)
    return count


def _read_pieces(session: Session, join_id: int) -> Iterator[list[tuple[int, Any]]]:
    """Yield the hits of an answer, position and rows behind, a portion at a time."""
    after = 0
    hits = select(AuditJoinHit.position, AuditJoinHit.rows).where(AuditJoinHit.join_id == join_id)
    while piece := session.execute(
        hits.where(AuditJoinHit.position > after).order_by(AuditJoinHit.position).limit(AT_A_TIME)
    ).all():
        yield [(each.position, each.rows) for each in piece]
        after = piece[-1].position


def _read_latest(session: Session, join_id: int, positions: Sequence[int]) -> dict[int, int]:
    """Return the latest turn of hits that anything was said of; positions ascending."""
    if not positions:
        return {}
    said = AuditJoinConclusion
    rows = session.execute(
        select(said.position, func.max(said.turn))
        .where(said.join_id == join_id, said.position.between(positions[0], positions[-1]))
        .group_by(said.position)
    )
    return dict(rows.all())


def _send_back_waiting(work: Work, join_id: int, number: str) -> None:
    """Send back what waits for another person's word on hits of a withdrawn list."""
    work.session.execute(
        update(AuditJoinConclusion)
        .where(AuditJoinConclusion.join_id == join_id, AuditJoinConclusion.agreed.is_(None))
        .values(
            agreed=False,
            decided_at=work.at,
            decided_by_person_id=work.actor.person_id,
            decided_words=f"名单 {number} 已撤回",
        )
        .execution_options(synchronize_session=False)
    )
