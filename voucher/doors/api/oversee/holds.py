"""Holds (待处置): a voucher or a claim is stopped, the open ones are listed, one ends with a conclusion."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.schemas.oversee.holds import HoldClosing, HoldFilter, Holds, HoldState, NewHold
from voucher.doors.schemas.paging import paged
from voucher.ledger import holds as ledger
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.errors import Family, Reason, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.risk.stopping import check_may_let_go
from voucher.stages.settle import queries
from voucher.stages.settle.denying import check_no_denial
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.reading import CLAIM_MISSING, get_claim

holds = Room("holds", __name__, url_prefix="/api/v1", description="待处置")
HOLDERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
HELD = (Thing.VOUCHER, Thing.CLAIM)

HOLD_MISSING = reason(
    "hold_missing",
    "没有找到这个待处置事项",
    "请核对编号，或从申领页面重新进入",
    "LIFECYCLE 待处置",
    Family.MISSING,
)


@holds.look("/holds", query=HoldFilter, answer=Holds)
def list_holds(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区未结束的待处置事项，新的在前。"""
    regions = within(session, asked["region"])
    thing = Thing(asked["thing"]) if asked["thing"] else None
    return paged(
        asked,
        lambda before, limit: queries.list_open_holds(
            session, regions, thing=thing, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@holds.act(
    "/holds", body=NewHold, answer=HoldState, example={"voucher_id": 42, "why": "本人反映券被他人领用"}
)
def open_hold(work: Work, given: dict[str, Any]) -> Hold:
    """待处置：停住一张券或一条申领，处置结论作出前不能使用、审核和拨付。"""
    if given["voucher_id"] is not None:
        thing, object_id, refused = Thing.VOUCHER, given["voucher_id"], VOUCHER_MISSING
    else:
        thing, object_id, refused = Thing.CLAIM, given["claim_id"], CLAIM_MISSING
    _check_reach(work, thing, object_id, refused)
    return ledger.open_hold(work, thing, object_id, given["why"])


@holds.act(
    "/holds/<int:hold_id>/closings", body=HoldClosing, answer=HoldState, example={"conclusion": "查无实据"}
)
def close_hold(work: Work, given: dict[str, Any], hold_id: int) -> Hold:
    """结束待处置，写明结论。"""
    hold = work.session.get(Hold, hold_id)
    if hold is None or hold.thing not in HELD:
        raise HOLD_MISSING.refused()
    _check_reach(work, Thing(hold.thing), hold.object_id, HOLD_MISSING)
    hold = work.session.scalars(
        select(Hold).where(Hold.id == hold_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    check_may_let_go(work, hold)
    check_no_denial(work.session, hold)
    ledger.close_hold(work, hold, given["conclusion"])
    return hold


def _check_reach(work: Work, thing: Thing, object_id: int, missing: Reason) -> None:
    """Lock an object the actor may stop, or refuse; a foreign one is answered as a missing one."""
    model = Voucher if thing is Thing.VOUCHER else Claim
    region = work.session.scalar(select(model.region_code).where(model.id == object_id))
    if region is None or region not in work.actor.regions:
        raise missing.refused()
    check_reach(work.actor, region, *HOLDERS)
    if thing is Thing.VOUCHER:
        get_voucher(work, object_id)
    else:
        get_claim(work, object_id)
