"""Random phone checks (电话抽查): draws that anybody can repeat, and the calls to who was drawn."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.train.phone_checks import (
    CallState,
    DrawDetail,
    DrawFilter,
    Draws,
    DrawState,
    NewCall,
    NewCallResult,
    NewDraw,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.draws import CallResult
from voucher.stages.train import phone_calls, phone_draws
from voucher.stages.train.models.phone_checks import PhoneCall
from voucher.stages.train.queries import phone_checks as reading
from voucher.stages.train.queries.phone_checks import DrawView

phone_checks = Room("phone_checks", __name__, url_prefix="/api/v1", description="电话抽查")


@phone_checks.look("/phone-draws", query=DrawFilter, answer=Draws)
def list_draws(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区各班的电话抽查，新的在前。"""
    regions, waiting = within(session, asked["region"]), asked["state"] == "waiting"
    page = paged(
        asked,
        lambda before, limit: reading.list_draws(
            session, regions, waiting_only=waiting, before_id=before, limit=limit
        ),
        lambda row: row.draw.id,
    )
    return page | {"items": [_state(each) for each in page["items"]]}


@phone_checks.look("/phone-draws/<int:draw_id>", answer=DrawDetail)
def show_draw(session: Session, _asked: dict[str, Any], draw_id: int) -> dict[str, Any]:
    """一个班的电话抽查：种子、名册、复算结果，抽中的人和每次拨打。"""
    return _detail(session, reading.get_draw(session, current_actor(), draw_id))


@phone_checks.act("/phone-draws", body=NewDraw, answer=DrawState, example={"class_id": 3})
def draw_class(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """结业签字时没有抽取的班，补抽名单；正常的班在结业签字时自动抽取。"""
    drawn = phone_draws.draw_late(work, given["class_id"])
    return _state(reading.get_draw(work.session, work.actor, drawn.id))


@phone_checks.act("/phone-calls", body=NewCall, answer=CallState, example={"entry_id": 5})
def begin_call(work: Work, given: dict[str, Any]) -> PhoneCall:
    """开始一次拨打：此后限时在名单上看得到手机号，查看留痕。"""
    return phone_calls.begin_call(work, given["entry_id"])


@phone_checks.act(
    "/phone-calls/<int:call_id>/results",
    body=NewCallResult,
    answer=CallState,
    example={"result": "confirmed", "said": "本人说每天都去上课"},
)
def tell_result(work: Work, given: dict[str, Any], call_id: int) -> PhoneCall:
    """登记一次拨打的结果；有疑问的，这张券转待处置。"""
    return phone_calls.tell_result(work, call_id, CallResult(given["result"]), given["said"])


def _state(view: DrawView) -> dict[str, Any]:
    return told(view.draw, DrawState) | {
        "class_number": view.found.number,
        "class_name": view.found.name,
        "drawn": view.drawn,
        "waiting": view.waiting,
        "due_on": view.due_on,
        "doubted": view.doubted,
    }


def _detail(session: Session, view: DrawView) -> dict[str, Any]:
    repeated = reading.repeat_draw(session, view)
    people = reading.list_checked(session, the_door().keyring, view, current_actor(), the_door().at)
    return _state(view) | {
        "commitment": view.draw.commitment,
        "committed_at": view.draw.committed_at,
        "seed": view.draw.seed,
        "roster": reading.list_drawn_from(session, view),
        "roster_digest": view.draw.roster_digest,
        "holds": repeated.holds,
        "gone": list(repeated.change.gone),
        "added": list(repeated.change.added),
        "people": [
            {
                "entry_id": each.entry.id,
                "voucher_id": each.entry.voucher_id,
                "voucher_number": each.entry.voucher_number,
                "masked_name": each.masked_name,
                "outcome": str(each.outcome),
                "number": each.number,
                "calls": each.calls,
            }
            for each in people
        ],
    }
