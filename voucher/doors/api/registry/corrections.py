"""Corrections of who somebody is (身份更正): a name or an identity number, by two people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.registry.corrections import (
    CorrectionFilter,
    Names,
    NameState,
    NewName,
    NewNameDecision,
    NewNumber,
    NewNumberDecision,
    Numbers,
    NumberState,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry import corrected, renaming, renumbering
from voucher.registry.corrected import Correction
from voucher.rules.corrections import FormerUse
from voucher.stages.certify.renumber import approve_number

corrections = Room("corrections", __name__, url_prefix="/api/v1", description="身份更正：姓名、证件号码")


@corrections.look("/name-corrections", query=CorrectionFilter, answer=Names)
def list_names(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区人员的姓名更正，新提出的在前；姓名和号码已掩码。"""
    return _list(session, asked, corrected.list_names)


@corrections.act(
    "/name-corrections",
    body=NewName,
    answer=NameState,
    example={"number": "41088119900307001X", "new_name": "张三", "evidence": "户口簿变更页"},
)
def propose_name(work: Work, given: dict[str, Any]) -> Correction:
    """提出姓名更正；证件号码不变，旧证书仍认旧名。"""
    proposed = renaming.propose_name(work, given["number"], given["new_name"], given["evidence"])
    return corrected.show_name(work.session, work.keyring, proposed)


@corrections.act(
    "/name-corrections/<int:former_name_id>/confirmations",
    body=NewNameDecision,
    answer=NameState,
    example={"decision": "confirm"},
)
def decide_name(work: Work, given: dict[str, Any], former_name_id: int) -> Correction:
    """另一人确认姓名更正，或写明理由退回。"""
    if given["decision"] == "confirm":
        decided = renaming.approve_name(work, former_name_id)
    else:
        decided = renaming.decline_name(work, former_name_id, given["why"])
    return corrected.show_name(work.session, work.keyring, decided)


@corrections.look("/number-corrections", query=CorrectionFilter, answer=Numbers)
def list_numbers(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区人员的证件号码更正，新提出的在前；号码已掩码。"""
    return _list(session, asked, corrected.list_numbers)


@corrections.act(
    "/number-corrections",
    body=NewNumber,
    answer=NumberState,
    example={
        "number": "41088119900307001X",
        "new_number": "410881199003070108",
        "former_use": "wrong",
        "evidence": "济公证〔2024〕第 12 号",
    },
)
def propose_number(work: Work, given: dict[str, Any]) -> Correction:
    """提出证件号码更正；人还是同一个人，券、证书、享受资格不变。"""
    proposed = renumbering.propose_number(
        work,
        given["number"],
        given["new_number"],
        FormerUse(given["former_use"]),
        given["evidence"],
    )
    return corrected.show_number(work.session, work.keyring, proposed)


@corrections.act(
    "/number-corrections/<int:correction_id>/confirmations",
    body=NewNumberDecision,
    answer=NumberState,
    example={"decision": "confirm", "number": "410881199003070108"},
)
def decide_number(work: Work, given: dict[str, Any], correction_id: int) -> Correction:
    """另一人按依据输入新号码确认，或写明理由退回。"""
    if given["decision"] == "confirm":
        decided = approve_number(work, correction_id, given["number"])
    else:
        decided = renumbering.decline_number(work, correction_id, given["why"])
    return corrected.show_number(work.session, work.keyring, decided)


def _list(session: Session, asked: dict[str, Any], read: Callable[..., list[Correction]]) -> dict[str, Any]:
    waiting = None if asked["state"] is None else asked["state"] == "waiting"
    page = partial(read, session, the_door().keyring, within(session, asked["region"]))
    return paged(
        asked,
        lambda before, limit: page(waiting=waiting, before_id=before, limit=limit),
        lambda each: each.id,
    )
