"""Marks that say how far from the room they were made: near counts, far or silent waits, no point is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from tests import town_filing, town_issue
from tests import town_train as town
from tests.loop import way
from tests.loop.telling import set_parameter
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene
from tests.town_attending import Room
from tests.town_phone import Person, phone
from voucher.ledger.audit import AuditRow
from voucher.rules.actor import Role
from voucher.stages.train import doubting, marking
from voucher.stages.train.marking import StaffMark
from voucher.stages.train.models.marks import AttendanceCase, AttendanceMark
from voucher.stages.train.placing import Where
from voucher.stages.train.queries import hours_of
from voucher.stages.train.queries.marks import list_marks

HERE = Where(35_067_900, 112_602_300, 20)
FAR = Where(35_100_000, 112_602_300, 50)
ROUGH = Where(35_067_900, 112_602_300, 5_000)
PEOPLE = (ZHANG_SAN, LI_SI, SUN_BA)


def filed_room(scene: Scene) -> Room:
    """Return a class in a filed room that lies on the map, on its first morning."""
    at = way.settle_down(scene)
    _, filing = town_filing.accepted(scene)
    school = filing.institution_id or 0
    town_filing.listed(scene)
    nurses = town_issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, school, hours=8)
    vouchers = {each: town.enrolled(scene, nurses, each, class_id) for each in PEOPLE}
    scene.at = town.morning(scene, class_id)
    for each in PEOPLE:
        town.scan(scene, each, vouchers[each], class_id)
    return Room(scene, school, class_id, vouchers, {each: phone(scene, each) for each in PEOPLE})


def test_near_counts_and_far_or_silent_waits_for_the_office(scene: Scene) -> None:
    room = filed_room(scene)

    def sign(person: Person, where: Where, direction: str = "in") -> AttendanceMark:
        return room.send(person, replace(room.wish(person, direction), where=where))

    def cases() -> list[str]:
        with scene.database.read() as session:
            return list(session.scalars(select(AttendanceCase.kind).order_by(AttendanceCase.id)))

    # nobody asks: nothing is kept, whatever a phone says
    scene.at = room.held.starts_at
    quiet = sign(ZHANG_SAN, FAR)
    assert (quiet.distance_m, quiet.accuracy_m, quiet.no_position) == (None, None, None)
    set_parameter(scene, "mark_place_asked", "1", "2024-01-01")
    near = sign(LI_SI, HERE)
    assert (near.distance_m, near.accuracy_m, near.no_position) == (70, 20, None)
    assert cases() == []
    far = sign(SUN_BA, FAR)
    assert far.distance_m == 3640
    scene.at = room.held.ends_at
    refused = sign(ZHANG_SAN, Where(why_not="refused"), "out")
    assert refused.no_position == "refused"
    assert sign(LI_SI, ROUGH, "out").no_position == "inaccurate"
    assert (
        room.refused(SUN_BA, replace(room.wish(SUN_BA, "out"), where=Where(1, None))) == "position_malformed"
    )
    # at the desk's old computer, which cannot tell
    asked = StaffMark(room.held.id, "out", town.show(scene, SUN_BA, room.vouchers[SUN_BA]))
    by_staff = scene.do(room.staff(Role.SCANNER), partial(marking.mark_by_staff, asked=asked))
    assert by_staff.no_position == "unavailable"
    assert cases() == ["far_away", "no_position"], "one case of a kind about a session"
    with scene.database.read() as session:
        standing = [each.standing for each in list_marks(session, room.held.id)]
        told = [row.content for row in session.scalars(select(AuditRow).where(AuditRow.act == "mark"))]
    assert sorted(standing) == ["counted", "counted", "pending", "pending", "pending", "pending"]
    assert "3510" not in str(told), "no point anywhere"

    # the office looks and closes: what was held back is written down as hours
    assert room.tally() == 0
    with scene.database.read() as session:
        ids = list(session.scalars(select(AttendanceCase.id).order_by(AttendanceCase.id)))
    for case_id, counts in zip(ids, (False, True), strict=True):
        close = partial(
            doubting.close_attendance_case, case_id=case_id, counts=counts, conclusion="已与教师、监控核对"
        )
        scene.do(town.reviewer(scene), close)
    scene.at += timedelta(minutes=1)
    assert room.tally() == 3
    with scene.database.read() as session:
        hours = hours_of(session, list(room.vouchers.values()))
    assert [hours[room.vouchers[each]] for each in PEOPLE] == [8, 8, 0], "who never came in has none"
