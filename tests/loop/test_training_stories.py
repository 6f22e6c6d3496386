"""培训过程：选哪家、开得成班吗、学时够不够。"""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import told
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene
from voucher.rules.actor import Role
from voucher.stages.issue import issuing
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.train import classes, enrol
from voucher.stages.train.models.places import Completion
from voucher.stages.train.queries import OpenFilter, list_open_classes

T3 = ("示例己职业培训学校", "52419001MJTE5T06XW")


def test_抵用券通用券可选清单内任一机构_清单外的看不见也报不上(scene: Scene) -> None:
    """AC-A5、AC-E7：两家清单内机构的班都可选；没进清单的开不了班；移出目录的看不见，直接提交被拒。"""
    town = way.settle_down(scene)
    second = town_train.train_institution(scene, town_train.T2)
    unlisted = town_train.train_institution(scene, T3, years="")
    free = town_issue.programme(scene, town.budget_id, worth="offset", **town_issue.open_terms())
    mine = town_issue.worker(scene, LI_SI)
    taken = scene.do(mine, lambda work: issuing.take_voucher(work, free, True))
    assert taken is not None
    here, there = (town_train.open_class(scene, each, hours=8) for each in (town.house, second))
    never = town_train.draft(scene, unlisted, hours=8)
    registrar = town_train.staff(scene, unlisted, Role.REGISTRAR)
    heard = told(scene, registrar, partial(classes.file_class, class_id=never, promised=True))
    assert heard.code == "institution_not_listed"
    assert "目录清单" in heard.sentence
    assert "不予补贴" in heard.sentence
    assert (
        told(scene, mine, partial(enrol.enrol, voucher_id=taken.id, class_id=never)).code == "class_missing"
    )
    assert seen(scene) == {here, there}
    for event in ("warn", "rectify", "suspend"):
        scene.do("复核员", partial(impose, institution_id=second, event=event, why="现场检查不合格"))
    go_there = partial(enrol.enrol, voucher_id=taken.id, class_id=there)
    paused = told(scene, mine, go_there)
    # still on the list: what is said is that it has been stopped
    assert (paused.code, "当前为“停业整顿”" in paused.title) == ("institution_not_listed", True)
    scene.do("复核员", partial(impose, institution_id=second, event="delist", why="现场检查不合格"))
    assert seen(scene) == {here}
    barred = told(scene, mine, go_there)
    assert (barred.code, "不在目录清单内" in barred.title) == ("institution_not_listed", True)
    scene.do(mine, partial(enrol.enrol, voucher_id=taken.id, class_id=here))
    assert way.state(scene, taken.id) == "enrolled"


def seen(scene: Scene) -> set[int]:
    """Return the classes a worker may choose from today."""
    with scene.database.read() as session:
        found = list_open_classes(session, scene.at, town_issue.day(scene), OpenFilter())
        return {each.view.found.id for each in found}


def test_开班申请_学时不足和班额超限被拒(scene: Scene) -> None:
    """AC-E2、AC-E4：培训合格证书 39 学时不受理、40 学时可以；51 人的班不受理、50 人可以。"""
    town = way.settle_down(scene)
    completion = {"certificate_kind": "training_completion", "level": 0}

    def file(**planned: object) -> str:
        class_id = town_train.draft(scene, town.house, **planned)
        act = partial(classes.file_class, class_id=class_id, promised=True)
        if planned in ({"hours": 40, **completion}, {"capacity": 50, "at_hour": 15}):
            return scene.do(town.registrar(), act).state
        return told(scene, town.registrar(), act).sentence

    assert "40" in file(hours=39, **completion)
    assert file(hours=40, **completion) == "filed"
    assert "50" in file(capacity=51, at_hour=15)
    assert file(capacity=50, at_hour=15) == "filed"


def test_到课率百分之八十是合格线(scene: Scene) -> None:
    """AC-E1：40 学时到课 32 合格，31 不得结业，理由写明百分比；不得结业的不能参加评价。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    class_id = town_train.open_class(scene, town.house)
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    enough, short, failed = (town_train.enrolled(scene, nurses, each, class_id) for each in people)
    scene.at = town_train.morning(scene, class_id)
    for person, voucher_id in zip(people, (enough, short, failed), strict=True):
        town_train.scan(scene, person, voucher_id, class_id)
    town_train.sit_through(scene, class_id, {enough: 32, short: 31, failed: 40})
    done = town_train.sign_off(scene, class_id, {enough: 60_00, short: 95_00, failed: 59_00})
    assert (done.finished, done.failed) == (1, 2)
    with scene.database.read() as session:
        why = dict(session.execute(select(Completion.voucher_id, Completion.why)).all())
    assert why[enough] is None
    assert "31" in (why[short] or "")
    assert "77.5" in (why[short] or "")
    assert why[failed]
    assert [way.state(scene, each) for each in (enough, short, failed)] == ["trained", "training", "training"]
