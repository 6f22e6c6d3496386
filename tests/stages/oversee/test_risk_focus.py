"""R10 on real rows: a page that was open and saw nobody speaks, one that said nothing does not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from tests import town_issue
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_attending import Room, class_room
from tests.town_phone import Person
from voucher.plumbing.clock import day_of
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.classes import Slot
from voucher.rules.errors import Refused
from voucher.rules.lessons import is_heard_throughout
from voucher.rules.retention import DataKind
from voucher.stages.oversee.privacy.destroying import destroy_person
from voucher.stages.oversee.privacy.holding import read_holding
from voucher.stages.oversee.risk.facts.gaps import GAPS
from voucher.stages.oversee.risk.finding import find_flags
from voucher.stages.train.focusing import Focus, forget_focus, note_focus
from voucher.stages.train.lessons import NewSegment
from voucher.stages.train.models.lessons import StudyFocus
from voucher.stages.train.queries.focus import count_focus

MINUTES = 4
SEGMENTS = tuple(NewSegment(MINUTES) for _ in range(3))
ALL_ALONG, ONCE, NEVER = range(1, MINUTES + 1), (1,), ()


def study(room: Room, person: Person, heard: Collection[int], seen: tuple[int, int] = (0, 0)) -> None:
    """Play three segments, each for as long as it lasts; in which minutes the page told what it had seen."""
    login = town_issue.worker(room.scene, person)
    for segment in room.segments:
        begun = room.begin(person, segment)
        for minute in range(1, MINUTES + 1):
            room.scene.at += timedelta(minutes=1)
            if minute in heard:
                room.scene.do(login, partial(note_focus, seen=Focus(begun.study.id, *seen)))
        if len(heard) > 1:
            # said again late, and by a page opened anew: the most counts, and it is heard once
            room.scene.do(login, partial(note_focus, seen=Focus(begun.study.id, 0, 0)))
        room.end(person, begun)


def test_a_lesson_nobody_looked_at_is_flagged_and_one_without_reports_is_not(scene: Scene) -> None:
    people = (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU)
    film = ("video", "https://media.example/a.mp4", SEGMENTS)
    room = class_room(scene, people, lesson=film)
    scene.at = room.held.starts_at
    study(room, ZHANG_SAN, ALL_ALONG)
    study(room, LI_SI, NEVER)
    study(room, SUN_BA, ALL_ALONG, (MINUTES, 0))
    study(room, ZHAO_LIU, ONCE)
    ids = [scene.actor(town_issue.worker(scene, each)).person_id for each in people]
    with scene.database.read() as session:
        flags = find_flags(session, day_of(scene.at), scene.keyring)
        ticks = session.scalars(select(StudyFocus.ticks).order_by(StudyFocus.study_id)).all()
    (flag,) = (each for each in flags if each.finding.rule == "R10")
    assert len(flag.finding.rows) == flag.finding.figure == 3
    assert flag.finding.people == (str(ids[0]),), "one that fell silent after a minute saw nobody go"
    assert "有 3 段用时少于最少时间，或页面没有操作，达到 3 段的界限" in flag.finding.words
    assert [each["focus_events"] for _, _, each in flag.said] == [0, 0, 0]
    assert ticks == [4] * 6 + [1] * 3
    assert "R10" not in GAPS

    with scene.database.read() as session:
        assert [count_focus(session, each)[0] for each in ids] == [3, 0, 3, 3]
        (held,) = (
            each for each in read_holding(session, scene.keyring, ids[2], scene.at.date()).held
            if each.rule.kind == DataKind.TRACE
        )  # fmt: skip
    assert held.count >= 3
    scene.do(CLOCK_LOGIN, lambda work: destroy_person(work, ids[2], "test"))
    with scene.database.read() as session:
        assert [count_focus(session, each)[0] for each in ids] == [3, 0, 0, 3], "gone with the person"
    with scene.database.read() as session:
        last_at = session.scalars(select(func.max(StudyFocus.heard_at))).one()
        first_at = session.scalars(select(func.min(StudyFocus.heard_at))).one()
    with pytest.raises(Refused, match="role_missing"):
        scene.do("operator", forget_focus)
    gone = []
    for at in (first_at, last_at, last_at + timedelta(minutes=1)):
        scene.at = at + timedelta(days=90)
        gone.append(scene.do(CLOCK_LOGIN, forget_focus))
    assert gone == [0, 5, 1]


def test_heard_all_along_means_from_the_beginning_to_the_end_and_in_between() -> None:
    at = on("2024-03-01")

    def heard(first: int, last: int, ticks: int) -> bool:
        zero, end, since, until = (at + timedelta(minutes=each) for each in (0, 40, first, last))
        return is_heard_throughout(Slot(zero, end), Slot(since, until), ticks)

    assert heard(1, 39, 39)
    assert heard(2, 38, 36), "a few lost on the way"
    assert [heard(1, 1, 1), heard(3, 39, 37), heard(1, 37, 37), heard(1, 39, 30)] == [False] * 4
