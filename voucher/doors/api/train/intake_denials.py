"""不是我: the intakes that name one, the cases opened on them, and what the office does with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.registry.systems import Nothing
from voucher.doors.schemas.train.intake_denials import (
    IntakeDenialFilter,
    IntakeDenialPage,
    IntakeDenialState,
    NewIntakeAnswer,
    NewIntakeDenial,
    NewStrike,
    OwnEntryPage,
)
from voucher.doors.schemas.train.intakes import IntakeLeft
from voucher.plumbing.unit_of_work import Work
from voucher.rules.intakes import StrikeWhy
from voucher.stages.train import disowning
from voucher.stages.train.models.intake_denials import IntakeDenial
from voucher.stages.train.queries.intake_denials import list_own_entries, page_denials
from voucher.stages.train.queries.intakes import count_named
from voucher.stages.train.striking import strike_off

intake_denials = Room("intake_denials", __name__, url_prefix="/api/v1", description="开班名册上有我、不是我")

STANDING = {None: None, "open": True, "closed": False}


@intake_denials.look("/intake-entries", query=Paging, answer=OwnEntryPage)
def list_own_intakes(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """把本人列入开班名册的班：哪家机构、何时开班、反映到哪一步。"""
    person_id, keyring = current_actor().person_id, the_door().keyring
    return paged(
        asked,
        lambda before, limit: list_own_entries(session, keyring, person_id, before_id=before, limit=limit),
        lambda row: row.entry.id,
    )


@intake_denials.look("/intake-denials", query=IntakeDenialFilter, answer=IntakeDenialPage)
def list_intake_denials(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的名册反映，新的在前。"""
    regions, keyring = within(session, asked["region"]), the_door().keyring
    page = paged(
        asked,
        lambda before, limit: page_denials(
            session, keyring, regions, standing=STANDING[asked["state"]], before_id=before, limit=limit
        ),
        lambda row: row.denial.id,
    )
    return page | {"items": [each.denial for each in page["items"]]}


@intake_denials.act(
    "/intake-denials", body=NewIntakeDenial, answer=IntakeDenialState, example={"entry_id": 1}
)
def disown_entry(work: Work, given: dict[str, Any]) -> IntakeDenial:
    """不是我：本人没有报这个班；名册上这一行停住并立案，不能报名，机构也不能改。"""
    return disowning.disown(work, given["entry_id"])


@intake_denials.act("/intake-denials/<int:denial_id>/withdrawals", body=Nothing, answer=IntakeDenialState)
def take_back_intake_denial(work: Work, _given: dict[str, Any], denial_id: int) -> IntakeDenial:
    """是本人弄错了：名册上这一行当即恢复。"""
    return disowning.take_back(work, denial_id)


@intake_denials.act(
    "/intake-denials/<int:denial_id>/answers",
    body=NewIntakeAnswer,
    answer=IntakeDenialState,
    example={"upheld": True, "answer": "机构说明误列，本人确未报名"},
)
def answer_intake_denial(work: Work, given: dict[str, Any], denial_id: int) -> IntakeDenial:
    """写明核实结论：属实的从名册去掉，机构不能再列入；不属实的恢复。"""
    return disowning.answer(work, denial_id, upheld=given["upheld"], words=given["answer"])


@intake_denials.act(
    "/classes/<int:class_id>/intake-strikes",
    body=NewStrike,
    answer=IntakeLeft,
    example={"entry_id": 1, "why": "unable"},
)
def strike_person(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """人社部门选一项理由，把一个人从开班名册去掉；机构不能再列入。"""
    strike_off(work, class_id, given["entry_id"], StrikeWhy(given["why"]))
    return {"people": count_named(work.session, class_id)}
