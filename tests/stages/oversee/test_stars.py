"""Stars given for a year: frozen with figures and formula, objected to once; few people stay unseen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests import town_issue, town_train
from tests.scene import JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_measures import upheld_complaint
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role
from voucher.stages.oversee.quality.figures import find_medians, read_figures
from voucher.stages.oversee.quality.giving import give_stars, object_to_stars
from voucher.stages.oversee.quality.models import StarRating, StarReply
from voucher.stages.oversee.quality.queries import find_newest
from voucher.stages.oversee.quality.replying import (
    answer_objection,
    count_objected,
    find_reply_due,
    list_objected,
)
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.queries.quality import select_ended
from voucher.stages.train.queries.unsigned import count_present, list_unsigned


def test_an_unsigned_class_counts_with_its_attendance_when_its_time_is_over(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    class_id = town_train.open_class(scene, house)
    there, gone = (town_train.redeemed(scene, programme, each, class_id) for each in (ZHANG_SAN, LI_SI))
    planned = town_train.a_class(scene, class_id).hours_planned
    town_train.sit_through(scene, class_id, {there: planned, gone: 1})
    ends_on = town_train.a_class(scene, class_id).ends_on

    def counted(days: int) -> tuple[int, int, list[bool]]:
        today = ends_on + timedelta(days=days)
        with scene.database.read() as session:
            figures = read_figures(session, [JIYUAN], 2024, today)[house]
            by_class = read_figures(session, [JIYUAN], 2024, today, institution_id=house)[class_id]
            ended = select_ended([JIYUAN], date(2024, 1, 1), date(2024, 12, 31), today)
            late = [each.is_late for each in list_unsigned(session, ended, today) if each.days == days]
        assert by_class.finished == figures.finished
        return figures.started, figures.finished, late

    assert counted(90) == (2, 0, [False]), "nobody has said how long it may take"
    with scene.database.engine.begin() as connection:
        connection.execute(update(Parameter).where(Parameter.name == "sign_off_days").values(value="30"))
    assert counted(30) == (2, 0, [False])
    assert counted(31) == (2, 1, [True]), "who was there finished, who was not did not"
    with closing(scene.database.open_write()) as session:
        found = session.get_one(TrainingClass, class_id)
        assert count_present(session, found) == 1
        moved = update(Enrolment).where(Enrolment.voucher_id == there)
        session.execute(moved.values(ended_at=scene.at, ended_by="transfer"))
        assert count_present(session, found) == 0, "whoever was moved away finishes elsewhere"
        session.rollback()
    scene.at = on(f"{ends_on + timedelta(days=40)}")
    town_train.sign_off(scene, class_id, {there: 80_00, gone: 80_00})
    assert counted(41) == (2, 1, []), "signed off: what was signed counts"


def test_a_year_is_frozen_with_what_it_came_of(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town_issue.eligible(scene, ZHANG_SAN)
    class_id = town_train.open_class(scene, house)
    voucher = town_train.redeemed(scene, programme, ZHANG_SAN, class_id)
    scene.hire("监管员", Role.SUPERVISOR, "310101199001010080", JIYUAN)
    scene.hire("外地监管员", Role.SUPERVISOR, "310101199001010250", XINXIANG)
    give = partial(give_stars, year=2024)
    assert town_train.code(scene, "监管员", give) == "stars_year_open"
    scene.at = on("2025-01-06")
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    assert town_train.code(scene, head, give) == "role_missing"
    assert scene.do("监管员", give) == 0, "one person is too few to be judged by"
    with scene.database.read() as session:
        ends_on = session.get_one(TrainingClass, class_id).ends_on
        assert read_figures(session, [JIYUAN], 2024, ends_on) == {}, (
            "still taught: nobody could have finished"
        )
        figures = read_figures(session, [JIYUAN], 2024, date(2025, 1, 6))
        assert (figures[house].started, figures[house].finished) == (1, 0)
        assert find_medians(list(figures.values()), 20).completion_bp is None
        assert read_figures(session, [XINXIANG], 2024, date(2025, 1, 6)) == {}
        by_class = read_figures(session, [JIYUAN], 2024, date(2025, 1, 6), institution_id=house)
        assert list(by_class) == [class_id]
    with scene.database.engine.begin() as connection:
        connection.execute(update(Parameter).where(Parameter.name == "star_people_least").values(value="1"))
    assert scene.do("外地监管员", give) == 0
    assert scene.do("监管员", give) == 1
    assert scene.do("监管员", give) == 0, "once a year"
    with scene.database.read() as session:
        given = session.scalars(select(StarRating)).one()
        assert (given.figures["started"], given.formula["people_least"]) == (1, 1)
        assert given.total_tenths == sum(points for _, points, _ in given.lines)
        assert find_newest(session, house) is not None
    words = partial(object_to_stars, rating_id=given.id, words="结业签字还没有录入")
    assert town_train.code(scene, "监管员", words) == "role_missing"
    other = town_train.staff(
        scene, town_train.train_institution(scene, town_train.T2), Role.INSTITUTION_ADMIN
    )
    assert town_train.code(scene, other, words) == "stars_missing"
    scene.do(head, words)
    assert town_train.code(scene, head, words) == "stars_objected_already"
    answered(scene, house, given.id, class_id, voucher)
    for sin in (
        "UPDATE star_rating SET stars = 5",
        "DELETE FROM star_rating",
        "UPDATE star_rating SET objection = 'x'",
    ):
        with pytest.raises(DBAPIError, match="never"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))

    for sin in ("UPDATE star_reply SET stars = 5", "DELETE FROM star_reply"):
        with pytest.raises(DBAPIError, match="append only"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))


FEWER = "SELECT id, 1, CAST(:by AS INTEGER), NULL, '[]', total_tenths - 30, stars FROM star_rating"


def worse_by(scene: Scene) -> int:
    """Return somebody who may answer."""
    with scene.database.read() as session:
        login = select(UserAccount.person_id).where(UserAccount.login == "初审员")
        return session.scalars(login).one()


def answered(scene: Scene, house: int, rating_id: int, class_id: int, voucher: int) -> None:
    """Have an objection answered: not by who gave the stars, not at will, and by the formula alone."""

    def answer(*, is_upheld: bool) -> Callable[[Work], StarReply]:
        return lambda work: answer_objection(work, rating_id, "核对了结业签字", is_upheld=is_upheld)

    code = partial(town_train.code, scene)
    with scene.database.read() as session:
        assert [each.id for each, _ in list_objected(session, [JIYUAN], limit=9)] == [rating_id]
        assert count_objected(session, [XINXIANG])[0] == 0
        rating = session.get_one(StarRating, rating_id)
        assert find_reply_due(session, rating) == date(2025, 1, 26), "a Sunday made up for"
        before = rating.total_tenths
    assert code("监管员", answer(is_upheld=False)) == "stars_second_person_needed"
    assert code("外地监管员", answer(is_upheld=False)) == "stars_missing"
    assert code("初审员", answer(is_upheld=True)) == "stars_unchanged"
    giver = "SELECT id, 0, given_by_person_id, NULL, NULL, NULL, NULL FROM star_rating"
    with pytest.raises(DBAPIError, match="another person"), scene.database.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO star_reply {giver}"))
    # a complaint found true in that year is what the formula reads today: who objects loses nothing by it
    now, scene.at = scene.at, on("2024-12-30")
    upheld_complaint(scene, house, "复核员")
    scene.at = now
    worse = town_train.refusal(scene, "初审员", answer(is_upheld=True))
    assert (worse.code, "低于原评定" in worse.title) == ("stars_not_better", True)
    with pytest.raises(DBAPIError, match="no fewer"), scene.database.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO star_reply {FEWER}"), {"by": worse_by(scene)})
    # the class was signed off in that year, and the records say so now
    scene.at = town_train.morning(scene, class_id)
    town_train.sit_through(scene, class_id, {voucher: town_train.a_class(scene, class_id).hours_planned})
    town_train.sign_off(scene, class_id, {voucher: 80_00})
    scene.at = now
    scene.do("初审员", answer(is_upheld=True))
    assert code("复核员", answer(is_upheld=False)) == "stars_replied_already"
    with scene.database.read() as session:
        standing = find_newest(session, house)
        assert standing is not None
        assert standing.is_corrected
        assert standing.total_tenths is not None
        assert standing.total_tenths > before, "by the same formula, complaint and all"
        assert standing.rating.total_tenths == before, "what was given stays"
        assert count_objected(session, [JIYUAN])[0] == 0
