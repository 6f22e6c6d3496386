"""Institutions: the directory of the caller's reach, and the ladder of sanctions."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.oversee.measures import tell_effect, told_measure
from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.oversee.measures import MeasureState, SanctionPreview
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.registry.institutions import (
    InstitutionDetail,
    InstitutionFilter,
    Institutions,
    InstitutionState,
    NewSanction,
    PreviewFilter,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.measures import Ending, Step
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.oversee.measures.proposing import Proposal, propose
from voucher.stages.oversee.measures.queries import find_proposed
from voucher.stages.settle.queries import object_timeline

institutions = Room("institutions", __name__, url_prefix="/api/v1", description="机构")


@institutions.look("/institutions", query=InstitutionFilter, answer=Institutions)
def list_institutions(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的机构，新登记的在前；机构人员只见本机构。"""
    served = institutions_served()
    only = served if served and not current_actor().regions else None
    regions = None if only and asked["region"] is None else within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: sanctions.list_institutions(
            session,
            regions,
            state=asked["state"],
            kind=asked["kind"],
            only=only,
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    return page | {"items": [_state(each) for each in page["items"]]}


@institutions.look("/institutions/<int:institution_id>", answer=InstitutionDetail)
def show_institution(session: Session, _asked: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """一家机构：目录年度、处置经过、是否待恢复。"""
    found = session.get(Institution, institution_id)
    if found is None or institution_id not in institutions_served():
        found = sanctions.get_institution_within(session, institution_id, current_actor().regions)
    waiting = find_proposed(session, institution_id)
    return _state(found) | {
        "listed_years": sanctions.list_years(session, institution_id),
        "restoration_asked": waiting is not None and waiting.step == sanctions.RESTORE,
        "measure_waiting": waiting.id if waiting is not None else None,
        "timeline": object_timeline(session, Thing.INSTITUTION, institution_id),
    }


@institutions.look(
    "/institutions/<int:institution_id>/sanction-previews", query=PreviewFilter, answer=SanctionPreview
)
def preview_sanction(session: Session, asked: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """一步处置现在会牵连什么；提出和确认时须带上这里的摘要。"""
    found = sanctions.get_institution_within(session, institution_id, current_actor().regions)
    return tell_effect(read_effect(session, found, Step(asked["act"])))


@institutions.act(
    "/institutions/<int:institution_id>/sanctions",
    body=NewSanction,
    answer=MeasureState,
    example={
        "act": "rectify",
        "why": "抽查发现两个班未按计划开课",
        "seen": "4f2b…（sanction-previews 的 digest）",
        "deadline_on": "2024-04-06",
        "grounds": ["inspection-12"],
        "skip_why": "两个班同时停课，约谈不足以纠正",
    },
)
def sanction_institution(work: Work, given: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """提出处置或恢复：确认前一切不变，由另一人在 /measures/{id}/confirmations 确认。"""
    step = Step(given["act"])
    wish = Proposal(
        step=step,
        facts=given["why"],
        legal_basis=given["legal_basis"],
        grounds=given["grounds"],
        skip_why=given["skip_why"],
        demand=given["demand"],
        deadline_on=given["deadline_on"],
        until_on=given["until_on"],
        recipient=given["recipient"],
        ending=Ending(given["ending"]) if given["ending"] else None,
    )
    return told_measure(propose(work, institution_id, wish, seen=given["seen"]))


def _state(institution: Institution) -> dict[str, Any]:
    return told(institution, InstitutionState) | {
        "state_name": STATE_NAMES[Thing.INSTITUTION][institution.state]
    }
