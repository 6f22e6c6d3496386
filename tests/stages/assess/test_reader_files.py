"""A card reader's file at the door of an exam: everybody it saw is in or nobody; who it must not let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests import town_assess as town
from tests.scene import EV2, LI_SI, QIAN_QI, SUN_BA, ZHANG_SAN, Scene, on, write_csv
from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.spreadsheets import Limits
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.people import Newcomer
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import KeptRefused, Refused
from voucher.rules.seats import RoomKind
from voucher.stages.assess import seating, sites
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.queries.slips import slip_number_of
from voucher.stages.assess.reader_files import Taken, take_reader_file

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EXAM_ON = date(2024, 1, 17)


@dataclass
class Door:
    """An exam of 17 January with Zhang and Li by voucher and Sun without one; looked at at nine."""

    scene: Scene
    evaluator_id: int
    batch_id: int
    vouchers: list[int]

    @property
    def examiner(self) -> str:
        return town.examiner(self.scene, self.evaluator_id)

    def candidate(self, voucher_id: int | None) -> int:
        return town.candidates(self.scene, self.batch_id)[voucher_id]

    def slip(self, voucher_id: int | None) -> str:
        return slip_number_of(town.batch(self.scene, self.batch_id), self.candidate(voucher_id))

    def row(self, person: tuple[str, str], voucher_id: int | None, **changes: str) -> dict[str, str]:
        told = {
            "准考证号": self.slip(voucher_id),
            "姓名": person[0],
            "证件号后四位": person[1][-4:],
            "到场时间": "2024-01-17 08:31:05",
        }
        return told | changes

    def take(self, *rows: Mapping[str, str], login: str = "", trial: bool = False) -> Taken:
        path = write_csv(self.scene.folder / "reader.csv", rows)
        return self.scene.do(
            login or self.examiner,
            lambda work: take_reader_file(work, self.batch_id, path, limits=Limits(), trial=trial),
        )

    def wrong(self, *rows: Mapping[str, str], trial: bool = False) -> list[tuple[int, str | None, str]]:
        """Return line, column and code of everything wrong in a file nobody came in by."""
        before = self.inside()
        with pytest.raises(ImportRefused) as refused:
            self.take(*rows, trial=trial)
        assert self.inside() == before
        said = str(refused.value.report.as_json())
        assert not any(person[1][-4:] in said for person in (ZHANG_SAN, LI_SI, SUN_BA))
        return [(each.line, each.column, each.refusal.code) for each in refused.value.report.problems]

    def code(self, *rows: Mapping[str, str], login: str = "") -> str:
        with pytest.raises(Refused) as refused:
            self.take(*rows, login=login)
        return refused.value.refusal.code

    def inside(self) -> list[int]:
        with self.scene.database.read() as session:
            found = select(Candidate.id).where(Candidate.admitted_at.is_not(None)).order_by(Candidate.id)
            return list(session.scalars(found))

    def arrivals(self) -> list[tuple[str, str | None]]:
        with self.scene.database.read() as session:
            found = session.scalars(select(ExamArrival).order_by(ExamArrival.id)).all()
        return [(each.way, each.code) for each in found]


@pytest.fixture
def door(scene: Scene) -> Door:
    """Return an exam on its day, its examiners assigned."""
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    sun = Direct(
        Newcomer(SUN_BA[1], SUN_BA[0]),
        Entry(EntryWay.WORK, "社保缴费证明 7 号", years=1),
    )
    batch_id = town.planned(scene, ev, vouchers, people=[sun])
    scene.at = on(EXAM_ON.isoformat(), 9)
    return Door(scene, ev, batch_id, vouchers)


def test_everybody_a_reader_saw_is_in_and_the_same_file_changes_nothing(door: Door) -> None:
    scene, (first, second) = door.scene, door.vouchers
    zhang, sun = door.row(ZHANG_SAN, first), door.row(SUN_BA, None, 到场时间="8:05")
    assert door.code(zhang) == "examiners_too_few"
    town.arrange(scene, door.batch_id)
    looked = door.take(zhang, sun, trial=True)
    assert (looked.report.rows_added, looked.missing_ids) == (2, (door.candidate(second),))
    assert (door.inside(), door.arrivals()) == ([], [])

    taken = door.take(zhang, sun)
    assert (taken.report.rows_added, set(taken.let_in_ids)) == (
        2,
        {door.candidate(first), door.candidate(None)},
    )
    with scene.database.read() as session:
        row = session.scalars(
            select(ExamArrival).where(ExamArrival.candidate_id == door.candidate(first))
        ).one()
        inside = session.get_one(Candidate, door.candidate(first))
        acts = session.scalars(select(AuditRow.act).where(AuditRow.act.in_(["admit", "exam_arrivals"]))).all()
    seen = on("2024-01-17", 8) + timedelta(minutes=31, seconds=5)
    assert (row.way, row.seen_at, inside.admitted_at) == ("reader", seen, seen)
    assert row.at > seen
    assert sorted(acts) == ["admit", "admit", "exam_arrivals"]

    again = door.take(zhang, sun)
    assert (again.report.rows_added, again.report.rows_unchanged) == (0, 2)
    assert door.arrivals() == [("reader", None)] * 2
    # by the number of the voucher, and with who is in already beside
    with scene.database.read() as session:
        number = session.get_one(Voucher, second).number
    assert door.take(zhang, door.row(LI_SI, second, 准考证号=number.lower())).report.rows_added == 1
    later = (
        "INSERT INTO exam_arrival (batch_id, way, code, title, at, by_person_id, seen_at) SELECT batch_id, "
    )
    with scene.database.open_write() as session, pytest.raises(DatabaseError):
        session.execute(text(f"{later}'reader', 'x', 'x', seen_at, 1, at FROM exam_arrival"))
    with scene.database.open_write() as session, pytest.raises(DatabaseError):
        session.execute(text(f"{later}'slip', NULL, NULL, at, 1, seen_at FROM exam_arrival"))


@ONE
def test_one_wrong_row_keeps_everybody_out_and_each_is_named(door: Door) -> None:
    first, second = door.vouchers
    town.arrange(door.scene, door.batch_id)
    zhang, li = door.row(ZHANG_SAN, first), door.row(LI_SI, second)
    stranger = door.row(QIAN_QI, first, 准考证号=slip_of(door, 999_999))
    rows = [
        zhang | {"证件号后四位": "0000"},
        li | {"姓名": "李肆"},
        zhang,
        stranger,
        door.row(SUN_BA, None, 到场时间="昨天"),
    ]
    assert door.wrong(*rows) == [
        (2, "证件号后四位", "candidate_card_differs"),
        (3, "姓名", "candidate_name_differs_at_door"),
        (4, "准考证号", "arrival_row_twice"),
        (5, "准考证号", "candidate_not_listed"),
        (6, "到场时间", "arrival_time_malformed"),
    ]
    # who came as somebody else stays written down; a mistyped time is nobody's arrival
    assert door.arrivals() == [
        ("reader", "candidate_card_differs"),
        ("reader", "candidate_name_differs_at_door"),
    ]
    for changed, code in (
        ({"准考证号": "20240000"}, "slip_number_malformed"),
        ({"准考证号": "Q-410105-2024-00999999"}, "candidate_not_listed"),
        ({"到场时间": "2024-01-16 08:31"}, "arrival_other_day"),
        ({"到场时间": "09:30"}, "arrival_to_come"),
        ({"姓名": ""}, "cell_missing"),
        ({"证件号后四位": ""}, "cell_missing"),
        ({"座位号": "1"}, "arrival_seat_differs"),
    ):
        assert [each[2] for each in door.wrong(zhang | changed)] == [code], changed
    assert len(door.arrivals()) == 2


@ONE
def test_a_file_is_no_way_to_guess_the_end_of_a_card_not_even_looked_at(door: Door) -> None:
    first = door.vouchers[0]
    town.arrange(door.scene, door.batch_id)
    zhang = door.row(ZHANG_SAN, first)
    guess = zhang | {"证件号后四位": "0000"}
    # of many rows for one candidate the first alone is judged
    assert [each[2] for each in door.wrong(guess, zhang)] == ["candidate_card_differs", "arrival_row_twice"]
    for _ in range(4):
        with pytest.raises(KeptRefused):
            door.take(guess, trial=True)
    assert [each[2] for each in door.wrong(zhang)] == ["candidate_card_tries_used_up"]
    assert len(door.arrivals()) == 5


@ONE
def test_a_file_is_taken_by_whom_it_concerns_in_its_time_and_never_after_publication(door: Door) -> None:
    scene, (first, second) = door.scene, door.vouchers
    town.arrange(scene, door.batch_id)
    zhang, li = door.row(ZHANG_SAN, first), door.row(LI_SI, second)
    assert door.code(zhang, login=town.clerk(scene, door.evaluator_id)) == "role_missing"
    elsewhere = town.examiner(scene, town.evaluator(scene, EV2))
    assert door.code(zhang, login=elsewhere) == "exam_batch_missing"
    scene.at = on("2024-01-16", 9)
    assert door.code(zhang) == "not_exam_day"
    scene.at = on("2024-01-21", 9)
    assert door.code(zhang) == "reader_file_late"
    scene.at = on("2024-01-20", 9)
    assert door.take(zhang, trial=True).report.rows_added == 1
    assert door.take(zhang).report.rows_added == 1
    town.enter(scene, door.batch_id, {door.candidate(first): town.PASSED})
    town.publish(scene, door.batch_id)
    assert door.code(li) == "exam_batch_closed"


@ONE
def test_a_seat_in_the_file_is_the_seat_on_the_list(door: Door) -> None:
    scene, (first, second) = door.scene, door.vouchers
    town.arrange(scene, door.batch_id)
    admin = town.admin(scene, door.evaluator_id)
    site = scene.do(admin, lambda work: sites.file_site(work, door.evaluator_id, "本部", "学苑路 1 号"))
    room = scene.do(admin, lambda work: sites.add_room(work, site.id, "301", RoomKind.HALL, 30))
    begins = on("2024-01-17", 8).time()
    seats = scene.do(admin, lambda work: seating.choose_rooms(work, door.batch_id, [room.id], begins))
    own = {each.candidate_id: str(each.number) for each in seats}
    zhang, li = (own[door.candidate(each)] for each in (first, second))
    assert [each[2] for each in door.wrong(door.row(ZHANG_SAN, first, 座位号=li))] == ["arrival_seat_differs"]
    assert door.take(door.row(ZHANG_SAN, first, 座位号=zhang)).report.rows_added == 1


def slip_of(door: Door, candidate_id: int) -> str:
    return slip_number_of(town.batch(door.scene, door.batch_id), candidate_id)
