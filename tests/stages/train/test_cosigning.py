"""The teacher's co-signature, and what may still be changed after it: with reason and evidence."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests import town_filing, town_issue, town_train
from tests.loop import way
from tests.loop.telling import set_parameter
from tests.pictures import jpeg
from tests.scene import JIYUAN, LI_SI, SUN_BA, ZHANG_SAN, Scene
from tests.town_attending import class_room
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer, open_people
from voucher.registry.users import open_account
from voucher.rules.actor import Grant, Role
from voucher.stages.train import attend, correct, cosigning, finish
from voucher.stages.train.correct import Result
from voucher.stages.train.models.places import Attendance, Completion
from voucher.stages.train.models.proofs import AttendanceProof
from voucher.stages.train.proving import look_at_proof
from voucher.stages.train.queries import hours_of


def test_a_signed_list_is_changed_with_reason_and_evidence_only_and_never_after_the_end(scene: Scene) -> None:
    room = class_room(scene, (ZHANG_SAN, LI_SI, SUN_BA))
    held, zhang, li, sun = room.held, *room.vouchers.values()
    teacher, registrar = room.staff(), room.staff(Role.REGISTRAR)
    sign = partial(cosigning.co_sign, session_id=held.id)
    scene.at = held.starts_at
    room.sign(ZHANG_SAN)
    assert room.refused_staff(sign) == "signing_not_over"
    scene.at = held.ends_at
    room.sign(ZHANG_SAN, "out")
    scene.at = held.ends_at + timedelta(minutes=31)
    assert room.refused_staff(sign, Role.SCANNER) == "role_missing"
    other = town_train.staff(scene, town_train.train_institution(scene, town_train.T2), Role.TEACHER)
    assert town_train.code(scene, other, sign) == "class_session_missing"

    signed = scene.do(teacher, sign)
    assert (signed.people, signed.hours) == (1, 8), "the marks were written down as hours first"
    assert room.refused_staff(sign) == "session_cosigned"
    write = partial(attend.attend, session_id=held.id, hours={li: 8})
    assert room.refused_staff(write) == "session_cosigned", "nothing is added behind the teacher's back"

    def change(voucher_id: int, hours: int, **more: Any) -> partial[Attendance]:
        return partial(
            attend.correct_attendance, session_id=held.id, voucher_id=voucher_id, hours=hours, **more
        )

    def add(voucher_id: int, hours: int, **more: Any) -> partial[Attendance]:
        wanted = {"why": "手机没电，签到表有签名", "proof": jpeg(1)} | more
        return partial(attend.make_up, session_id=held.id, voucher_id=voucher_id, hours=hours, **wanted)

    assert room.refused_staff(change(zhang, 6, why="早退")) == "attendance_proof_needed"
    assert room.refused_staff(add(li, 8, why=" ")) == "training_why_missing"
    assert room.refused_staff(add(li, 8, proof=None)) == "attendance_proof_needed"
    assert room.refused_staff(add(li, 8, proof=b"MZ not a picture")) == "attachment_kind_unknown"
    assert room.refused_staff(add(li, 9)) == "hours_above_session"
    assert room.refused_staff(add(zhang, 8)) == "attendance_recorded"
    made = scene.do(teacher, add(li, 7))
    scene.do(teacher, change(zhang, 6, why="下午早退", proof=jpeg(1, shade=2)))
    with scene.database.read() as session:
        assert hours_of(session, [zhang, li, sun]) == {zhang: 6, li: 7}
        rows = session.scalars(select(Attendance.hours).where(Attendance.voucher_id == zhang)).all()
        assert sorted(rows) == [6, 8], "what stood before is kept"
        assert b"JFIF" not in session.scalars(select(AttendanceProof.content_sealed)).all()[0]
    kind, content = scene.do(town_train.reviewer(scene), partial(look_at_proof, attendance_id=made.id))
    assert (kind.value, content[:2]) == ("jpeg", b"\xff\xd8")
    assert town_train.code(scene, other, partial(look_at_proof, attendance_id=made.id)) == (
        "attendance_proof_missing"
    )
    with scene.database.read() as session:
        looks = select(func.count()).where(AuditRow.act == "look_at_proof")
        assert session.scalar(looks) == 1
    scene.do(
        registrar,
        partial(finish.sign_off, class_id=room.class_id, exams={zhang: 50_00, li: 80_00, sun: None}),
    )
    # the score was misread; the hours are those her marks and the co-signed list say, not those typed
    wish = partial(correct.ask_correction, class_id=room.class_id, result=Result(8, 80_00))
    asked = scene.do(registrar, partial(wish, voucher_id=zhang, why="看错"))
    assert (asked.hours_attended, asked.hours_typed) == (6, 8)
    # nothing was signed by the other one: what is typed is asked for
    typed_one = scene.do(registrar, partial(wish, voucher_id=li, why="漏登一学时"))
    assert (typed_one.hours_attended, typed_one.hours_typed) == (8, None)
    assert room.refused_staff(add(sun, 8)) == "class_not_in_session"
    assert room.refused_staff(change(zhang, 8, why="x", proof=jpeg(1))) == "class_not_in_session"
    with pytest.raises(DBAPIError, match="append only"), scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE co_signature SET hours = 99"))


@pytest.mark.parametrize(("asked", "hours"), [("0", 8), ("1", 0)])
def test_where_the_parameter_asks_only_signed_sessions_count(scene: Scene, asked: str, hours: int) -> None:
    room = class_room(scene, (ZHANG_SAN,))
    set_parameter(scene, "cosign_needed", asked, "2024-01-01")
    zhang = room.vouchers[ZHANG_SAN]
    scene.at = room.held.starts_at
    room.sign(ZHANG_SAN)
    scene.at = room.held.ends_at
    room.sign(ZHANG_SAN, "out")
    assert room.tally() == 1
    scene.do(
        room.staff(Role.REGISTRAR), partial(finish.sign_off, class_id=room.class_id, exams={zhang: 80_00})
    )
    with scene.database.read() as session:
        frozen = session.scalars(select(Completion)).one()
    assert (frozen.hours_attended, frozen.passed) == (hours, hours == 8)
    assert town_issue.voucher(scene, zhang).state == ("trained" if hours else "training")


def test_who_teaches_signs_or_the_desk_and_never_a_learner(scene: Scene) -> None:
    at = way.settle_down(scene)
    _, filing = town_filing.accepted(scene)
    school = filing.institution_id or 0
    town_filing.listed(scene)
    nurses = town_issue.programme(scene, at.budget_id)
    class_id = town_train.open_class(scene, school, hours=16)
    zhang = town_train.redeemed(scene, nurses, ZHANG_SAN, class_id)
    first, second = town_train.sessions(scene, class_id)
    other, desk = (town_train.staff(scene, school, role) for role in (Role.TEACHER, Role.REGISTRAR))
    hers, learner = (join(scene, school, each) for each in (town_filing.TEACHER, ZHANG_SAN))
    for held in (first, second):
        scene.at = held.ends_at + timedelta(minutes=31)
        scene.do(other, partial(attend.attend, session_id=held.id, hours={zhang: 8}))
    sign = partial(cosigning.co_sign, session_id=first.id)
    assert town_train.code(scene, learner, sign) == "cosigner_learns_here"
    told = town_train.refusal(scene, other, sign)
    assert (told.code, told.facts) == ("cosigner_teaches_not", {"teacher": "周老师"})
    scene.do(hers, sign)
    scene.do(desk, partial(cosigning.co_sign, session_id=second.id))


def join(scene: Scene, house: int, person: tuple[str, str]) -> str:
    """Return the login of somebody as a teacher of a house."""
    login = f"teach-{person[1][-6:].lower()}"

    def act(work: Work) -> None:
        known = open_people(work, [Newcomer(person[1], person[0])])
        open_account(
            work, login=login, display_name=login, person_id=next(iter(known.values())),
            grants=[Grant(Role.TEACHER, JIYUAN, house)], since=date(2021, 1, 1),
        )  # fmt: skip

    scene.do("operator", act)
    return login
