"""What an institution filed holds its classes: licences, occupations and levels, teachers, rooms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from tests import town_filing, town_issue
from tests import town_train as town
from tests.scene import NURSE, TURNER, ZHANG_SAN, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry.filing import applying, parts, reviewing
from voucher.registry.filing.reading import read_parts
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.stages.train import classes
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries.reviewing import list_checks

FILED = ("机构证照", "职业和等级", "教师已备案", "场地已备案")


def test_a_class_keeps_to_filed_occupations_teachers_rooms_and_the_licence(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    _, filing = town_filing.accepted(scene, until=date(2024, 5, 31))
    house = filing.institution_id or 0
    town_filing.listed(scene)
    login = town.staff(scene, house, Role.REGISTRAR)

    def told(**changes: Any) -> tuple[str, str]:
        class_id = town.draft(scene, house, **changes)
        refused = town.refusal(scene, login, lambda work: classes.file_class(work, class_id, True))
        return refused.code, refused.title

    assert told(trade_code=TURNER)[0] == "outside_filed_scope"
    assert told(level=3) == ("outside_filed_scope", "养老护理员不在机构 2024 年获准的职业、等级范围内")
    unfiled = told(project_code="TRAIN-SPECIAL")
    assert unfiled[0] == "project_not_filed"
    assert "养老护理员没有按“" in unfiled[1]
    assert told(teacher="李老师") == ("teacher_not_filed", "教师“李老师”不在机构备案的师资中")
    assert told(place="二号楼") == ("room_not_filed", "场地“二号楼”不在机构备案的场地中")
    assert told(capacity=41)[1].endswith("备案 40 个座位，班额 41 人坐不下")
    assert told(starts_on=date(2024, 6, 3)) == (
        "licence_expired", "济源市济水职业培训学校的证照 2024-05-31 到期，早于开班日期 2024-06-03",
    )  # fmt: skip
    good = town.open_class(scene, house)
    # the office reads whether a rule was held against anything: who never filed is not called in order
    stranger = town.open_class(scene, town.train_institution(scene))
    assert {told_to_office(scene, good, part)[0] for part in FILED} == {"✓"}
    for part in FILED:
        mark, words = told_to_office(scene, stranger, part)
        assert (mark, words.endswith("没有核对")) == ("!", True), words
    # a list that names occupations narrows what was filed
    town_filing.listed(scene, scope="4-10-01-06/五级")
    assert told(teacher="周老师")[0] == "outside_filed_scope"
    town_filing.listed(scene, scope="养老护理员/初级工、4-10-01-06/五级")
    again = town.draft(scene, house)
    busy = town.refusal(scene, login, lambda work: classes.file_class(work, again, True))
    assert busy.code == "sessions_overlap"

    # the same person teaches at another school at that hour: one person, wherever, by whatever account
    other_house = ("济源市王屋职业培训学校", town.T2[1])
    other_login = town_issue.worker(scene, ZHANG_SAN)
    page = town_filing.first_page(other_house)
    second = scene.do(other_login, partial(applying.open_filing, page=page)).id
    town_filing.fill(scene, other_login, second)
    scene.do(other_login, partial(applying.file_filing, filing_id=second))
    accept = partial(reviewing.accept_filing, filing_id=second, opinion="同意")
    theirs = scene.do(town.reviewer(scene), accept).institution_id or 0
    town_filing.listed(scene, other_house)
    class_id = town.draft(scene, theirs)
    clash = town.refusal(
        scene,
        town.staff(scene, theirs, Role.REGISTRAR),
        lambda work: classes.file_class(work, class_id, True),
    )
    assert clash.code == "sessions_overlap"
    assert "教师“周老师”" in clash.title
    assert "场地" not in clash.title, "a room of the same name elsewhere is another room"
    # a teacher whose qualification ends before the class does
    change = scene.do(other_login, partial(applying.change_filing, institution_id=theirs)).id
    with scene.database.read() as session:
        teacher = read_parts(session, change).teachers[0].id
    ending = replace(town_filing.TEACHING, until=date(2024, 3, 22), trades=(NURSE, "4-10-01-06"))

    def renew(work: Work) -> None:
        parts.strike(work, change, "teachers", teacher)
        parts.add_teacher(work, change, ending)
        applying.file_filing(work, change)

    scene.do(other_login, renew)
    scene.do(town.reviewer(scene), partial(reviewing.accept_filing, filing_id=change, opinion="同意"))
    late = town.refusal(
        scene,
        town.staff(scene, theirs, Role.REGISTRAR),
        lambda work: classes.file_class(work, class_id, True),
    )
    assert late.title == "教师“周老师”的资格 2024-03-22 到期，早于结班日期 2024-03-26"

    # redeemed while the licence stands; had it ended before the class began, nobody would be
    scene.open_budget(50_000)
    voucher = town.enrolled(scene, town_issue.programme(scene, 1), ZHANG_SAN, good)
    scene.at = town.morning(scene, good)

    def cut_short(work: Work) -> None:
        work.session.get_one(Institution, house).licensed_until = date(2024, 3, 20)

    scene.do("operator", cut_short)
    counter = town.staff(scene, house, Role.SCANNER)
    assert (
        town.code(scene, counter, lambda _: town.scan(scene, ZHANG_SAN, voucher, good)) == "licence_expired"
    )
    scene.do("operator", lambda work: setattr(_get(work, house), "licensed_until", date(2024, 3, 22)))
    assert town.scan(scene, ZHANG_SAN, voucher, good).voucher_id == voucher


def told_to_office(scene: Scene, class_id: int, part: str) -> tuple[str, str]:
    """Return the mark and the words of the rule about one part of what is filed."""
    with scene.database.read() as session:
        found = session.get_one(TrainingClass, class_id)
        told = list_checks(session, scene.keyring, found, town_issue.day(scene))
    (one,) = [each for each in told if each.text.startswith(part)]
    return one.mark, one.text


def _get(work: Work, house: int) -> Institution:
    return work.session.get_one(Institution, house)
