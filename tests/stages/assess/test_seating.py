"""Sites, rooms and seats: inside the room, one each, kept when somebody joins, freed when nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests import town_assess as town
from tests import town_issue, town_train
from tests.scene import EV2, FENG_YI, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import Refused
from voucher.rules.seats import RoomKind
from voucher.stages.assess import plan, seating, sites
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models_rooms import ExamRoomUse
from voucher.stages.assess.queries.slips import find_own_slip, find_slip, list_own_slips, list_slips

NINE, TEN, NOON = time(9), time(10), time(12)
SUN = Direct(
    Newcomer(SUN_BA[1], SUN_BA[0]),
    Entry(EntryWay.WORK, "社保缴费证明 7 号", years=1),
)


ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def rooms_of(scene: Scene, ev: int, *seats: int, name: str = "本部") -> list[int]:
    """File a site with a workshop of so many places each and return the rooms."""
    admin = town.admin(scene, ev)
    site = scene.do(admin, lambda work: sites.file_site(work, ev, name, "济源市学苑路 1 号"))
    return [
        scene.do(
            admin,
            partial(
                sites.add_room, site_id=site.id, name=f"车间 {number}", kind=RoomKind.WORKSHOP, seats=size
            ),
        ).id
        for number, size in enumerate(seats, 1)
    ]


def places(scene: Scene, batch_id: int) -> dict[int, tuple[int, int]]:
    """Return room and seat by candidate."""
    with scene.database.read() as session:
        rooms = {each.id: each.room_id for each in seating.list_uses(session, batch_id)}
        return {
            each.candidate_id: (rooms[each.use_id], each.number)
            for each in seating.list_seats(session, batch_id)
        }


@ONE
def test_everybody_has_a_seat_inside_a_room_and_keeps_it(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.planned(scene, ev, vouchers)
    small, large = rooms_of(scene, ev, 1, 2)
    admin = town.admin(scene, ev)

    def choose(*wanted: int, begins: time = NINE, login: str = admin) -> str:
        return town_train.code(
            scene, login, lambda work: seating.choose_rooms(work, batch_id, wanted, begins)
        )

    assert choose() == "exam_room_missing"
    assert choose(small) == "exam_rooms_full"
    theirs = rooms_of(scene, town.evaluator(scene, EV2), 9)
    assert choose(small, *theirs) == "exam_room_missing"
    assert choose(small, login=town.clerk(scene, ev)) == "role_missing"
    scene.do(admin, lambda work: seating.choose_rooms(work, batch_id, [small, large], NINE))
    before = places(scene, batch_id)
    assert sorted(before.values()) == [(small, 1), (large, 1)]
    # who joins takes what is free, and nobody else moves; beyond the last seat nobody joins
    scene.do(admin, lambda work: plan.add_candidates(work, batch_id, [], [SUN]))
    assert {key: places(scene, batch_id)[key] for key in before} == before
    assert sorted(places(scene, batch_id).values()) == [(small, 1), (large, 1), (large, 2)]
    feng = Direct(
        Newcomer(FENG_YI[1], FENG_YI[0]),
        Entry(EntryWay.WORK, "社保缴费证明 8 号", years=1),
    )
    joining = partial(plan.add_candidates, batch_id=batch_id, voucher_ids=[], people=[feng])
    assert town_train.code(scene, admin, joining) == "exam_rooms_full"
    # the room is taken for as long as an exam lasts, and not a minute longer
    other = town.planned(scene, ev, [], exam_on=town.batch(scene, batch_id).exam_on)
    taken = partial(seating.choose_rooms, batch_id=other, room_ids=[large], begins=TEN)
    assert town_train.code(scene, admin, taken) == "exam_room_taken"
    scene.do(admin, lambda work: seating.choose_rooms(work, other, [large], NOON))
    assert (
        town_train.code(scene, admin, lambda work: sites.end_room(work, large, "装修")) == "exam_room_in_use"
    )
    scene.do(admin, lambda work: plan.cancel_batch(work, batch_id, "停电"))
    assert places(scene, batch_id) == {}
    assert scene.do(admin, lambda work: sites.end_room(work, small, "装修")).ended_at == scene.at
    assert (
        town_train.code(scene, admin, lambda work: sites.end_room(work, small, "装修")) == "exam_room_missing"
    )


@ONE
def test_slips_say_where_and_hide_the_end_of_the_card(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.planned(scene, ev, vouchers)
    admin = town.admin(scene, ev)
    batch, listed = town.batch(scene, batch_id), town.candidates(scene, batch_id)
    person_id = scene.actor(town_issue.worker(scene, ZHANG_SAN)).person_id
    with scene.database.read() as session:
        assert find_slip(session, scene.keyring, batch, listed[vouchers[0]]).place is None
    (room,) = rooms_of(scene, ev, 40)
    scene.do(admin, lambda work: seating.choose_rooms(work, batch_id, [room], NINE))
    with scene.database.read() as session:
        slips = list_slips(session, scene.keyring, batch)
        own = list_own_slips(session, scene.keyring, person_id)

    def foreign(work: Work) -> object:
        return find_own_slip(work.session, scene.keyring, person_id, listed[vouchers[1]])

    assert [each.place.seat for each in slips if each.place] == [1, 2]
    assert [(each.name, each.candidate_id) for each in own] == [("张三", listed[vouchers[0]])]
    assert own[0].place is not None
    assert (own[0].place.room_name, own[0].place.kind_name) == ("车间 1", "车间")
    assert not any("991X" in each.masked_number for each in slips)
    assert town_train.code(scene, admin, foreign) == "candidate_missing"
    # once somebody is in, the seats stay
    town.admit_all(scene, batch_id, [ZHANG_SAN])
    again = partial(seating.choose_rooms, batch_id=batch_id, room_ids=[room], begins=TEN)
    assert town_train.code(scene, admin, again) == "exam_seats_fixed"


@ONE
def test_sites_are_ones_own_told_whole_and_named_once(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev, other = town.evaluator(scene), town.evaluator(scene, EV2)
    admin, stranger = town.admin(scene, ev), town.admin(scene, other)

    def code(act: Callable[[Work], object], login: str = admin) -> str:
        return town_train.code(scene, login, act)

    assert code(lambda work: sites.file_site(work, other, "本部", "路")) == "role_missing"
    assert code(lambda work: sites.file_site(work, ev, " ", "路")) == "exam_site_incomplete"
    site = scene.do(admin, lambda work: sites.file_site(work, ev, "本部", "学苑路 1 号"))
    assert code(lambda work: sites.file_site(work, ev, "本部 ", "路")) == "exam_site_named_already"
    assert (
        code(lambda work: sites.add_room(work, site.id, "机房", RoomKind.HALL, 0)) == "exam_room_seats_unfit"
    )
    add = partial(sites.add_room, site_id=site.id, name="机房", kind=RoomKind.HALL, seats=30)
    assert code(add, stranger) == "exam_site_missing"
    room = scene.do(admin, add)
    assert code(add) == "exam_site_named_already"
    assert code(lambda work: sites.end_room(work, room.id, "x"), stranger) == "exam_room_missing"
    with scene.database.read() as session:
        assert [(each.site.name, len(each.rooms)) for each in sites.list_sites(session, [ev, other])] == [
            ("本部", 1)
        ]


def test_the_database_keeps_seats_inside_and_to_one_each(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.planned(scene, ev, vouchers)
    other = town.planned(scene, ev, [], exam_on=town.batch(scene, batch_id).exam_on)
    (room,) = rooms_of(scene, ev, 2)
    admin = town.admin(scene, ev)
    scene.do(admin, lambda work: seating.choose_rooms(work, batch_id, [room], NINE))
    columns = "batch_id, candidate_id, use_id, seats, number, given_at"
    copied = f"INSERT INTO exam_seat ({columns}) SELECT batch_id, "
    use = (
        "INSERT INTO exam_room_use (batch_id, room_id, seats, begins_at, chosen_at, chosen_by_person_id) "
        f"SELECT {other}, room_id, "
    )
    for sin in (
        f"{copied}candidate_id, use_id, seats, 2, given_at FROM exam_seat",
        "UPDATE exam_seat SET number = 3 - number",
        "UPDATE exam_room SET seats = 99",
        "DELETE FROM exam_seat",
        f"{use}seats, begins_at, chosen_at, 1 FROM exam_room_use",
        f"{use}99, chosen_at, chosen_at, 1 FROM exam_room_use",
    ):
        with pytest.raises(DatabaseError), scene.database.engine.begin() as connection:
            connection.execute(text(sin))
    # a seat beyond the room, once its candidate has stood up
    with scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE exam_seat SET ended_at = given_at"))
    with pytest.raises(DatabaseError), scene.database.engine.begin() as connection:
        connection.execute(text(f"{copied}candidate_id, use_id, seats, 3, given_at FROM exam_seat"))


def test_the_database_lets_no_room_be_at_two_exams_at_once(scene: Scene) -> None:
    """Past Python: a row whose time overlaps, or that says no end, or is made longer afterwards."""
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    (room,) = rooms_of(scene, ev, 9)
    admin = town.admin(scene, ev)
    batches = [town.planned(scene, ev, []) for _ in range(2)]
    scene.do(admin, lambda work: seating.choose_rooms(work, batches[0], [room], NINE))
    with scene.database.read() as session:
        held = session.scalars(select(ExamRoomUse)).one()
    assert held.until_at is not None

    def insert(begins: timedelta, lasting: timedelta | None) -> ExamRoomUse:
        begins_at = held.begins_at + begins
        made = ExamRoomUse(
            batch_id=batches[1],
            room_id=room,
            seats=held.seats,
            begins_at=begins_at,
            until_at=begins_at + lasting if lasting is not None else None,
            chosen_at=scene.at,
            chosen_by_person_id=held.chosen_by_person_id,
        )

        def act(work: Work) -> ExamRoomUse:
            work.session.add(made)
            work.session.flush()
            return made

        return scene.do(admin, act)

    half, long = timedelta(minutes=30), timedelta(minutes=120)
    for begins, lasting in ((half, half), (-half, long), (long - half, long), (long, None), (long, -half)):
        with pytest.raises((DatabaseError, Refused)):
            insert(begins, lasting)
    longer = text("UPDATE exam_room_use SET until_at = chosen_at")
    with pytest.raises(DatabaseError):
        scene.do(admin, lambda work: work.session.execute(longer))
    assert insert(long, long).id > held.id  # the moment one ends, the next may begin
