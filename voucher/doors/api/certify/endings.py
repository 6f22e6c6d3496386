"""What becomes of a voucher after its certificate: taken back for fraud, put back after an appeal."""

from __future__ import annotations

from typing import Any

from voucher.doors.api.room import Room
from voucher.doors.schemas.certify.endings import (
    NewDecertification,
    NewReinstatement,
    NewRelease,
    ReinstatementDone,
    ReleaseState,
)
from voucher.doors.schemas.certify.higher import HigherCertificateDone, NewHigherCertificate
from voucher.doors.schemas.train.places import VoucherMoved
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.certify import higher
from voucher.stages.settle import reinstate, releasing
from voucher.stages.settle.voucher_ends import decertify

endings = Room("endings", __name__, url_prefix="/api/v1", description="追回和恢复")


@endings.act(
    "/decertifications",
    body=NewDecertification,
    answer=VoucherMoved,
    example={"voucher_id": 42, "why": "经查考勤系代签，证书以虚假材料取得"},
)
def decertify_voucher(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """查实造假：未付的无证失效，已付的转追回；在途拨付的等银行结果。"""
    return _state(decertify(work, given["voucher_id"], given["why"]))


@endings.act(
    "/reinstatements",
    body=NewReinstatement,
    answer=ReinstatementDone,
    example={"step": "ask", "voucher_id": 42, "why": "申诉成立：证书已恢复"},
)
def reinstate_voucher(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """申诉成立，追回中的券恢复为已兑现：一人提出，另一人确认或不同意；未退回的款项不再追回。"""
    voucher_id = given["voucher_id"]
    if given["step"] == "ask":
        reinstate.ask_reinstatement(work, voucher_id, given["why"])
        return _state(work.session.get_one(Voucher, voucher_id)) | {"reinstated": False}
    if given["step"] == "decline":
        reinstate.decline_reinstatement(work, voucher_id, given["why"])
        return _state(work.session.get_one(Voucher, voucher_id)) | {"reinstated": False}
    return _state(reinstate.reinstate(work, voucher_id)) | {"reinstated": True}


@endings.act(
    "/higher-certificates",
    body=NewHigherCertificate,
    answer=HigherCertificateDone,
    example={
        "step": "ask",
        "voucher_id": 42,
        "certificate_number": "S000041000001243000042",
        "why": "同一职业越级取证，培训属实",
        "evidence": "调阅考试记录和证书原件，存档 2024-15",
    },
)
def decide_higher_certificate(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """证书等级高于培训券：一人写明理由和依据提出，另一人确认或不同意；确认的按本券等级兑现。"""
    voucher_id = given["voucher_id"]
    if given["step"] == "ask":
        number = given["certificate_number"]
        higher.propose_higher(work, voucher_id, number, given["why"], given["evidence"])
        return _state(work.session.get_one(Voucher, voucher_id)) | {"certified": False}
    if given["step"] == "decline":
        decided = higher.decline_higher(work, voucher_id, given["why"])
    else:
        decided = higher.accept_higher(work, voucher_id)
    return _state(decided.voucher) | {"certified": decided.certified}


@endings.act(
    "/entitlement-releases",
    body=NewRelease,
    answer=ReleaseState,
    example={"claim_id": 42, "step": "ask", "why": "机构造假，本人无过错"},
)
def release_entitlement(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """款项全部追回后放行享受资格：一人写明理由提出，另一人确认或不同意；不放行的一直算用过。"""
    if given["step"] == "ask":
        releasing.ask_release(work, given["claim_id"], given["why"])
        return {"claim_id": given["claim_id"], "released": False}
    if given["step"] == "decline":
        releasing.decline_release(work, given["claim_id"], given["why"])
        return {"claim_id": given["claim_id"], "released": False}
    return {"claim_id": releasing.release(work, given["claim_id"]).id, "released": True}


def _state(voucher: Voucher) -> dict[str, Any]:
    return {
        "voucher_id": voucher.id,
        "state": voucher.state,
        "state_name": STATE_NAMES[Thing.VOUCHER][voucher.state],
    }
