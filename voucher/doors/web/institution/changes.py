"""班级变更: splitting and merging a class, and correcting what was signed; somebody else always decides."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import answers_for, get_my_class
from voucher.plumbing.unit_of_work import Work
from voucher.rules.assessment import parse_score
from voucher.stages.train import correct, moving
from voucher.stages.train import queries as training
from voucher.stages.train.fitting import subject_of
from voucher.stages.train.queries import changes as reading
from voucher.stages.train.queries.differing import compare
from voucher.stages.train.reading import SEATED

TARGETS_SHOWN = 100


@institution.get("/institution/classes/<int:class_id>/changes")
def changes(class_id: int) -> ResponseReturnValue:
    """Show what may be changed of a class now, and what was asked before."""
    return _page(class_id)


@institution.post("/institution/classes/<int:class_id>/moves")
def ask_move(class_id: int) -> ResponseReturnValue:
    """Ask to move some people, or everybody, to another class."""

    def call(work: Work) -> Done:
        to_class_id, why = fields.whole("to_class_id", "转入的班级"), fields.text("why", "理由")
        if request.form.get("kind") == "merger":
            moving.ask_merger(work, class_id, to_class_id, why)
        else:
            chosen = fields.wholes("voucher_id", "学员")
            moving.ask_split(work, class_id, to_class_id, chosen, why)
        return Done("已提交，等人社部门审核；同意后学员转班，学时保留", _here(class_id))

    return submit(call, lambda: _page(class_id))


@institution.post("/institution/classes/<int:class_id>/corrections")
def ask_correction(class_id: int) -> ResponseReturnValue:
    """Ask that one result be corrected."""

    def call(work: Work) -> Done:
        exam = fields.text("exam", "结业考核成绩", required=False, limit=10)
        result = correct.Result(fields.whole("hours", "学时"), parse_score(exam) if exam else None)
        voucher_id = fields.whole("voucher_id", "学员")
        why = fields.text("why", "理由和依据")
        asked = correct.ask_correction(work, class_id, voucher_id, result, why)
        words = "已提出更正，等本机构另一人确认"
        if asked.hours_typed is not None:
            words += f"；学时按签到和会签记录计 {asked.hours_attended}，没有采用填写的 {asked.hours_typed}"
        return Done(words, _here(class_id))

    return submit(call, lambda: _page(class_id))


@institution.post("/institution/classes/<int:class_id>/corrections/<int:correction_id>")
def decide_correction(class_id: int, correction_id: int) -> ResponseReturnValue:
    """Confirm a correction somebody else asked for, or send it back."""

    def call(work: Work) -> Done:
        agreed = request.form.get("decision") == "confirm"
        correct.decide_correction(work, correction_id, agreed)
        return Done("已更正" if agreed else "已退回，结果不变", _here(class_id))

    return submit(call, lambda: _page(class_id))


def _here(class_id: int) -> str:
    return url_for("web.institution.changes", class_id=class_id)


def _page(class_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = get_my_class(session, class_id, INSTITUTION_DESK)
        roster = training.roster(session, door.keyring, class_id)
        others = training.list_classes(
            session, institution_ids=[found.institution_id], limit=TARGETS_SHOWN
        )  # fmt: skip
        named = {each.voucher_id: each.masked_name for each in roster}
        moves = reading.list_moves(session, class_id=class_id)
        classes, subject = {each.id: each for each in others}, subject_of(session, found)
        for each in moves:
            classes.setdefault(each.to_class_id, training.get_class(session, each.to_class_id))
        return render_template(
            "institution/changes.html",
            found=found,
            own=answers_for(found),
            seated=[each for each in roster if each.state in SEATED],
            signed=[
                each
                for each in roster
                if each.passed is not None and each.state in correct.OPEN_STATES and not each.on_hold
            ],
            targets=[
                (
                    each.id,
                    "；".join(
                        (
                            f"{each.name}（{each.number}，{each.starts_on} 起）",
                            *compare(session, found, each, door.at).words,
                        )
                    ),
                )
                for each in others
                if each.id != found.id
                and each.state in moving.MOVABLE
                and each.institution_id == found.institution_id
                and subject_of(session, each) == subject
            ],
            movable=found.state in moving.MOVABLE,
            moves=moves,
            moved=reading.list_moved(session, door.keyring, [each.id for each in moves]),
            classes=classes,
            corrections=reading.list_corrections(session, class_id),
            named=named,
            person_id=current_actor().person_id,
        )
