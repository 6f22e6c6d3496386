"""Exams: the list, one exam with its candidates, the door of the exam, more candidates, cancelling."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.networks import note_network
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse, submit
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.doors.web.evaluator.planning import list_groups
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Report
from voucher.rules.actor import Role
from voucher.rules.entries import ENTRY_WAY_NAMES
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, CertificateKind
from voucher.stages.assess import plan as planning
from voucher.stages.assess import queries
from voucher.stages.assess.admit import CANDIDATE_DIFFERS, record_turned_away
from voucher.stages.assess.admit import admit as let_in
from voucher.stages.assess.examiners import list_assigned
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.queries import CandidateView
from voucher.stages.assess.queries.examiners import list_views
from voucher.stages.assess.queries.exams import list_revisions
from voucher.stages.assess.queries.slips import read_places
from voucher.stages.assess.reading import read_pass_marks
from voucher.stages.assess.readings import read_entries_needed
from voucher.stages.assess.seating import list_uses
from voucher.stages.assess.sites import list_sites
from voucher.stages.certify.queries.held import Claimed, check_held
from voucher.stages.certify.queries.register import find_certificates, find_proofs
from voucher.stages.settle.queries import object_timeline

PAGE = 20


@evaluator.get("/evaluator/batches")
def batches() -> ResponseReturnValue:
    """Show this evaluator's exams, newest first."""
    state = fields.asked("state", STATE_NAMES[Thing.EXAM_BATCH])
    before = fields.cursor("before")
    with the_door().read() as session:
        found = queries.list_batches(
            session, (), my_evaluators(), state=state, before_id=before or None, limit=PAGE + 1
        )
        return render_template(
            "evaluator/batches.html",
            rows=queries.view_batches(session, found[:PAGE]),
            more=len(found) > PAGE,
            states=list(STATE_NAMES[Thing.EXAM_BATCH].items()),
            state=state,
            before=before,
        )


@evaluator.get("/evaluator/batches/<int:batch_id>")
def batch(batch_id: int) -> ResponseReturnValue:
    """Show one exam: its candidates, what is due now, what happened."""
    return show_batch(batch_id)


def show_batch(batch_id: int, report: Report | None = None) -> str:
    """Return the page of an exam, with what is wrong in a file of scores where one was refused.

    Raises Refused exam_batch_missing for a missing or foreign one.
    """
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators())
        view = queries.view_batches(session, [found])[0]
        rows = queries.list_candidates(session, door.keyring, batch_id, reader_id=actor.person_id)
        hidden = {each.candidate_id for each in rows if each.skill_hidden}
        revisions = [each for each in list_revisions(session, batch_id) if each.candidate_id not in hidden]
        planned = found.state == "planned"
        is_admin = actor.serves(found.institution_id, Role.EVALUATOR_ADMIN)
        what = f"{found.certificate_kind}:{found.trade_code}:{found.level}"
        groups = list_groups(session, found.institution_id) if planned and is_admin else []
        more = next((each.ready for each in groups if each.key == what), [])
        uses = list_uses(session, batch_id)
        hands = [found.planned_by_person_id, found.entered_by_person_id, found.published_by_person_id]
        hands += [each.entered_by_person_id for each in revisions]
        return render_template(
            "evaluator/batch.html",
            view=view,
            found=found,
            rows=rows,
            kind_name=CERTIFICATE_KIND_NAMES[CertificateKind(found.certificate_kind)],
            marks=read_pass_marks(session, found),
            path=_path(found.state, view),
            revisions=revisions,
            more=more,
            more_names=queries.mask_holders(session, door.keyring, more),
            is_admin=is_admin,
            may_admit=actor.serves(found.institution_id, Role.EVALUATOR_ADMIN, Role.EXAMINER),
            is_day=found.exam_on == door.today,
            mine=any(each.entered_by_person_id == actor.person_id for each in revisions),
            twice=planned and read_entries_needed(session, found) > 1,
            follows=list_certificates_behind(session, rows),
            report=report,
            held=check_held(
                session,
                door.keyring,
                {each.candidate_id: Claimed(*each.held) for each in rows if each.held is not None},
            ),
            ways={str(way): name for way, name in ENTRY_WAY_NAMES.items()},
            examiners=list_views(session, door.keyring, [found.institution_id]) if planned else [],
            assigned={each.examiner_id for each in list_assigned(session, batch_id)},
            sites=list_sites(session, [found.institution_id]) if planned else [],
            uses=uses,
            places=read_places(session, [each.candidate_id for each in rows]),
            person_id=actor.person_id,
            hands=name_people(session, [each for each in hands if each is not None]),
            happenings=object_timeline(session, Thing.EXAM_BATCH, batch_id),
        )


