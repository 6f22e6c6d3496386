"""Certificates: recorded by who issued them, held against the register, revoked, checked publicly."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told, told_refusal
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.register import ask_about
from voucher.doors.auth.shield import limiter, objection_rate
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.certify.certificates import (
    CertificateChecked,
    CertificateDetail,
    CertificateFilter,
    CertificateMoved,
    CertificateReinstated,
    Certificates,
    CertificatesRecorded,
    CertificateState,
    CompletionsIssued,
    HandVerified,
    NewCertificateCheck,
    NewCertificateReinstatement,
    NewCertificateRevocation,
    NewCertificates,
    NewCompletions,
    NewHandVerification,
    NewVerification,
    VerificationDone,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import IMPORT_REFUSED, ImportRefused
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import CertificateKind, Method
from voucher.stages.certify import revoke
from voucher.stages.certify.completions import issue_completions
from voucher.stages.certify.hand_verification import Read, read_by_hand
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries import PublicAnswer, archive, check_publicly
from voucher.stages.certify.queries.cards import Meant
from voucher.stages.certify.record import NewCertificate, record_certificates, verify_certificates
from voucher.stages.settle.queries import object_timeline
from voucher.stages.settle.queries.consequences import read_consequences

certificates = Room("certificates", __name__, url_prefix="/api/v1", description="证书")

CERTIFICATE_UNMATCHED = reason(
    "certificate_unmatched",
    "没有与该编号、姓名和证件号码后四位一致的证书",
    "请对照证书逐字核对；仍查不到的，请向发证机构核实",
    "S2-16e; PAGES 证书查验",
    Family.MISSING,
)


@certificates.look("/certificates", query=CertificateFilter, answer=Certificates)
def list_certificates(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """证书，新登记的在前：人社部门见本辖区备案机构所发，机构见本机构所发，劳动者见本人的。"""
    regions = within(session, asked["region"])
    own = asked["region"] is None
    page = paged(
        asked,
        lambda before, limit: archive.list_certificates(
            session,
            regions,
            institutions_served() if own else frozenset(),
            person_id=_own_person() if own else None,
            state=asked["state"],
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    return page | {"items": _states(session, page["items"])}


@certificates.look("/certificates/<string:number>", answer=CertificateDetail)
def show_certificate(session: Session, _asked: dict[str, Any], number: str) -> dict[str, Any]:
    """一本证书：最近一次核验、以证换券的券和全过程。编号含证件号码的，请从列表查看。"""
    found = archive.get_certificate(
        session, number, current_actor().regions, institutions_served(), _own_person()
    )
    return _states(session, [found])[0] | {"timeline": object_timeline(session, Thing.CERTIFICATE, found.id)}


@certificates.act(
    "/certificates",
    body=NewCertificates,
    answer=CertificatesRecorded,
    example={
        "certificates": [
            {
                "name": "张三",
                "identity_number": "41010519900315991X",
                "kind": "skill_level",
                "trade_code": "4-10-01-05",
                "level": 5,
                "number": "S000041010001235000001",
                "issued_on": "2024-05-20",
                "evaluator_code": "91410100MATE5T033Y",
                "method": "exam",
                "theory_hundredths": 8_650,
                "skill_hundredths": 9_100,
            }
        ]
    },
)
def record(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """登记证书：全部登记或全部不登记，逐行说明问题；核验一致的，等待它的券随即转为已持证。"""
    rows = [
        NewCertificate(
            **{
                **each,
                "kind": CertificateKind(each["kind"]),
                "level": Level(each["level"]) if each["level"] else None,
                "method": Method(each["method"]),
            }
        )
        for each in given["certificates"]
    ]
    try:
        recorded = record_certificates(work, rows)
    except ImportRefused as refused:
        told_rows = refused.report.as_json()["problems"]
        raise IMPORT_REFUSED.refused(**refused.refusal.facts, rows=told_rows) from None
    report = recorded.report
    return {
        "added": report.rows_added,
        "changed": report.rows_changed,
        "unchanged": report.rows_unchanged,
        "certified": recorded.certified,
    }


@certificates.act(
    "/verifications",
    body=NewVerification,
    answer=VerificationDone,
    example={"numbers": ["S000041010001235000001"]},
    ahead=lambda given, _ids: ask_about(given["numbers"], institutions_served()),
)
def verify_again(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """再次核验：向登记重新查询，答复有变化的生成新的核验快照。"""
    return {"changed": verify_certificates(work, given["numbers"])}


@certificates.act(
    "/hand-verifications",
    body=NewHandVerification,
    answer=HandVerified,
    example={
        "number": "S000041010001235000001",
        "identity_number": "41010519900315991X",
        "name": "张三",
        "trade_code": "4-10-01-05",
        "level": 2,
        "issued_on": "2023-11-15",
        "evaluator_code": "91410100MATE5T033Y",
        "status": "有效",
        "evidence": "全国联网查询页面打印件，编号 2024-031",
    },
)
def verify_by_hand(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """人工核验：没有联网或登记不答复时，两人各自对照登记录入，录得一致才算核验。"""
    number, evidence = given.pop("number"), given.pop("evidence")
    meant = Meant(given.pop("card_issued_on"), given.pop("card_trade_code"))
    outcome = read_by_hand(work, number, Read(**given), evidence, meant)
    return {
        "second": outcome.is_second,
        "verified": outcome.verified,
        "refusals": [told_refusal(each) for each in outcome.refusals],
    }


@certificates.act(
    "/certificate-revocations",
    body=NewCertificateRevocation,
    answer=CertificateMoved,
    example={"number": "S000041010001235000001", "why": "查实替考", "seen": "0" * 64},
)
def revoke_certificate(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """撤销证书：无证无价，由它兑现的券转为追回；带上预览的后果摘要，变了就不办理。"""
    meant = Meant(given.pop("issued_on"), given.pop("trade_code"))
    return _moved(revoke.revoke_certificate(work, **given, meant=meant, read=read_consequences))


@certificates.act(
    "/certificate-reinstatements",
    body=NewCertificateReinstatement,
    answer=CertificateReinstated,
    example={"step": "ask", "number": "S000041010001235000001", "why": "申诉成立，登记已恢复"},
)
def reinstate_certificate(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """申诉成立恢复证书：一人提出，另一人确认或不同意，恢复时再次核验。"""
    number, meant = given["number"], Meant(given["issued_on"], given["trade_code"])
    if given["step"] == "ask":
        asked = revoke.ask_reinstatement(work, number, given["why"], meant)
        return _moved(work.session.get_one(Certificate, asked.object_id)) | {"reinstated": False}
    if given["step"] == "decline":
        asked = revoke.decline_reinstatement(work, number, given["why"], meant)
        return _moved(work.session.get_one(Certificate, asked.object_id)) | {"reinstated": False}
    return _moved(revoke.reinstate_certificate(work, number, meant)) | {"reinstated": True}


@certificates.act(
    "/completion-certificates", body=NewCompletions, answer=CompletionsIssued, example={"class_id": 5}
)
def issue_completion(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """制发培训合格证书：结业签字后，合格学员各得一本，券随即转为已持证。"""
    return {"class_id": given["class_id"], "count": issue_completions(work, given["class_id"])}


@certificates.ask(
    "/certificate-checks",
    body=NewCertificateCheck,
    answer=CertificateChecked,
    example={"number": "S000041010001235000001", "name": "张三", "last_four": "991X"},
    rate=limiter.limit(objection_rate),
    keep=False,
)
def check_certificate(work: Work, given: dict[str, Any]) -> PublicAnswer:
    """公开查验：编号、姓名、证件号码后四位都对才有答复；哪一项不对，答复和用时都相同。"""
    said = given["number"], given["name"], given["last_four"]
    found = check_publicly(work.session, work.keyring, *said, work.today)
    if found is None:
        raise CERTIFICATE_UNMATCHED.refused()
    return found


def _own_person() -> int | None:
    """Return the visitor's own person where the visitor is a worker."""
    actor = current_actor()
    return actor.person_id if actor.has(Role.WORKER) else None


def _states(session: Session, found: list[Certificate]) -> list[dict[str, Any]]:
    return [
        told(each, CertificateState)
        | {"id": each.certificate_id, "refusals": [told_refusal(refusal) for refusal in each.refusals]}
        for each in archive.view_certificates(session, the_door().keyring, found)
    ]


def _moved(certificate: Certificate) -> dict[str, Any]:
    return {
        "id": certificate.id,
        "state": certificate.state,
        "state_name": STATE_NAMES[Thing.CERTIFICATE][certificate.state],
    }
