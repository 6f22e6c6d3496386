"""Places in classes: a code looked at, a voucher enrolled, left, moved, redeemed exactly once, reversed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told_refusal
from voucher.doors.api.room import Room
from voucher.doors.api.witnesses import keep_scan, note_attempt
from voucher.doors.auth.bearers import find_unproven
from voucher.doors.auth.browsers import seen_from
from voucher.doors.auth.counters import find_scanner
from voucher.doors.auth.networks import note_network
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.steps import CountDone
from voucher.doors.schemas.train.places import (
    CheckedState,
    ChosenAnew,
    EnrolmentState,
    NewCheck,
    NewChoice,
    NewDeparture,
    NewEnrolment,
    NewRedemption,
    NewReversal,
    NewTransfer,
    RedemptionState,
    ReversalDone,
    ScanFilter,
    Scans,
    VoucherMoved,
)
from voucher.ledger.origins import note_redeemed_on
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.counter_devices import check_device
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.issue.replacing import ask_own_replacement
from voucher.stages.train import choosing_anew, queries
from voucher.stages.train.enrol import enrol, enrol_as_helper, enrol_by_code
from voucher.stages.train.foreseeing import AskedAhead, ask_ahead
from voucher.stages.train.leave import drop, leave
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.presenting import counters_of
from voucher.stages.train.redeem import Redeeming, check, redeem
from voucher.stages.train.reverse import ask_reversal, reverse
from voucher.stages.train.scans import Scanned, record_scan
from voucher.stages.train.transfer import transfer

places = Room("places", __name__, url_prefix="/api/v1", description="报名、核销")
DIGITS = "7200000000000000000097"


@places.ask(
    "/checks",
    body=NewCheck,
    answer=CheckedState,
    example={"digits": DIGITS, "class_id": 3, "device": "前台一号机"},
    witness=keep_scan("check"),
)
def check_code(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """看一看这个码：是什么券、在此能办什么；不消耗码，不改变券。"""
    _check_scanner(work)
    found = check(work, given["digits"], given["class_id"])
    voucher = found.voucher
    record_scan(work, Scanned("check", **given), found.refusal)
    return {
        "voucher_id": voucher.id,
        "voucher_number": voucher.number,
        "state": voucher.state,
        "state_name": STATE_NAMES[Thing.VOUCHER][voucher.state],
        "programme_id": voucher.programme_id,
        "programme_name": found.programme.name,
        "masked_name": found.masked_name,
        "face_value_fen": voucher.face_value_fen,
        "fits": found.fits,
        "possible": found.possible,
        "refusal": told_refusal(found.refusal),
    }


def _redeeming(given: dict[str, Any]) -> Redeeming:
    return Redeeming(**given, scanner=find_scanner())


def _note_or_keep(given: dict[str, Any], ids: dict[str, Any], refusal: Any) -> None:
    keep_scan("enrol")(given, ids, refusal)
    note_attempt("enrol")(given, ids, refusal)


@places.act(
    "/enrolments",
    body=NewEnrolment,
    answer=EnrolmentState,
    example={"class_id": 3, "digits": DIGITS, "device": "前台一号机"},
    witness=_note_or_keep,
)
def enrol_voucher(work: Work, given: dict[str, Any]) -> Enrolment:
    """锁定：本人凭券报名，代办人凭授权报名，或机构凭本人出示的码登记；一张券只锁定一个班。"""
    if given["digits"] is None and given["consent_id"] is not None:
        return enrol_as_helper(work, given["voucher_id"], given["class_id"], given["consent_id"])
    if given["digits"] is None:
        return enrol(work, given["voucher_id"], given["class_id"])
    _check_scanner(work)
    return enrol_by_code(work, given["digits"], given["class_id"], given["device"])


@places.act(
    "/departures",
    body=NewDeparture,
    answer=VoucherMoved,
    example={"voucher_id": 17, "act": "leave", "why": "改选其他班级"},
    witness=note_attempt("leave"),
)
def depart(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """退出班级（开课前，券可再用）或退训（券终止，释放资金）。"""
    moved = (leave if given["act"] == "leave" else drop)(work, given["voucher_id"], given["why"])
    return _moved(moved)


@places.act("/new-choices", body=NewChoice, answer=ChosenAnew, example={"voucher_id": 17})
def choose_anew(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """机构退出后本人另选：未核销的券可报别的班；培训中的券作结，换发新券待审批。"""
    voucher = choosing_anew.choose_anew(work, given["voucher_id"])
    issue = ask_own_replacement(work, voucher.id) if voucher.state != "accepted" else None
    return _moved(voucher) | {"issue_id": issue.id if issue is not None else None}


@places.act(
    "/transfers",
    body=NewTransfer,
    answer=CountDone,
    example={"voucher_ids": [17, 23], "class_id": 4, "why": "原机构停业整顿"},
)
def transfer_vouchers(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """转班：原机构退出或班级取消后由人社部门办理，已有学时保留。"""
    return {"count": transfer(work, given["voucher_ids"], given["class_id"], given["why"])}


@places.act(
    "/redemptions",
    body=NewRedemption,
    answer=RedemptionState,
    example={
        "digits": DIGITS,
        "class_id": 3,
        "last4": "991X",
        "device": "前台一号机",
        "nonce": "1c6f0e6d0a4a53",
    },
    witness=keep_scan("redeem"),
    foresee=lambda work, given, key: ask_ahead(work, _redeeming(given), key, find_unproven()),
)
def redeem_voucher(work: Work, given: dict[str, Any], foreseen: AskedAhead | None) -> Redemption:
    """核销：一张券只有一次；同设备同 nonce 重发是同一次核销。"""
    made = redeem(work, foreseen.asked if foreseen is not None else _redeeming(given), foreseen)
    note_redeemed_on(work, made.voucher_id, made.redeemed_at, seen_from())
    note_network(made.institution_id)
    return made


@places.act(
    "/redemptions/<int:redemption_id>/reversals",
    body=NewReversal,
    answer=ReversalDone,
    example={"why": "扫错了人"},
)
def reverse_redemption(work: Work, given: dict[str, Any], redemption_id: int) -> dict[str, Any]:
    """撤销核销：首次课结束前，一人提出、另一人确认；核销记录保留并标记。"""
    found = work.session.get(Redemption, redemption_id)
    asked = found is not None and found.reversal_asked_at is not None
    if asked:
        reverse(work, redemption_id)
    else:
        ask_reversal(work, redemption_id, given["why"] or "")
    return {"redemption_id": redemption_id, "reversed": asked}


@places.look("/scans", query=ScanFilter, answer=Scans)
def list_scans(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """一个班级最近的扫码，拒绝的也在内，新的在前。"""
    found = queries.get_own_class_for(session, current_actor(), asked["class_id"])
    return paged(
        asked,
        lambda before, limit: queries.list_scans(session, found.id, before_id=before, limit=limit),
        lambda row: row.id,
    )


def _check_scanner(work: Work) -> None:
    """Refuse a device its institution has struck off, or not approved where approval is asked."""
    scanner = find_scanner()
    if scanner is not None:
        check_device(work, counters_of(work), scanner)


def _moved(voucher: Voucher) -> dict[str, Any]:
    return {
        "voucher_id": voucher.id,
        "state": voucher.state,
        "state_name": STATE_NAMES[Thing.VOUCHER][voucher.state],
    }
