"""不是我、没收到: one's own subsidies, and the cases opened on them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.registry.systems import Nothing
from voucher.doors.schemas.settle.denials import (
    DenialFilter,
    Denials,
    DenialSignature,
    DenialState,
    LiftingState,
    NewAnswer,
    NewDenial,
    NewLifting,
    OwnDenialState,
    OwnSubsidies,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.vocabulary import Problem
from voucher.stages.settle import answering_denials, denying, lifting
from voucher.stages.settle.models.denials import Denial
from voucher.stages.settle.queries.denials import page_denials, page_own_subsidies

denials = Room("denials", __name__, url_prefix="/api/v1", description="本人名下的补贴和本人反映")


STANDING = {None: None, "open": True, "closed": False}


@denials.look("/subsidies", query=Paging, answer=OwnSubsidies)
def list_own_subsidies(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本人名下的每一笔补贴：到哪一步、几天了、承诺日期、付给谁。"""
    person_id, today, keyring = current_actor().person_id, the_door().today, the_door().keyring
    return paged(
        asked,
        lambda before, limit: page_own_subsidies(
            session, keyring, person_id, today, before_id=before, limit=limit
        ),
        lambda row: row.claim.id,
    )


@denials.look("/denials", query=DenialFilter, answer=Denials)
def list_denials(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的本人反映，新的在前。"""
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: page_denials(
            session, regions, standing=STANDING[asked["state"]], before_id=before, limit=limit
        ),
        lambda row: row.denial.id,
    )
    return page | {"items": [each.denial for each in page["items"]]}


@denials.act("/denials", body=NewDenial, answer=OwnDenialState, example={"claim_id": 42, "problem": "not_me"})
def deny_claim(work: Work, given: dict[str, Any]) -> Denial:
    """不是我、没收到：没有付的停住并立案；已交银行、已付和答复过的只立案。"""
    return denying.deny(work, given["claim_id"], Problem(given["problem"]), given["said"])


@denials.act("/denials/<int:denial_id>/withdrawals", body=Nothing, answer=OwnDenialState)
def take_back_denial(work: Work, _given: dict[str, Any], denial_id: int) -> Denial:
    """说明是本人弄错；由人社部门两人核对后放行。"""
    return denying.take_back(work, denial_id)


@denials.act(
    "/denials/<int:denial_id>/answers",
    body=NewAnswer,
    answer=DenialState,
    example={"upheld": False, "answer": "本人当场确认参加了培训，签到影像一致"},
)
def answer_denial(work: Work, given: dict[str, Any], denial_id: int) -> Denial:
    """提出答复：由没有经手这条申领的人办理。"""
    return answering_denials.answer(work, denial_id, upheld=given["upheld"], words=given["answer"])


@denials.act(
    "/denials/<int:denial_id>/signatures",
    body=DenialSignature,
    answer=DenialState,
    example={"decision": "confirm"},
)
def sign_denial(work: Work, given: dict[str, Any], denial_id: int) -> Denial:
    """由另一人确认答复或退回；不属实和查实“没收到”的确认后继续办理，查实“不是我”的继续停住。"""
    if given["decision"] == "confirm":
        return answering_denials.confirm(work, denial_id)
    return answering_denials.send_back(work, denial_id)


@denials.act(
    "/denials/<int:denial_id>/liftings",
    body=NewLifting,
    answer=LiftingState,
    example={"step": "ask", "why": "收款单位已更正，本人书面认可，济人社〔2024〕12号"},
)
def lift_denial(work: Work, given: dict[str, Any], denial_id: int) -> dict[str, Any]:
    """属实而停住的申领更正后解除：一人写明更正了什么提出，另一人确认或不同意；本人会收到短信。"""
    if given["step"] == "confirm":
        lifting.lift(work, denial_id)
    elif given["step"] == "ask":
        lifting.ask_lift(work, denial_id, given["why"])
    else:
        lifting.decline_lift(work, denial_id, given["why"])
    return {"denial_id": denial_id, "lifted": given["step"] == "confirm"}
