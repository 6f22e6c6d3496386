"""Stars given for a year: frozen with figures and formula, objected to once; few people stay unseen."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests import town_issue, town_train
from tests.scene import JIYUAN, XINXIANG, ZHANG_SAN, Scene, on
from voucher.registry.standards import Parameter
from voucher.rules.actor import Role
from voucher.stages.oversee.quality.figures import find_medians, read_figures
from voucher.stages.oversee.quality.giving import give_stars, object_to_stars
from voucher.stages.oversee.quality.models import StarRating
from voucher.stages.oversee.quality.queries import find_newest


def test_a_year_is_frozen_with_what_it_came_of(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town_issue.eligible(scene, ZHANG_SAN)
    class_id = town_train.open_class(scene, house)
    town_train.redeemed(scene, programme, ZHANG_SAN, class_id)
    scene.hire("监管员", Role.SUPERVISOR, "310101199001010080", JIYUAN)
    scene.hire("外地监管员", Role.SUPERVISOR, "310101199001010250", XINXIANG)
    give = partial(give_stars, year=2024)
    assert town_train.code(scene, "监管员", give) == "stars_year_open"
    scene.at = on("2025-01-06")
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    assert town_train.code(scene, head, give) == "role_missing"
    assert scene.do("监管员", give) == 0, "one person is too few to be judged by"
    with scene.database.read() as session:
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
    for sin in (
        "UPDATE star_rating SET stars = 5",
        "DELETE FROM star_rating",
        "UPDATE star_rating SET objection = 'x'",
    ):
        with pytest.raises(DBAPIError, match="never"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))
