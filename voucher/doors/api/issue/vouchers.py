"""Vouchers: looked at by their holder, their institution and their office; taken, accepted, shown, ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told_refusal
from voucher.doors.api.room import Room, within
from voucher.doors.api.witnesses import note_attempt
from voucher.doors.auth.browsers import seen_from
from voucher.doors.auth.door import the_door
from voucher.doors.auth.opened import note_opened
from voucher.doors.auth.outside import ask_ahead
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.issue.vouchers import (
    CodeShown,
    DisputeState,
    NewAcceptance,
    NewCode,
    NewDispute,
    NewReplacement,
    NewRevocation,
    NewTaking,
    NewTextedCode,
    NewVoucherWithdrawal,
    Offers,
    ReplacementAsked,
    TakingDone,
    TextedCodeState,
    VoucherDetail,
    VoucherFilter,
    Vouchers,
    VoucherState,
)
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.steps import CountDone
from voucher.ledger.credentials import Shown
from voucher.ledger.holds import Hold, select_held
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Problem
from voucher.stages.certify.queries import why_not_certified
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.disputing import dispute, take_back
from voucher.stages.issue.ending import revoke
from voucher.stages.issue.helping import accept_as_helper
from voucher.stages.issue.holding import accept, accept_for, show, withdraw
from voucher.stages.issue.issuing import take_voucher
from voucher.stages.issue.replacing import ask_replacement
from voucher.stages.issue.texting import Texted, text_code
from voucher.stages.settle.queries import object_timeline
from voucher.stages.train import queries as training
from voucher.stages.train.sight import list_seen_vouchers, see_voucher

vouchers = Room("vouchers", __name__, url_prefix="/api/v1", description="培训券")


@vouchers.look("/vouchers", query=VoucherFilter, answer=Vouchers)
def list_vouchers(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """培训券，新的在前：本人见自己的，机构见本机构班级内的，人社部门见本辖区的。"""
    regions = within(session, asked["region"]) if asked["region"] is not None else None
    wanted = issuing.VoucherSearch(
        programme_id=asked["programme"], state=asked["state"], number=asked["number"]
    )
    page = paged(
        asked,
        lambda before, limit: list_seen_vouchers(
            session, current_actor(), wanted, regions=regions, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": issuing.view_vouchers(session, the_door().keyring, page["items"])}


@vouchers.look("/vouchers/<int:voucher_id>", answer=VoucherDetail)
def show_voucher(session: Session, _asked: dict[str, Any], voucher_id: int) -> dict[str, Any]:
    """一张券：面值或补贴、截止日、所在班级、尚未持证的原因和全过程。"""
    found = see_voucher(session, current_actor(), voucher_id)
    note_opened(str(Thing.VOUCHER), found.id, found.holder_person_id, found.region_code)
    place = training.enrolment_of(session, voucher_id)
    return _told(session, the_door().keyring, found) | {
        "class_id": place.class_id if place else None,
        "held": session.scalar(select_held(Thing.VOUCHER).where(Hold.object_id == voucher_id)) is not None,
        "why_not": [told_refusal(each) for each in why_not_certified(session, voucher_id)],
        "timeline": object_timeline(session, Thing.VOUCHER, voucher_id),
    }


@vouchers.ask(
    "/vouchers/<int:voucher_id>/codes",
    body=NewCode,
    answer=CodeShown,
    status=201,
    example={},
    witness=note_attempt("show"),
)
def show_code(work: Work, _given: dict[str, Any], voucher_id: int) -> Shown:
    """出示码：一次一用，片刻有效；新码使旧码失效。答复不缓存、不留存。"""
    return show(work, voucher_id)


@vouchers.act(
    "/texted-codes",
    body=NewTextedCode,
    answer=TextedCodeState,
    example={"voucher_number": "Q-419001-2024-00000011", "institution_id": 1},
)
def text_voucher_code(work: Work, given: dict[str, Any]) -> Texted:
    """短信码：发到持券人登记的手机，限本机构、限时、一次；机构看不到码。"""
    has_sms = the_door().config.has_sms
    return text_code(work, given["voucher_number"], given["institution_id"], has_sms=has_sms)


@vouchers.look("/offers", answer=Offers)
def list_offers(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """领券中心：每个发放中的券种，本人能不能领，不能领的为什么、下一步怎么办。"""
    person_id = current_actor().person_id
    return {
        "items": issuing.offers(session, the_door().keyring, person_id, the_door().today),
        "places": issuing.list_places(session, person_id),
    }


@vouchers.act(
    "/takings",
    body=NewTaking,
    answer=TakingDone,
    example={"programme_id": 1, "declared": True},
    ahead=ask_ahead,
)
def take(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """本人在领券中心领取通用券：发放和领取一次办完；资金不足的按先后候补。"""
    taken = take_voucher(work, given["programme_id"], declared=given["declared"], seen=seen_from())
    return {"waiting": taken is None, "voucher": _state(work, taken) if taken is not None else None}


@vouchers.act(
    "/acceptances",
    body=NewAcceptance,
    answer=VoucherState,
    example={"voucher_id": 17, "consent": None, "consent_id": None},
    witness=note_attempt("accept"),
)
def accept_voucher(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """领取：本人办理；代办人凭登记的授权，窗口代办的须写明本人同意的凭据。"""
    voucher_id, consent = given["voucher_id"], given["consent"]
    if given["consent_id"] is not None:
        return _state(work, accept_as_helper(work, voucher_id, given["consent_id"], seen_from()))
    if consent is not None:
        return _state(work, accept_for(work, voucher_id, consent))
    return _state(work, accept(work, voucher_id, seen_from()))


@vouchers.act(
    "/withdrawals",
    body=NewVoucherWithdrawal,
    answer=VoucherState,
    example={"voucher_id": 17},
    witness=note_attempt("withdraw"),
)
def withdraw_voucher(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """退回：本人放弃未使用的券，释放占用的资金。"""
    return _state(work, withdraw(work, given["voucher_id"]))


@vouchers.act(
    "/disputes",
    body=NewDispute,
    answer=DisputeState,
    example={"voucher_id": 17, "problem": "not_me", "said": "我没有去过这家机构"},
    witness=note_attempt("dispute"),
)
def dispute_voucher(work: Work, given: dict[str, Any]) -> Hold:
    """反映问题：不是本人办理、没有收到；券停下来，核查有结论前不能使用和拨付。"""
    return dispute(work, given["voucher_id"], Problem(given["problem"]), given["said"])


@vouchers.act(
    "/disputes/withdrawals",
    body=NewVoucherWithdrawal,
    answer=DisputeState,
    example={"voucher_id": 17},
    witness=note_attempt("dispute"),
)
def take_back_dispute(work: Work, given: dict[str, Any]) -> Hold:
    """撤回本人的反映，券继续办理。"""
    return take_back(work, given["voucher_id"])


@vouchers.act(
    "/revocations",
    body=NewRevocation,
    answer=CountDone,
    example={"voucher_ids": [17, 23], "why": "查实不符合发放条件"},
)
def revoke_vouchers(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """作废：写明理由，释放占用的资金和资格。"""
    return {"count": revoke(work, given["voucher_ids"], given["why"])}


@vouchers.act(
    "/replacements",
    body=NewReplacement,
    answer=ReplacementAsked,
    example={"voucher_id": 17, "why": "原班级造假，本人无过错"},
)
def replace(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """补发：无过错者另发一张新券，注明原券；一人提出，另一人在发券单上审核发放。"""
    issue = ask_replacement(work, given["voucher_id"], given["why"])
    return {"issue_id": issue.id, "issue_number": issue.number, "state": issue.state}


def _state(work: Work, voucher: Voucher) -> dict[str, Any]:
    return _told(work.session, work.keyring, voucher)


def _told(session: Session, keyring: Keyring, voucher: Voucher) -> dict[str, Any]:
    return asdict(issuing.view_vouchers(session, keyring, [voucher])[0])
