"""Rating a class: by who was signed off in it, to be changed until the limit, shown of enough people only."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import select, update

from tests import town_issue as issue
from tests import town_train as town
from tests.loop import way
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene
from voucher.ledger.audit import AuditRow
from voucher.registry.standards import Parameter
from voucher.stages.train import rating
from voucher.stages.train.models.ratings import ClassRating
from voucher.stages.train.queries.ratings import (
    find_own_rating,
    list_said,
    rated_class,
    rated_institution,
)

PEOPLE = (ZHANG_SAN, LI_SI, SUN_BA)
WORDS = "老师讲得清楚，就是教室太冷"


def test_who_finished_says_how_it_was_and_only_the_average_is_shown(scene: Scene) -> None:
    at = way.settle_down(scene)
    least = update(Parameter).where(Parameter.name == "rating_people_minimum").values(value="3")
    scene.do("operator", lambda work: work.session.execute(least))
    nurses = issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, at.house, hours=8)
    early = partial(rating.rate, stars=5, said="")
    waiting = town.enrolled(scene, nurses, ZHANG_SAN, class_id)
    mine = issue.worker(scene, ZHANG_SAN)
    assert town.code(scene, mine, partial(early, voucher_id=waiting)) == "rating_before_sign_off"
    others = [town.enrolled(scene, nurses, each, class_id) for each in (LI_SI, SUN_BA)]
    vouchers = [waiting, *others]
    scene.at = town.morning(scene, class_id)
    for person, voucher_id in zip(PEOPLE, vouchers, strict=True):
        town.scan(scene, person, voucher_id, class_id)
    town.sit_through(scene, class_id, dict.fromkeys(vouchers, 8))
    # who failed may say so too
    town.sign_off(scene, class_id, {waiting: 80_00, others[0]: 80_00, others[1]: 10_00})

    assert town.code(scene, mine, partial(early, voucher_id=others[0])) == "voucher_missing"
    assert town.code(scene, at.registrar(), partial(early, voucher_id=waiting)) == "role_missing"
    assert town.code(scene, mine, partial(rating.rate, voucher_id=waiting, stars=6, said="")) == (
        "stars_malformed"
    )

    def rate(person: tuple[str, str], voucher_id: int, stars: int, said: str = "") -> int:
        act = partial(rating.rate, voucher_id=voucher_id, stars=stars, said=said)
        return scene.do(issue.worker(scene, person), act).changes

    assert rate(ZHANG_SAN, waiting, 5, WORDS) == 0
    assert rate(LI_SI, others[0], 4) == 0
    today = issue.day(scene)
    with scene.database.read() as session:
        assert rated_class(session, class_id, today).average_tenths is None
    assert rate(SUN_BA, others[1], 1, "没教什么") == 0
    assert rate(ZHANG_SAN, waiting, 3, WORDS) == 1
    with scene.database.read() as session:
        for found in (rated_class(session, class_id, today), rated_institution(session, at.house, today)):
            assert (found.average, found.people) == ("2.7", 3)
        assert list_said(session, scene.keyring, [class_id]) == [(1, "没教什么"), (3, WORDS)]
        own = find_own_rating(session, scene.keyring, waiting, today)
        assert own is not None
        assert (own.stars, own.said, own.is_open) == (3, WORDS, True)
        assert WORDS.encode() not in b"".join(
            each for each in session.scalars(select(ClassRating.said_sealed)) if each
        )
        trail = session.scalars(select(AuditRow.content).where(AuditRow.act == "rate_class")).all()
        assert {str(each) for each in trail} == {"{'changes': 0}", "{'changes': 1}"}
    scene.at += timedelta(days=91)
    late = partial(rating.rate, voucher_id=waiting, stars=1, said="")
    assert town.code(scene, mine, late) == "rating_closed"
