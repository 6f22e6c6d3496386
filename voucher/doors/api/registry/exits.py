"""Exits: an institution leaves the list by two of its people, or takes the wish back."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.registry.exits import (
    ExitEffect,
    ExitState,
    Leaving,
    NewExit,
    NewExitConfirmation,
    NewExitWithdrawal,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.exits import ask_exit, confirm_exit, withdraw_exit
from voucher.stages.train.models.exits import InstitutionExit
from voucher.stages.train.queries.exits import find_last, read_leaving

exits = Room("exits", __name__, url_prefix="/api/v1", description="退出目录")


@exits.look("/institutions/<int:institution_id>/exits", query=Paging, answer=Leaving)
def show(session: Session, asked: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """退出目录现在会停住什么，和最近一次退出申请；只有本机构看得到。班级按 cursor 翻页。"""
    if institution_id not in institutions_served(INSTITUTION_DESK):
        raise INSTITUTION_ABSENT.refused()
    last = find_last(session, institution_id)
    effect = read_leaving(session, institution_id)
    left = list(enumerate(effect.classes, start=1))
    page = paged(
        asked,
        lambda after, limit: left[after or 0 :][:limit],
        lambda numbered: numbered[0],
    )
    return {
        "effect": told(effect, ExitEffect)
        | {
            "class_count": len(left),
            "classes": [
                {"class_id": each.id, "name": each.name, "state": each.state, "vouchers": each.vouchers}
                for _, each in page["items"]
            ],
            "next_cursor": page["next_cursor"],
        },
        "last": _tell(session, last) if last is not None else None,
    }


@exits.act(
    "/institutions/<int:institution_id>/exits",
    body=NewExit,
    answer=ExitState,
    example={"why": "校舍拆迁，停止办学"},
)
def ask(work: Work, given: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """提出自愿退出目录：确认前一切照常，由本机构另一人在 /institution-exits/{id}/confirmations 确认。"""
    return _tell(work.session, ask_exit(work, institution_id, given["why"]))


@exits.act(
    "/institution-exits/<int:exit_id>/confirmations",
    body=NewExitConfirmation,
    answer=ExitState,
    example={"seen": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
)
def confirm(work: Work, given: dict[str, Any], exit_id: int) -> dict[str, Any]:
    """由提出人以外的人确认：在办的券转为待处置，由人社部门转班或由本人另选；再进目录须重新备案。"""
    return _tell(work.session, confirm_exit(work, exit_id, given["seen"]))


@exits.act(
    "/institution-exits/<int:exit_id>/withdrawals",
    body=NewExitWithdrawal,
    answer=ExitState,
    example={"why": "校舍已续租"},
)
def withdraw(work: Work, given: dict[str, Any], exit_id: int) -> dict[str, Any]:
    """确认前撤回，或由另一人不同意：机构仍在目录内。"""
    return _tell(work.session, withdraw_exit(work, exit_id, given["why"]))


def _tell(session: Session, found: InstitutionExit) -> dict[str, Any]:
    state = session.get_one(Institution, found.institution_id).state
    return told(found, ExitState) | {
        "institution_state": state,
        "institution_state_name": STATE_NAMES[Thing.INSTITUTION][state],
    }
