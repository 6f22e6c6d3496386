"""亲情代办: a worker lets another act on the own vouchers, three ways; either side ends it at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.api.witnesses import note_attempt
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.issue.consents import (
    ConsentRequestState,
    Consents,
    ConsentState,
    NewConsent,
    NewConsentEnding,
    NewConsentProof,
    NewConsentRequest,
    NewHelpedCode,
    NewMandate,
)
from voucher.doors.schemas.issue.vouchers import TextedCodeState
from voucher.plumbing.unit_of_work import Work
from voucher.registry.consents import codes, granting
from voucher.registry.consents.reading import ConsentView, list_consents, view_consents
from voucher.registry.consents.rows import Consent
from voucher.rules.errors import Refused
from voucher.rules.helping import Relationship, Scope
from voucher.stages.issue.helping import text_code_as_helper
from voucher.stages.issue.texting import Texted

consents = Room("consents", __name__, url_prefix="/api/v1", description="亲情代办")

WISH = {"relationship": "child", "scopes": ["accept", "enrol", "paper"], "until_on": None}


@consents.look("/consents", answer=Consents)
def list_own_consents(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本人的代办人，和本人帮谁办；停止、到期的也在内。"""
    door, person_id = the_door(), current_actor().person_id
    return {
        "helpers": list_consents(session, door.keyring, door.today, principal_person_id=person_id),
        "helped": list_consents(session, door.keyring, door.today, helper_person_id=person_id),
    }


def _try_helper(given: dict[str, Any], _ids: dict[str, Any]) -> None:
    """Keep a name and number that stand for nobody before it is told."""
    refusal = perform(lambda work: codes.try_helper(work, given["mobile"], given["name"]))
    if refusal is not None:
        raise Refused(refusal)


@consents.act(
    "/consents",
    body=NewConsent,
    answer=ConsentState,
    example={"mobile": "13800138000", "name": "李小明", **WISH},
    ahead=_try_helper,
)
def grant_consent(work: Work, given: dict[str, Any]) -> ConsentView:
    """本人同意一位已实名登录过的人代办；同一人再次同意的，替换原来那份。"""
    return _told(work, codes.grant_own(work, given["mobile"], given["name"], _wish(given)))


@consents.act(
    "/consent-requests",
    body=NewConsentRequest,
    answer=ConsentRequestState,
    example={"mobile": "13900139000", "name": "李四", **WISH},
)
def ask_consent(work: Work, given: dict[str, Any]) -> codes.AskedCode:
    """代办人请求授权：六位授权码发到本人登记的手机，由本人念给代办人；有没有这个人都这样答复。"""
    has_sms = the_door().config.has_sms
    return codes.ask_consent_code(work, given["mobile"], given["name"], _wish(given), has_sms=has_sms)


def _try_code(given: dict[str, Any], ids: dict[str, Any]) -> None:
    """Keep a wrong code before it is told."""
    refusal = perform(lambda work: codes.try_consent_code(work, ids["request_id"], given["code"]))
    if refusal is not None:
        raise Refused(refusal)


@consents.act(
    "/consent-requests/<int:request_id>/proofs",
    body=NewConsentProof,
    answer=ConsentState,
    example={"code": "123456"},
    ahead=_try_code,
)
def prove_consent(work: Work, given: dict[str, Any], request_id: int) -> ConsentView:
    """代办人填写本人念出的授权码，授权即时生效；填错计次，过多的一段时间内不再受理。"""
    return _told(work, codes.grant_by_code(work, request_id, given["code"]))


@consents.act(
    "/mandates",
    body=NewMandate,
    answer=ConsentState,
    example={
        "principal_number": "410702198511209927",
        "principal_name": "李四",
        "helper_number": "650104199308089965",
        "helper_name": "孙八",
        "helper_mobile": None,
        "mandate": "委托书 2024-12 号",
        **WISH,
    },
)
def register_mandate(work: Work, given: dict[str, Any]) -> ConsentView:
    """窗口登记书面委托：核对双方身份证，写明委托书编号；人数可以超过网上的上限。"""
    papers = granting.Mandate(**{name: given[name] for name in granting.Mandate.__slots__})
    return _told(work, granting.grant_at_counter(work, papers, _wish(given)))


@consents.act(
    "/consents/<int:consent_id>/revocations", body=NewConsentEnding, answer=ConsentState, example={}
)
def end_consent(work: Work, _given: dict[str, Any], consent_id: int) -> ConsentView:
    """停止代办：本人、代办人随时可停，窗口按本人要求停；立即生效，记录保留。"""
    return _told(work, granting.end_consent(work, consent_id))


@consents.act(
    "/consents/<int:consent_id>/texted-codes",
    body=NewHelpedCode,
    answer=TextedCodeState,
    example={"voucher_id": 17, "institution_id": 1},
    witness=note_attempt("text"),
)
def text_helped_code(work: Work, given: dict[str, Any], consent_id: int) -> Texted:
    """代办人请系统把短信码发到持券人本人的手机，限一家机构；代办人看不到码。"""
    has_sms = the_door().config.has_sms
    return text_code_as_helper(
        work, given["voucher_id"], consent_id, given["institution_id"], has_sms=has_sms
    )


def _wish(given: dict[str, Any]) -> granting.Wish:
    scopes = frozenset(Scope(each) for each in given["scopes"])
    return granting.Wish(Relationship(given["relationship"]), scopes, given["until_on"])


def _told(work: Work, consent: Consent) -> ConsentView:
    return view_consents(work.session, work.keyring, [consent], work.today)[0]
