"""Audit joins (审计比对) for auditors' own tools: the questions answered, and their hits, people masked."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.oversee.joins import AuditHitFilter, AuditHits, AuditJoins
from voucher.doors.schemas.paging import Paging, paged
from voucher.rules.join_conclusions import HitState
from voucher.stages.oversee.joins.concluding import read_conclusions, read_states, tally
from voucher.stages.oversee.joins.models import AuditJoin, AuditJoinHit
from voucher.stages.oversee.joins.reaching import WHO
from voucher.stages.oversee.joins.reading import list_joins, look_at_hits
from voucher.stages.oversee.joins.telling import tell_hits

joins = Room("joins", __name__, url_prefix="/api/v1", description="审计比对")
TOLD = (
    *("id", "number", "region_code", "kind", "list_id", "since", "until", "why", "hits", "people"),
    *("amount_fen", "is_cut", "sha256", "ran_at", "forgotten_at"),
)


@joins.look("/audit-joins", query=Paging, answer=AuditJoins)
def list_audit_joins(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """做过的审计比对，新的在前，各有多少条办到哪一步。"""
    regions = current_actor().regions_as(*WHO)
    page = paged(
        asked,
        lambda before, limit: list_joins(session, regions, before_id=before, limit=limit),
        lambda row: row.id,
    )
    standing = tally(session, page["items"])
    return page | {"items": [_told(each) | {"standing": standing[each.id]} for each in page["items"]]}


@joins.look("/audit-joins/<int:join_id>/hits", query=AuditHitFilter, answer=AuditHits)
def list_audit_hits(session: Session, asked: dict[str, Any], join_id: int) -> dict[str, Any]:
    """一次比对查出的各条，人员脱敏，附结论；查看留痕，同一人一小时记一次。"""
    state = HitState(asked["state"]) if asked["state"] else None

    def read(after: int | None, limit: int) -> list[AuditJoinHit]:
        look = partial(look_at_hits, join_id=join_id, way="api", state=state, after=after or 0, limit=limit)
        return perform(look)[1]

    page = paged(asked, read, lambda row: row.position)
    told = tell_hits(session, the_door().keyring, page["items"])
    states = read_states(session, join_id, [each.position for each in told])
    said = read_conclusions(session, join_id, [each.position for each in told])
    return page | {
        "items": [
            asdict(each)
            | {
                "state": states.get(each.position, HitState.OPEN),
                "conclusion": said.get(each.position),
            }
            for each in told
        ]
    }


def _told(each: AuditJoin) -> dict[str, Any]:
    return {name: getattr(each, name) for name in TOLD}
