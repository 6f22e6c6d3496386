"""Measures: what was proposed against institutions, confirmed by another person or dropped."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.oversee.measures import (
    MeasureDetail,
    MeasureDone,
    MeasureFilter,
    Measures,
    MeasureState,
    NewDrop,
    NewMeasureConfirmation,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.measure_effects import TOUCHED_NAMES, Effect, say_then
from voucher.stages.oversee.measures import queries
from voucher.stages.oversee.measures.confirming import confirm, drop
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.oversee.measures.models import Measure

measures = Room("measures", __name__, url_prefix="/api/v1", description="处置")


@measures.look("/measures", query=MeasureFilter, answer=Measures)
def list_measures(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区对机构的处置，新提出的在前。"""
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: queries.list_measures(
            session,
            regions=regions,
            states=[asked["state"]] if asked["state"] else None,
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    return page | {"items": [told_measure(each) for each in page["items"]]}


@measures.look("/measures/<int:measure_id>", answer=MeasureDetail)
def show_measure(session: Session, _asked: dict[str, Any], measure_id: int) -> dict[str, Any]:
    """一项处置和它牵连的事项：未确认的按现在，已确认的按提出时。"""
    found = queries.get_measure(session, measure_id, current_actor().regions)
    shown = Effect.of_json(found.shown)
    if found.state == "proposed":
        shown = read_effect(session, session.get_one(Institution, found.institution_id), shown.step)
    return told_measure(found) | {"effect": tell_effect(shown)}


@measures.act(
    "/measures/<int:measure_id>/confirmations",
    body=NewMeasureConfirmation,
    answer=MeasureDone,
    example={"seen": "4f2b…（effect.digest）"},
)
def confirm_measure(work: Work, given: dict[str, Any], measure_id: int) -> dict[str, Any]:
    """由提出人以外的人确认：机构的状态随即变动，停业及以上的，其在办的券转为待处置。"""
    done = confirm(work, measure_id, seen=given["seen"])
    return told_measure(work.session.get_one(Measure, measure_id)) | {
        "institution_state": done.state,
        "institution_state_name": STATE_NAMES[Thing.INSTITUTION][done.state],
        "vouchers_held": done.vouchers_held,
        "vouchers_released": done.vouchers_released,
    }


@measures.act(
    "/measures/<int:measure_id>/dismissals",
    body=NewDrop,
    answer=MeasureState,
    example={"why": "机构陈述属实，不再处置"},
)
def drop_measure(work: Work, given: dict[str, Any], measure_id: int) -> dict[str, Any]:
    """作废提出的处置：机构的状态不变。"""
    return told_measure(drop(work, measure_id, given["why"]))


def told_measure(found: Measure) -> dict[str, Any]:
    """Return a measure as lists show it."""
    return told(found, MeasureState) | {"state_name": STATE_NAMES[Thing.MEASURE][found.state]}


def tell_effect(effect: Effect) -> dict[str, Any]:
    """Return what a step touches, with what becomes of each."""
    return {
        "digest": effect.digest,
        "lines": [
            {
                "touched": str(each.touched),
                "name": TOUCHED_NAMES[each.touched],
                "count": each.count,
                "people": each.people,
                "amount_fen": each.amount_fen,
                "then": say_then(effect.step, each.touched, effect.from_state),
            }
            for each in effect.lines
        ],
    }
