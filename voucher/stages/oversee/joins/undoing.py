"""撤回之后逐条了结: hits and flags that rest on a withdrawn list alone are undone, a piece at a time.

Two have agreed and the list counts no more; what is left is work for the clock, which goes on where it was
cut off. How far it is stands in `audit_list_undoing`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Refused
from voucher.rules.join_conclusions import FollowUp, Outcome
from voucher.rules.joins import JoinKind
from voucher.rules.list_withdrawals import rests_on_list
from voucher.stages.oversee.joins.models import (
    AuditJoin,
    AuditJoinConclusion,
    AuditJoinHit,
    AuditList,
    AuditListUndoing,
    AuditListWithdrawal,
)
from voucher.stages.oversee.risk.voiding import void_flags

THING = "audit_list"
HITS_AT_ONCE, FLAGS_AT_ONCE = 1_000, 200


def begin_undoing(work: Work, found: AuditList, flags: int) -> int:
    """Write down what is to be undone of a list just withdrawn, and return how many hits there are.

    What waits for another person's word on one of its hits is sent back at once.
    """
    hits = work.session.scalar(
        select(func.count())
        .select_from(AuditJoinHit)
        .join(AuditJoin, AuditJoin.id == AuditJoinHit.join_id)
        .where(AuditJoin.list_id == found.id, AuditJoin.forgotten_at.is_(None))
    )
    _send_back_waiting(work, found)
    made = AuditListUndoing(
        list_id=found.id, begun_at=work.at, hits_total=int(hits or 0), flags_total=flags,
        # on which nothing rested there is nothing to wait for
        finished_at=None if hits or flags else work.at,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    return made.hits_total


def undo_withdrawn(work: Work) -> int:
    """Undo the next piece of what rested on withdrawn lists, and return how much that was; 0 of none left.

    The earliest list first, its hits, then its flags and what they hold; one that cannot be undone keeps no
    later one waiting, and is heard of when it alone is left. Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    unfinished = select(AuditListUndoing.list_id).where(AuditListUndoing.finished_at.is_(None))
    failed: Refused | DBAPIError | None = None
    for list_id in work.session.scalars(unfinished.order_by(AuditListUndoing.list_id)).all():
        try:
            with work.session.begin_nested():
                done = _undo_piece(work, list_id)
        except (Refused, DBAPIError) as refused:
            failed = failed or refused
            continue
        if done:
            return done
    if failed is not None:
        raise failed
    return 0


def _undo_piece(work: Work, list_id: int) -> int:
    """Undo the next piece of one list, or write down that nothing is left; 0 where another run did so."""
    standing = work.session.scalars(
        select(AuditListUndoing)
        .where(AuditListUndoing.list_id == list_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if standing.finished_at is not None:
        return 0
    found = work.session.get_one(AuditList, standing.list_id)
    said = work.session.scalars(
        select(AuditListWithdrawal)
        .where(AuditListWithdrawal.list_id == found.id)
        .order_by(AuditListWithdrawal.turn.desc())
        .limit(1)
    ).one()
    done = _mark_piece(work, standing, found, said) or _void_piece(work, standing, found, said)
    if not done:
        standing.finished_at = work.at
        work.session.flush()
        audit.record_one(
            work, THING, found.id, "undone", hits=standing.hits_marked, flags=standing.flags_ended
        )
    return done or 1


def find_undoings(session: Session, list_ids: Collection[int]) -> Mapping[int, AuditListUndoing]:
    """Return how far each of these lists that was withdrawn has been undone."""
    rows = session.scalars(select(AuditListUndoing).where(AuditListUndoing.list_id.in_(sorted(list_ids))))
    return {each.list_id: each for each in rows}


def _mark_piece(work: Work, standing: AuditListUndoing, found: AuditList, said: AuditListWithdrawal) -> int:
    """Say of the next hits that rest on the list alone that it was withdrawn; return how many were read."""
    piece = work.session.execute(_select_next_hits(standing)).all()
    if not piece:
        return 0
    resting = [each for each in piece if rests_on_list(JoinKind(each.kind), each.rows)]
    turns = _read_turns(work.session, resting)
    rows = [
        {
            "join_id": each.join_id, "position": each.position,
            "turn": turns.get((each.join_id, each.position), 0) + 1, "outcome": str(Outcome.WITHDRAWN),
            "follow_up": str(FollowUp.NOTHING), "words": f"名单 {found.number} 已撤回：{said.why}",
            "concluded_at": said.proposed_at, "concluded_by_person_id": said.proposed_by_person_id,
            "agreed": True, "decided_at": said.decided_at,
            "decided_by_person_id": said.decided_by_person_id, "decided_words": "",
        }
        for each in resting
    ]  # fmt: skip
    if rows:
        work.session.execute(insert(AuditJoinConclusion), rows)
    standing.hits_looked += len(piece)
    standing.hits_marked += len(rows)
    standing.reached_join_id, standing.reached_position = piece[-1].join_id, piece[-1].position
    work.session.flush()
    audit.record_one(work, THING, found.id, "mark_hits", looked=len(piece), marked=len(rows))
    return len(piece)


def _void_piece(work: Work, standing: AuditListUndoing, found: AuditList, said: AuditListWithdrawal) -> int:
    """End the next flags that rest on withdrawn lists alone, and return how many those were."""
    words = f"依据的名单 {found.number} 已撤回：{said.why}"
    agreed_by = said.decided_by_person_id or said.proposed_by_person_id
    ended = void_flags(work, found.id, words, agreed_by, limit=FLAGS_AT_ONCE)
    standing.flags_ended += ended
    work.session.flush()
    return ended


def _select_next_hits(standing: AuditListUndoing) -> Select[Any]:
    reached = (standing.reached_join_id, standing.reached_position)
    following = or_(
        AuditJoinHit.join_id > reached[0],
        and_(AuditJoinHit.join_id == reached[0], AuditJoinHit.position > reached[1]),
    )
    return (
        select(AuditJoinHit.join_id, AuditJoinHit.position, AuditJoinHit.rows, AuditJoin.kind)
        .join(AuditJoin, AuditJoin.id == AuditJoinHit.join_id)
        .where(AuditJoin.list_id == standing.list_id, AuditJoin.forgotten_at.is_(None), following)
        .order_by(AuditJoinHit.join_id, AuditJoinHit.position)
        .limit(HITS_AT_ONCE)
    )


def _read_turns(session: Session, hits: Sequence[Row[Any]]) -> dict[tuple[int, int], int]:
    """Return the latest turn of hits that anything was said of; ascending."""
    said = AuditJoinConclusion
    found: dict[tuple[int, int], int] = {}
    for join_id in sorted({each.join_id for each in hits}):
        places = [each.position for each in hits if each.join_id == join_id]
        rows = session.execute(
            select(said.position, func.max(said.turn))
            .where(said.join_id == join_id, said.position.between(places[0], places[-1]))
            .group_by(said.position)
        )
        found |= {(join_id, position): turn for position, turn in rows}
    return found


def _send_back_waiting(work: Work, found: AuditList) -> None:
    """Send back what waits for another person's word on hits of a withdrawn list."""
    asked = select(AuditJoin.id).where(AuditJoin.list_id == found.id)
    work.session.execute(
        update(AuditJoinConclusion)
        .where(AuditJoinConclusion.join_id.in_(asked), AuditJoinConclusion.agreed.is_(None))
        .values(
            agreed=False,
            decided_at=work.at,
            decided_by_person_id=work.actor.person_id,
            decided_words=f"名单 {found.number} 已撤回",
        )
        .execution_options(synchronize_session=False)
    )
