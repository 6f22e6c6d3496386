"""R04 and R07 on positions of real marks: sealed, gone after their days or with the person, in no flag."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from tests import town_issue
from tests import town_train as town
from tests.loop.telling import set_parameter
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene
from tests.stages.train.test_placing import filed_room
from tests.town_attending import Room
from tests.town_phone import Person
from voucher.plumbing.clock import day_of
from voucher.registry import subjects
from voucher.registry.people import Person as Registered
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.rules.risk.facts import Mark
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.facts.gaps import GAPS
from voucher.stages.oversee.risk.finding import Found, find_flags
from voucher.stages.train import marking
from voucher.stages.train.marking import StaffMark
from voucher.stages.train.models.positions import MarkPosition
from voucher.stages.train.placing import Where
from voucher.stages.train.positions import forget_positions
from voucher.stages.train.queries.positions import count_positions

HERE = Where(35_067_900, 112_602_300, 10)
URUMQI = Where(43_825_600, 87_616_800, 20)


def sign(room: Room, person: Person, where: Where, direction: str = "in") -> None:
    room.send(person, replace(room.wish(person, direction), where=where))


def flags(scene: Scene) -> dict[str, list[Found]]:
    with scene.database.read() as session:
        found = find_flags(session, day_of(scene.at), scene.keyring)
    return {code: [each for each in found if each.finding.rule == code] for code in ("R04", "R07")}


def marks(scene: Scene) -> list[Mark]:
    with scene.database.read() as session:
        window = Window(day_of(scene.at) - timedelta(days=200), day_of(scene.at))
        return list(read_facts(session, window, scene.keyring, with_marks=True).marks)


def test_two_places_at_once_and_one_point_for_all_are_flagged_and_nothing_outlives_its_days(
    scene: Scene,
) -> None:
    room = filed_room(scene)
    scene.at = room.held.starts_at
    sign(room, ZHANG_SAN, HERE)
    assert (marks(scene)[0].latitude_e6, GAPS.keys() & {"R04", "R07"}) == (None, set()), "nobody asked"
    set_parameter(scene, "mark_place_asked", "1", "2024-01-01")
    # people of one room, each on a telephone of the own
    sign(room, LI_SI, HERE)
    sign(room, SUN_BA, replace(HERE, latitude_e6=35_067_912))
    assert flags(scene) == {"R04": [], "R07": []}

    scene.at = room.held.ends_at
    sign(room, LI_SI, URUMQI, "out")
    sign(room, ZHANG_SAN, HERE, "out")
    shown = town.show(scene, SUN_BA, room.vouchers[SUN_BA])
    asked = StaffMark(room.held.id, "out", shown, where=replace(HERE, is_mocked=True))
    scene.do(room.staff(Role.SCANNER), partial(marking.mark_by_staff, asked=asked))
    (apart,) = flags(scene)["R04"]
    assert apart.finding.figure > apart.finding.threshold == 100
    assert "按位置要每小时走" in apart.finding.words
    assert len(apart.finding.rows) == 2
    assert not any({"latitude_e6", "longitude_e6"} & said.keys() for _, _, said in apart.said)
    assert flags(scene)["R07"] == [], "two people at one point are not three, nor one program's word"
    assert [each.is_mocked for each in marks(scene)].count(1) == 1
    set_parameter(scene, "risk_false_places", "2", "2024-01-01")
    (same,) = flags(scene)["R07"]
    assert "有 2 次签到由不同的人在小数点后六位都相同的一点作出，达到 2 次的界限" in same.finding.words

    with scene.database.read() as session:
        sealed = session.scalars(select(MarkPosition.position_sealed)).all()
        person = scene.actor(town_issue.worker(scene, LI_SI)).person_id
        assert count_positions(session, person)[0] == 2
        index = session.get_one(Registered, person).blind_index
    assert not any(b"35067" in each for each in sealed)
    before = sum(each.latitude_e6 is not None for each in marks(scene))
    scene.do(CLOCK_LOGIN, lambda work: subjects.destroy_key(work, index))
    assert sum(each.latitude_e6 is not None for each in marks(scene)) == before - 2, "erased with the person"
    scene.at += timedelta(days=90)
    assert scene.do(CLOCK_LOGIN, forget_positions) == 0
    scene.at += timedelta(days=1)
    assert scene.do(CLOCK_LOGIN, forget_positions) == len(sealed) == 5
    assert all(each.latitude_e6 is None for each in marks(scene))
    assert any(each.distance_m for each in marks(scene)), "the distance stays"
