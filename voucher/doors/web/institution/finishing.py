"""结业签字: hours and exam of everybody, who passes and why not, looked at once before it is signed."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.classes import show_class
from voucher.doors.web.institution.own import answers_for, get_my_class
from voucher.plumbing.unit_of_work import Work
from voucher.rules.assessment import parse_score
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify import completions
from voucher.stages.certify.queries import find_proofs
from voucher.stages.train import finish
from voucher.stages.train import queries as training
from voucher.stages.train.finish import SignedOff
from voucher.stages.train.queries import house

PREFIX = "exam-"
ABSENT = "缺考"


@institution.get("/institution/classes/<int:class_id>/completions")
def finishing(class_id: int) -> ResponseReturnValue:
    """Show everybody who is to be signed off, with hours and a field for the exam."""
    return _page(class_id, None)


@institution.post("/institution/classes/<int:class_id>/completions")
def sign_off(class_id: int) -> ResponseReturnValue:
    """Say who would pass and who would not; asked a second time, sign."""
    if request.form.get("edit") == "1":
        return _page(class_id, None)
    if request.form.get("sure") == "1":

        def call(work: Work) -> Done:
            signed = finish.sign_off(work, class_id, _exams())
            words = f"已结业签字：合格 {signed.finished + signed.completed} 人，不合格 {signed.failed} 人"
            return Done(words, url_for("web.institution.finishing", class_id=class_id))

        return submit(call, lambda: _page(class_id, None))
    try:
        ahead = perform(lambda work: finish.sign_off(work, class_id, _exams()), keep=False)
    except Refused as refused:
        return refuse(refused.refusal, lambda: _page(class_id, None))
    return _page(class_id, ahead)


@institution.post("/institution/classes/<int:class_id>/completion-certificates")
def issue_completions(class_id: int) -> ResponseReturnValue:
    """Give everybody who passed the certificate their voucher turns into."""

    def call(work: Work) -> Done:
        count = completions.issue_completions(work, class_id)
        return Done(
            f"已制发 {count} 份培训合格证书；下一步可以申领补贴",
            url_for("web.institution.training_class", class_id=class_id),
        )

    return submit(call, lambda: show_class(class_id))


def _exams() -> dict[int, int | None]:
    """Return the exams as typed, in hundredths of a point; None for whoever was absent."""
    exams: dict[int, int | None] = {}
    for name in request.form:
        number = name.removeprefix(PREFIX)
        if name == number or not (number.isascii() and number.isdigit()):
            continue
        given = fields.text(name, "结业考核成绩", required=False, limit=10)
        if given:
            exams[int(number)] = None if given == ABSENT else parse_score(given)
    return exams


def _page(class_id: int, ahead: SignedOff | None) -> str:
    door = the_door()
    with door.read() as session:
        found = get_my_class(session, class_id, INSTITUTION_DESK)
        roster = training.roster(session, door.keyring, class_id)
        sessions = training.list_sessions(session, class_id)
        recorded = house.count_recorded(session, class_id)
        taught_stopped = training.list_taught_stopped(session, [each.id for each in sessions])
        return render_template(
            "institution/finishing.html",
            found=found,
            waiting=[each for each in roster if each.state == "training" and each.passed is None],
            signed=[each for each in roster if each.passed is not None],
            unscanned=sum(each.state == "enrolled" for each in roster),
            unrecorded=[
                each for each in sessions if each.id not in recorded and each.id not in taught_stopped
            ],
            taught_stopped=[each for each in sessions if each.id in taught_stopped],
            ends_at=max(each.ends_at for each in sessions),
            needs_exam=finish.needs_exam(found),
            is_only_recorder=finish.find_only_recorder(session, class_id) == current_actor().person_id,
            ahead=ahead,
            proofs=find_proofs(session, [each.voucher_id for each in roster])
            if found.certificate_kind == CertificateKind.TRAINING_COMPLETION
            else {},
            failures={each.voucher_id: each.refusals for each in ahead.failures} if ahead else {},
            prefix=PREFIX,
            absent=ABSENT,
            given=dict(request.form.items()),
            own=answers_for(found),
        )
