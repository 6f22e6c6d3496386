"""Say what became of hits: a conclusion in words, which another person confirms where something follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.rules.join_conclusions import (
    HIT_NOT_WAITING,
    HIT_WAITING,
    HITS_STALE,
    HITS_UNCHOSEN,
    OWN_CONCLUSION,
    FollowUp,
    HitState,
    Outcome,
    check_conclusion,
    needs_another,
    state_of_hit,
    write_positions,
)
from voucher.rules.joins import JoinKind
from voucher.rules.list_withdrawals import HIT_WITHDRAWN, rests_on_list
from voucher.rules.words import check_why
from voucher.stages.oversee.joins.models import AuditJoin, AuditJoinConclusion, AuditJoinHit, AuditList
from voucher.stages.oversee.joins.reading import AGREED, JOIN_FORGOTTEN, NOT_SENT_BACK, THING, load_join

AT_ONCE = 200


def conclude_hits(
    work: Work, join_id: int, seen: Mapping[int, int], outcome: Outcome, follow_up: FollowUp, words: str
) -> int:
    """Say what hits of a join came to, and return how many of them wait for another person.

    `seen` is the turn of the latest conclusion that was read of each hit, 0 for none. A later conclusion
    takes an earlier one's place; where two agreed on what follows, it waits for another person as well.
    Raises Refused role_missing, audit_join_missing, audit_join_forgotten, why_missing, join_hits_unchosen,
    join_outcome_unsuited, join_follow_up_unsuited, join_hits_stale, join_hit_withdrawn, join_hit_waiting.
    """
    asked = _load_standing(work, join_id)
    said = check_why(words)
    check_conclusion(outcome, follow_up)
    chosen = _check_chosen(work.session, join_id, seen)
    latest = read_conclusions(work.session, join_id, chosen)
    _check_seen(seen, latest)
    _check_list_stands(work.session, asked, chosen)
    waiting = [each.position for each in latest.values() if each.agreed is None]
    if waiting:
        raise HIT_WAITING.refused(positions=write_positions(waiting))
    in_force = read_agreed(work.session, join_id, chosen)
    made = []
    for position in chosen:
        before = in_force.get(position)
        alone = not needs_another(follow_up, None if before is None else before.follow_up)
        made.append(
            AuditJoinConclusion(
                join_id=join_id, position=position, turn=_turn_of(latest.get(position)) + 1,
                outcome=str(outcome), follow_up=str(follow_up), words=said, concluded_at=work.at,
                concluded_by_person_id=work.actor.person_id, agreed=True if alone else None,
                decided_at=work.at if alone else None,
                decided_by_person_id=work.actor.person_id if alone else None, decided_words="",
            )
        )  # fmt: skip
    work.session.add_all(made)
    work.session.flush()
    audit.record_one(
        work, THING, join_id, "conclude",
        positions=chosen, outcome=str(outcome), follow_up=str(follow_up), words=said,
    )  # fmt: skip
    return sum(each.agreed is None for each in made)


def decide_conclusions(work: Work, join_id: int, seen: Mapping[int, int], words: str, *, agrees: bool) -> int:
    """Confirm what somebody else concluded, or send it back with the reason, and return how many.

    Who concluded may take it back alike. `seen` is the turn that was read of each hit.
    Raises Refused role_missing, audit_join_missing, audit_join_forgotten, why_missing, join_hits_unchosen,
    join_hits_stale, join_hit_not_waiting, join_conclusion_own, second_person_reset_lately, parameter_missing.
    """
    _load_standing(work, join_id)
    said = words.strip() if agrees else check_why(words)
    chosen = _check_chosen(work.session, join_id, seen)
    latest = read_conclusions(work.session, join_id, chosen, lock=True)
    _check_seen(seen, latest)
    rest = [each for each in chosen if each not in latest or latest[each].agreed is not None]
    if rest:
        raise HIT_NOT_WAITING.refused(positions=write_positions(rest))
    own = [each for each in chosen if latest[each].concluded_by_person_id == work.actor.person_id]
    if own and agrees:
        raise OWN_CONCLUSION.refused(positions=write_positions(own))
    for first in sorted({latest[each].concluded_by_person_id for each in chosen} - {work.actor.person_id}):
        check_second_hand(work, first)
    for each in chosen:
        found = latest[each]
        found.agreed, found.decided_at, found.decided_words = agrees, work.at, said
        found.decided_by_person_id = work.actor.person_id
    work.session.flush()
    event = "confirm" if agrees else "send_back"
    audit.record_one(work, THING, join_id, event, positions=chosen, words=said)
    return len(chosen)


def _turn_of(found: AuditJoinConclusion | None) -> int:
    return 0 if found is None else found.turn


def _check_seen(seen: Mapping[int, int], latest: Mapping[int, AuditJoinConclusion]) -> None:
    """Refuse hits of which something was said since they were read. Raises join_hits_stale."""
    stale = [each for each, turn in seen.items() if turn != _turn_of(latest.get(each))]
    if stale:
        raise HITS_STALE.refused(positions=write_positions(stale))


def _check_list_stands(session: Session, asked: AuditJoin, chosen: Collection[int]) -> None:
    """Refuse hits that rest on a withdrawn list alone, also those the clock has not come to yet.

    Until the act is over nobody withdraws the list. Raises join_hit_withdrawn.
    """
    listed = select(AuditList.withdrawn_at).where(AuditList.id == asked.list_id).with_for_update(read=True)
    if asked.list_id is None or session.scalar(listed) is None:
        return
    hits = session.execute(
        select(AuditJoinHit.position, AuditJoinHit.rows)
        .where(AuditJoinHit.join_id == asked.id, among(session, AuditJoinHit.position, chosen))
        .order_by(AuditJoinHit.position)
    )
    gone = [position for position, rows in hits if rests_on_list(JoinKind(asked.kind), rows)]
    if gone:
        raise HIT_WITHDRAWN.refused(positions=write_positions(gone))


def _load_standing(work: Work, join_id: int) -> AuditJoin:
    found = load_join(work, join_id)
    if found.forgotten_at is not None:
        raise JOIN_FORGOTTEN.refused(number=found.number)
    return found


def _check_chosen(session: Session, join_id: int, positions: Collection[int]) -> list[int]:
    """Return the chosen hits in order. Raises join_hits_unchosen for none, too many, or others."""
    chosen = sorted(set(positions))
    known = session.scalar(
        select(func.count())
        .select_from(AuditJoinHit)
        .where(AuditJoinHit.join_id == join_id, among(session, AuditJoinHit.position, chosen))
    )
    if not chosen or len(chosen) > AT_ONCE or known != len(chosen):
        raise HITS_UNCHOSEN.refused(most=AT_ONCE)
    return chosen


def read_conclusions(
    session: Session, join_id: int, positions: Collection[int], *, lock: bool = False
) -> dict[int, AuditJoinConclusion]:
    """Return the latest conclusion of each of these hits that has one."""
    query = (
        select(AuditJoinConclusion)
        .where(
            AuditJoinConclusion.join_id == join_id,
            among(session, AuditJoinConclusion.position, sorted(positions)),
        )
        .order_by(AuditJoinConclusion.position, AuditJoinConclusion.turn)
    )
    rows = session.scalars(query.with_for_update() if lock else query)
    return {each.position: each for each in rows}


def read_agreed(session: Session, join_id: int, positions: Collection[int]) -> dict[int, AuditJoinConclusion]:
    """Return the conclusion in force of each of these hits that has one."""
    rows = session.scalars(
        select(AuditJoinConclusion)
        .where(
            AuditJoinConclusion.join_id == join_id,
            among(session, AuditJoinConclusion.position, sorted(positions)),
            AGREED,
        )
        .order_by(AuditJoinConclusion.position, AuditJoinConclusion.turn)
    )
    return {each.position: each for each in rows}


def read_states(session: Session, join_id: int, positions: Collection[int]) -> dict[int, HitState]:
    """Return how each of these hits with a conclusion stands."""
    rows = session.execute(
        select(AuditJoinConclusion.position, AuditJoinConclusion.outcome, AuditJoinConclusion.agreed)
        .where(
            AuditJoinConclusion.join_id == join_id,
            among(session, AuditJoinConclusion.position, sorted(positions)),
            NOT_SENT_BACK,
        )
        .order_by(AuditJoinConclusion.position, AuditJoinConclusion.turn)
    )
    return {position: state_of_hit(outcome, is_agreed=agreed) for position, outcome, agreed in rows}


def tally(session: Session, joins: Sequence[AuditJoin]) -> dict[int, Mapping[HitState, int]]:
    """Return, per join, how many of its hits stand how."""
    ids = [each.id for each in joins]
    kept = dict(
        session.execute(
            select(AuditJoinHit.join_id, func.count())
            .where(AuditJoinHit.join_id.in_(ids))
            .group_by(AuditJoinHit.join_id)
        ).all()
    )
    found: dict[int, dict[HitState, int]] = {each: dict.fromkeys(HitState, 0) for each in ids}
    newest = (
        select(
            AuditJoinConclusion.join_id,
            AuditJoinConclusion.position,
            func.max(AuditJoinConclusion.turn).label("turn"),
        )
        .where(AuditJoinConclusion.join_id.in_(ids), NOT_SENT_BACK)
        .group_by(AuditJoinConclusion.join_id, AuditJoinConclusion.position)
        .subquery()
    )
    rows = session.execute(
        select(
            AuditJoinConclusion.join_id,
            AuditJoinConclusion.outcome,
            AuditJoinConclusion.agreed,
            func.count(),
        )
        .join(
            newest,
            (newest.c.join_id == AuditJoinConclusion.join_id)
            & (newest.c.position == AuditJoinConclusion.position)
            & (newest.c.turn == AuditJoinConclusion.turn),
        )
        .group_by(AuditJoinConclusion.join_id, AuditJoinConclusion.outcome, AuditJoinConclusion.agreed)
    )
    for join_id, outcome, agreed, count in rows:
        found[join_id][state_of_hit(outcome, is_agreed=agreed)] += int(count)
    for each in ids:
        found[each][HitState.OPEN] = int(kept.get(each, 0)) - sum(
            count for state, count in found[each].items() if state is not HitState.OPEN
        )
    return dict(found)
