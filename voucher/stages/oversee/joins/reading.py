"""Lists and answered questions of one's regions; an answer is read only where it is what was frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Integer, ScalarSelect, case, func, select, type_coerce
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.audit import AuditRow
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.join_conclusions import HitState
from voucher.rules.joins import SOURCE
from voucher.rules.list_withdrawals import WITHDRAWN
from voucher.stages.oversee.joins.models import AuditJoin, AuditJoinConclusion, AuditJoinHit, AuditList
from voucher.stages.oversee.joins.reaching import reach

LIST_MISSING = reason(
    "audit_list_missing", "没有找到这份名单", "请从名单列表重新选择", SOURCE, Family.MISSING
)
LIST_FORGOTTEN = reason(
    "audit_list_forgotten",
    "名单 {number} 保留期满，各行已经删除",
    "仍然需要的，请重新导入；以前的比对结果还在",
    SOURCE,
    Family.CONFLICT,
)
JOIN_MISSING = reason("audit_join_missing", "没有找到这次比对", "请从比对列表打开", SOURCE, Family.MISSING)
JOIN_FORGOTTEN = reason(
    "audit_join_forgotten",
    "比对 {number} 保留期满，各条结果已经删除",
    "条数、金额、摘要和下过的结论在留痕里；仍然需要的，请重新比对",
    SOURCE,
    Family.CONFLICT,
)
JOIN_EDITED = reason(
    "audit_join_edited",
    "这次比对的结果与冻结时的摘要不符，可能被改动过",
    "请停止使用，并运行 voucher audit verify；留痕中有冻结时的摘要，必要时按同样的条件重新比对",
    SOURCE,
    Family.CONFLICT,
)
THING, LOOK = "audit_join", "look"
AGREED = type_coerce(AuditJoinConclusion.agreed, Integer) == 1
# a conclusion sent back counts as none: what was in force before it still is
NOT_SENT_BACK = AuditJoinConclusion.agreed.is_(None) | AGREED
COLUMNS = ("person_id", "voucher_id", "claim_id", "institution_id", "amount_fen", "sentence", "rows")


def hash_hits(said: Sequence[Mapping[str, object]]) -> str:
    """Return the SHA-256 over everything a question found, in its order."""
    return hashlib.sha256(canonical_json(list(said)).encode()).hexdigest()


def get_list(session: Session, list_id: int, regions: Collection[str]) -> AuditList:
    """Return a list of these regions, however it stands. Raises Refused audit_list_missing."""
    found = session.get(AuditList, list_id)
    if found is None or found.region_code not in regions:
        raise LIST_MISSING.refused()
    return found


def load_list(session: Session, list_id: int, regions: Collection[str], today: date) -> AuditList:
    """Return a list of these regions that still has its lines and counts.

    Raises Refused audit_list_missing (also for a foreign one), audit_list_forgotten, audit_list_withdrawn.
    """
    found = get_list(session, list_id, regions)
    if found.withdrawn_at is not None:
        raise WITHDRAWN.refused(number=found.number)
    # its lines go a portion at a time: from the first on it is no list any more
    if found.forgotten_at is not None or found.keep_until < today:
        raise LIST_FORGOTTEN.refused(number=found.number)
    return found


def check_standing(session: Session, listed: AuditList) -> None:
    """Refuse a list withdrawn since it was read; until the act is over nobody withdraws it.

    Raises Refused audit_list_withdrawn.
    """
    withdrawn = select(AuditList.withdrawn_at).where(AuditList.id == listed.id)
    if session.scalar(withdrawn.with_for_update(read=True)) is not None:
        raise WITHDRAWN.refused(number=listed.number)


def find_list(session: Session, asked: AuditJoin) -> AuditList | None:
    """Return the list a question was put to, if there was one."""
    return None if asked.list_id is None else session.get_one(AuditList, asked.list_id)


def list_lists(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int
) -> Sequence[AuditList]:
    """Return the lists of these regions, the newest first."""
    query = select(AuditList).where(AuditList.region_code.in_(sorted(regions)))
    if before_id is not None:
        query = query.where(AuditList.id < before_id)
    return session.scalars(query.order_by(AuditList.id.desc()).limit(limit)).all()


def list_joins(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int
) -> Sequence[AuditJoin]:
    """Return the questions answered for these regions, the newest first."""
    query = select(AuditJoin).where(AuditJoin.region_code.in_(sorted(regions)))
    if before_id is not None:
        query = query.where(AuditJoin.id < before_id)
    return session.scalars(query.order_by(AuditJoin.id.desc()).limit(limit)).all()


def load_join(work: Work, join_id: int) -> AuditJoin:
    """Return an answered question of one's regions.

    Raises Refused role_missing, audit_join_missing (also for a foreign one).
    """
    _, regions = reach(work)
    found = work.session.get(AuditJoin, join_id)
    if found is None or found.region_code not in regions:
        raise JOIN_MISSING.refused()
    return found


def look_at_join(work: Work, join_id: int, *, way: str = "xlsx") -> tuple[AuditJoin, list[AuditJoinHit]]:
    """Return an answer with all its hits as they were frozen, and write the look down; none once forgotten.

    Raises Refused role_missing, audit_join_missing (also for a foreign one), audit_join_edited.
    """
    found = load_join(work, join_id)
    audit.record_one(work, THING, join_id, LOOK, way=way)
    return found, [] if found.forgotten_at is not None else _read_frozen(work.session, found)


def look_at_hits(
    work: Work, join_id: int, *, way: str, state: HitState | None, after: int, limit: int
) -> tuple[AuditJoin, list[AuditJoinHit]]:
    """Return an answer with a page of its hits that stand in a way, after a position; none once forgotten.

    A look counts once per person, way and hour of the clock. The first page is refused where the answer is
    not what was frozen.
    Raises Refused role_missing, audit_join_missing (also for a foreign one), audit_join_edited.
    """
    found = load_join(work, join_id)
    _write_look_down(work, join_id, way)
    if found.forgotten_at is not None:
        return found, []
    if not after:
        _read_frozen(work.session, found)
    query = select(AuditJoinHit).where(AuditJoinHit.join_id == join_id, AuditJoinHit.position > after)
    if state is not None:
        query = query.where(func.coalesce(_select_state(), str(HitState.OPEN)) == str(state))
    return found, list(work.session.scalars(query.order_by(AuditJoinHit.position).limit(limit)))


def _write_look_down(work: Work, join_id: int, way: str) -> None:
    since = work.at.replace(minute=0, second=0, microsecond=0)
    looks = work.session.scalars(
        select(AuditRow.content).where(
            AuditRow.thing == THING,
            AuditRow.object_id == join_id,
            AuditRow.act == LOOK,
            AuditRow.actor_person_id == work.actor.person_id,
            AuditRow.at >= since,
        )
    )
    if not any(each["way"] == way for each in looks):
        audit.record_one(work, THING, join_id, LOOK, way=way)


def _read_frozen(session: Session, found: AuditJoin) -> list[AuditJoinHit]:
    """Return all hits of an answer. Raises Refused audit_join_edited where they are not what was frozen."""
    hits = list(
        session.scalars(
            select(AuditJoinHit).where(AuditJoinHit.join_id == found.id).order_by(AuditJoinHit.position)
        )
    )
    if hash_hits([{name: getattr(each, name) for name in COLUMNS} for each in hits]) != found.sha256:
        raise JOIN_EDITED.refused()
    return hits


def _select_state() -> ScalarSelect[str]:
    """Return the query for how a hit stands, as `state_of_hit` has it; nothing for an open one."""
    said = AuditJoinConclusion
    return (
        select(case((said.agreed.is_(None), str(HitState.WAITING)), else_=said.outcome))
        .where(said.join_id == AuditJoinHit.join_id, said.position == AuditJoinHit.position, NOT_SENT_BACK)
        .order_by(said.turn.desc())
        .limit(1)
        .correlate(AuditJoinHit)
        .scalar_subquery()
    )
