"""Certificates: recorded one by one or from a file, held against the register, what did not match and why."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.register import ask_about
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse, submit
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluator, my_evaluators
from voucher.plumbing.unit_of_work import Work
from voucher.registry.card_numbers import look_up_as
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.assessment import EXAMINED_KINDS, parse_score
from voucher.rules.errors import Refused
from voucher.rules.levels import LEVEL_NAMES, Level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, METHOD_NAMES, CertificateKind, Method
from voucher.stages.certify import queries
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.register import CERTIFICATE_NUMBER_UNKNOWN
from voucher.stages.certify.queries.unverified import list_by_verification, list_waiting
from voucher.stages.certify.record import NewCertificate, record_certificates, verify_certificates
from voucher.stages.certify.upload import CertificatesImporter

PAGE = 20
PROBLEMS_SHOWN = 100


@evaluator.get("/evaluator/certificates")
def certificates() -> ResponseReturnValue:
    """Show this evaluator's certificates, newest first, with what the register said."""
    return _show()


@evaluator.post("/evaluator/certificates/searches")
def search_certificates() -> ResponseReturnValue:
    """Show this evaluator's certificates of one number; by POST, so that no address holds a card's number."""
    try:
        return _show(number=fields.text("number", "证书编号", limit=60))
    except Refused as refused:
        return refuse(refused.refusal, _show)


def _show(report: Report | None = None, number: str | None = None) -> str:
    door, mine = the_door(), my_evaluators(Role.EVALUATOR_ADMIN)
    state = fields.asked("state", STATE_NAMES[Thing.CERTIFICATE])
    verified = fields.asked("verified", ("yes", "no"))
    before = fields.cursor("before")
    with door.read() as session:
        if verified is not None and not number:
            found = list_by_verification(
                session, mine, verified=verified == "yes", before_id=before or None, limit=PAGE + 1
            )
        else:
            found = queries.list_certificates(
                session,
                (),
                mine,
                state=state,
                number=number and look_up_as(door.keyring, number),
                before_id=before or None,
                limit=PAGE + 1,
            )
        return render_template(
            "evaluator/certificates.html",
            rows=queries.view_certificates(session, door.keyring, found[:PAGE]),
            more=len(found) > PAGE,
            before=before,
            filters={"state": state, "verified": verified},
            number=number,
            states=list(STATE_NAMES[Thing.CERTIFICATE].items()),
            report=report,
            problems_shown=PROBLEMS_SHOWN,
        )


@evaluator.get("/evaluator/certificates/new")
def new_certificate() -> ResponseReturnValue:
    """Ask for one certificate."""
    return _ask()


def _ask(report: Report | None = None) -> str:
    with the_door().read() as session:
        institution = session.get_one(Institution, my_evaluator(Role.EVALUATOR_ADMIN))
    return render_template(
        "evaluator/record.html",
        institution=institution,
        kinds=[
            (str(kind), CERTIFICATE_KIND_NAMES[kind]) for kind in CertificateKind if kind in EXAMINED_KINDS
        ],
        levels=[("0", "不分等级（专项）"), *((int(level), name) for level, name in LEVEL_NAMES.items())],
        methods=[(str(method), name) for method, name in METHOD_NAMES.items()],
        report=report,
    )


def _read_score(name: str, label: str) -> int | None:
    given = fields.text(name, label, required=False, limit=20)
    return parse_score(given) if given else None


@evaluator.post("/evaluator/certificates")
def record() -> ResponseReturnValue:
    """Record one certificate; the voucher that waits for it is certified at once where it matches."""

    def call(work: Work) -> Done:
        level = fields.whole("level", "等级")
        if level and level not in LEVEL_NAMES:
            raise fields.FIELD_UNREADABLE.refused(field="level", label="等级", problem="不在可选范围内")
        evaluator_id = my_evaluator(Role.EVALUATOR_ADMIN)
        number = fields.text("certificate_number", "证书编号", limit=60)
        recorded = record_certificates(
            work,
            [
                NewCertificate(
                    name=fields.text("name", "姓名", limit=60),
                    identity_number=fields.text("identity", "证件号码", limit=30),
                    kind=fields.one_of("kind", "证书类型", CertificateKind),
                    trade_code=fields.text("trade_code", "职业编码", limit=30),
                    level=Level(level) if level else None,
                    number=number,
                    issued_on=fields.day("issued_on", "发证日期"),
                    evaluator_code=work.session.get_one(Institution, evaluator_id).code,
                    method=fields.one_of("method", "取得方式", Method),
                    theory_hundredths=_read_score("theory", "理论成绩"),
                    skill_hundredths=_read_score("skill", "技能成绩"),
                    comprehensive_hundredths=_read_score("comprehensive", "综合评审成绩"),
                    fee_fen=fields.fen("fee", "收费") if request.form.get("fee", "").strip() else None,
                    evaluation_batch=fields.text("batch", "评价批次", required=False, limit=60) or None,
                )
            ],
        )
        words = "证书已登记" if recorded.report.rows_added else "这本证书已经登记过，内容相同"
        words += "，等待它的券已转为已持证" if recorded.certified else "，核验一致后等待它的券自动转为已持证"
        return Done(words, url_for("web.evaluator.certificates"))

    return _acting(call, _ask)


@evaluator.post("/evaluator/certificate-files")
def upload() -> ResponseReturnValue:
    """Record every certificate of a file, or none of them and every row that is wrong."""

    def call(work: Work) -> Done:
        given = fields.upload("file", "证书文件")
        given.stream.seek(0)  # the whole act may be tried again
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            report = import_file(work, CertificatesImporter, path, limits=the_door().table_limits)
        mine = Certificate.institution_id.in_(sorted(my_evaluators(Role.EVALUATOR_ADMIN)))
        waiting = list_waiting(work.session, mine)
        certified = attach_proofs(work, waiting)
        restated = f"，更新照片摘要 {report.rows_changed:,}" if report.rows_changed else ""
        words = (
            f"读取 {report.rows_read:,} 行：新登记 {report.rows_added:,}，"
            f"已登记过 {report.rows_unchanged:,}{restated}；{certified:,} 张券转为已持证"
        )
        return Done(words, url_for("web.evaluator.certificates"))

    return _acting(call, _show)


def _acting(call: Callable[[Work], Done], again: Callable[[Report | None], str]) -> ResponseReturnValue:
    """Act, or show the page again with every row that was refused."""
    try:
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        return refuse(refused.refusal, lambda: again(report))
    except Refused as refused:
        return refuse(refused.refusal, lambda: again(None))


@evaluator.post("/evaluator/certificate-verifications")
def verify() -> ResponseReturnValue:
    """Ask the register again about one certificate."""
    given = request.form.get("certificate", "")
    if given.isascii() and given.isdecimal() and len(given) < 18:
        with the_door().read() as session:
            asked = queries.find_certificates(session, [int(given)])
        ask_about([each.number for each in asked.values()], my_evaluators(Role.EVALUATOR_ADMIN))

    def call(work: Work) -> Done:
        wanted = fields.whole("certificate", "证书")
        found = queries.find_certificates(work.session, [wanted]).get(wanted)
        if found is None or found.institution_id not in my_evaluators(Role.EVALUATOR_ADMIN):
            raise CERTIFICATE_NUMBER_UNKNOWN.refused()
        changed = verify_certificates(work, [found.number])
        words = "登记的答复有变化，请看核验结果" if changed else "已再次查询，登记的答复没有变化"
        return Done(words, url_for("web.evaluator.certificates"))

    return submit(call, _show)