def list_certificates_behind(session: Session, rows: Sequence[CandidateView]) -> dict[int, str]:
    """Return by candidate the certificate the voucher has turned into, as its number and state."""
    vouchers = {each.voucher_id: each.candidate_id for each in rows if each.voucher_id is not None}
    proofs = find_proofs(session, list(vouchers))
    found = find_certificates(session, [each.certificate_id for each in proofs.values()])
    return {
        vouchers[voucher_id]: f"{found[each.certificate_id].number}（"
        f"{STATE_NAMES[Thing.CERTIFICATE][found[each.certificate_id].state]}）"
        for voucher_id, each in proofs.items()
    }


def _path(state: str, view: queries.BatchView) -> list[tuple[str, str]]:
    if state == "cancelled":
        return []
    done = [
        True,
        state == "published" or view.admitted > 0,
        state == "published" or view.entered > 0,
        state == "published",
    ]
    here = next((place for place, each in enumerate(done) if not each), len(done))
    names = ("安排考试", "核对证件入场", "录入成绩", "公布成绩")
    return [
        (name, "past" if place < here else "here" if place == here else "todo")
        for place, name in enumerate(names)
    ]


@evaluator.post("/evaluator/batches/<int:batch_id>/candidates")
def add(batch_id: int) -> ResponseReturnValue:
    """Add people who are ready to a planned exam."""

    def call(work: Work) -> Done:
        chosen = fields.wholes("voucher", "考生")
        if not chosen:
            raise fields.FIELD_UNREADABLE.refused(field="voucher", label="考生", problem="没有勾选任何人")
        made = planning.add_candidates(work, batch_id, chosen)
        return Done(f"已增加 {len(made)} 名考生", url_for("web.evaluator.batch", batch_id=batch_id))

    return submit(call, lambda: show_batch(batch_id))


@evaluator.post("/evaluator/batches/<int:batch_id>/cancellations")
def cancel(batch_id: int) -> ResponseReturnValue:
    """Cancel a planned exam, after a second look."""

    def ask() -> str:
        with the_door().read() as session:
            found = queries.get_batch(session, batch_id, (), my_evaluators())
            view = queries.view_batches(session, [found])[0]
        return render_template("evaluator/cancel.html", view=view, found=found)

    if request.form.get("sure") != "1":
        return ask()

    def call(work: Work) -> Done:
        planning.cancel_batch(work, batch_id, fields.text("why", "取消原因", limit=200))
        return Done("已取消这场考试，考生可以另行安排", url_for("web.evaluator.batch", batch_id=batch_id))

    return submit(call, ask)


@evaluator.post("/evaluator/batches/<int:batch_id>/candidates/<int:candidate_id>/admissions")
def admit(batch_id: int, candidate_id: int) -> ResponseReturnValue:
    """Let a candidate in by the full number of the card shown; who is somebody else is written down."""

    def call(work: Work) -> Done:
        admitted = let_in(work, candidate_id, fields.text("number", "证件号码", limit=30))
        note_network(work.session.get_one(ExamBatch, admitted.batch_id).institution_id, admitted.id)
        return Done(
            "人证相符，可以入场",
            url_for("web.evaluator.batch", batch_id=batch_id, _anchor=f"candidate-{candidate_id}"),
        )

    try:
        return act(call)
    except Refused as refused:
        if refused.refusal.code == CANDIDATE_DIFFERS.code:
            perform(lambda work: record_turned_away(work, candidate_id))
        return refuse(refused.refusal, lambda: show_batch(batch_id))
