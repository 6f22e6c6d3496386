"""Rosters: read with every bad row named, filed by those who may, decided by somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.scene import LI_SI, LIMITS, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on, write_csv
from tests.town_issue import (
    OTHER_TRAINER,
    act,
    codes,
    eligible,
    institution,
    line,
    newcomer,
    open_terms,
    programme,
    publisher,
    staff,
)
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.people import Newcomer, open_people
from voucher.registry.subjects import destroy_key
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.issue import issuing, rosters
from voucher.stages.issue.models import Issue, IssueLine


@pytest.fixture
def budget(scene: Scene) -> int:
    scene.at = on("2024-01-10")
    return scene.open_budget(100_000)


def code_of(scene: Scene, login: str, done: Any) -> str:
    with pytest.raises(Refused) as told:
        scene.do(login, done)
    return told.value.refusal.code


def file_as(scene: Scene, login: str, programme_id: int, people: list[Newcomer], at: int | None) -> Issue:
    filed: Issue = scene.do(login, act(rosters.file_roster, programme_id, people, at))
    return filed


def test_an_institution_files_its_own_people_and_an_officer_decides(scene: Scene, budget: int) -> None:
    """AC-A1: T1 files one person, the office issues; the hints stand beside each line meanwhile."""
    trainer = institution(scene)
    registrar = staff(scene, "教务", Role.REGISTRAR, trainer, "310101199001010410")
    nurses = programme(scene, budget, institution_ids=(trainer,))
    eligible(scene, ZHANG_SAN)
    eligible(scene, LI_SI, category="财政供养")
    people = [newcomer(each) for each in (ZHANG_SAN, LI_SI, SUN_BA)]
    filed = file_as(scene, registrar, nurses, people, trainer)
    assert (filed.state, filed.number, filed.institution_id) == ("filed", f"FQ-2024-{filed.id:06d}", trainer)
    assert codes(scene, filed.id) == ["pending"] * 3
    hints = [line(scene, filed.id, position).refusal for position in (1, 2, 3)]
    assert [each and each["code"] for each in hints] == [None, "publicly_funded", "facts_unknown"]
    issue = act(issuing.issue_roster, filed.id)
    assert code_of(scene, registrar, issue) == "role_missing"
    assert code_of(scene, "operator", issue) == "role_missing"
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010320", region=XINXIANG)
    assert code_of(scene, "外地审核员", issue) == "issue_missing"
    # the registrar's second account as an officer is the same person
    scene.hire("教务2", Role.OFFICER_CITY, "310101199001010410")
    assert code_of(scene, "教务2", issue) == "second_person_needed"
    done = scene.do(publisher(scene), issue)
    assert (done.issued, done.waiting, done.refused) == (2, 0, 1)
    assert codes(scene, filed.id) == ["issued", "publicly_funded", "issued"]
    assert line(scene, filed.id, 3).refusal is None
    assert code_of(scene, publisher(scene), issue) == "event_not_allowed"


def test_who_may_file_for_what(scene: Scene, budget: int) -> None:
    trainer, other = institution(scene), institution(scene, OTHER_TRAINER, years="2022")
    admin = staff(scene, "管理员", Role.INSTITUTION_ADMIN, trainer, "310101199001010420")
    stranger = staff(scene, "外人", Role.INSTITUTION_ADMIN, other, "310101199001010430")
    scanner = staff(scene, "核销员", Role.SCANNER, trainer, "310101199001010440")
    nurses = programme(scene, budget)
    bound = programme(scene, budget, institution_ids=(trainer,))
    free = programme(scene, budget, **open_terms())
    people = [newcomer(ZHANG_SAN)]

    def told(login: str, programme_id: int, at: int | None, whom: list[Newcomer] = people) -> str:
        return code_of(scene, login, act(rosters.file_roster, programme_id, whom, at))

    assert told(stranger, nurses, trainer) == "institution_absent"
    assert told(stranger, bound, other) == "institution_not_of_programme"
    assert told(stranger, nurses, other) == "institution_not_listed"
    assert told(scanner, nurses, trainer) == "role_missing"
    assert told(admin, free, trainer) == "roster_directed_only"
    assert told(admin, 999, trainer) == "programme_missing"
    assert told(admin, nurses, None) == "role_missing"
    assert told("operator", nurses, None, []) == "roster_empty"
    assert told("operator", nurses, None, [*people, *people]) == "roster_person_twice"
    assert told("operator", nurses, None, [Newcomer("41010519900315991", "张三")]) == "identity_malformed"
    filed = file_as(scene, "operator", nurses, people, None)
    assert scene.do("operator", act(issuing.issue_roster, filed.id)).issued == 1


def test_a_roster_sent_back_says_everything_at_once(scene: Scene, budget: int) -> None:
    trainer = institution(scene)
    admin = staff(scene, "管理员", Role.INSTITUTION_ADMIN, trainer, "310101199001010420")
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN)
    eligible(scene, LI_SI, category="财政供养")
    filed = file_as(scene, admin, nurses, [newcomer(ZHANG_SAN), newcomer(LI_SI)], trainer)
    back = act(rosters.return_roster, filed.id, "缺少岗位证明")
    assert code_of(scene, "operator", back) == "role_missing"
    assert code_of(scene, publisher(scene), act(rosters.return_roster, filed.id, "")) == "why_missing"
    assert scene.do(publisher(scene), back).state == "returned"
    assert codes(scene, filed.id) == ["roster_returned", "publicly_funded"]
    assert code_of(scene, publisher(scene), act(issuing.issue_roster, filed.id)) == "event_not_allowed"


def test_the_erased_and_the_misnamed_are_refused_where_they_stand(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN, LI_SI)

    def erase(work: Any) -> None:
        index = next(iter(open_people(work, [newcomer(LI_SI)])))
        destroy_key(work, index)

    scene.do("operator", erase)
    named = [Newcomer(ZHANG_SAN[1], "张叁"), newcomer(LI_SI), Newcomer(f" {SUN_BA[1]} ", "孙 八")]
    filed = file_as(scene, "operator", nurses, named, None)
    assert codes(scene, filed.id) == ["name_differs", "subject_erased", "pending"]
    scene.do("operator", act(issuing.issue_roster, filed.id))
    assert codes(scene, filed.id) == ["name_differs", "subject_erased", "issued"]
    with scene.database.read() as session:
        told = session.scalars(select(IssueLine.refusal)).all()
    assert "张" not in str(told), "no name leaves in a refusal"


def test_a_roster_file_is_read_whole_and_every_bad_row_is_named(scene: Scene) -> None:
    good = {"姓名": "张三", "身份证号": ZHANG_SAN[1].lower(), "手机号": "13900000000"}
    path = write_csv(
        scene.folder / "roster.csv", [good, {"姓名": "李四", "身份证号": LI_SI[1], "手机号": ""}]
    )
    people = scene.do("operator", act(rosters.read_roster, path, LIMITS))
    assert people == [Newcomer(ZHANG_SAN[1], "张三", "13900000000"), newcomer(LI_SI)]
    bad = write_csv(
        scene.folder / "bad.csv",
        [
            good,
            {"姓名": "李四", "身份证号": "410105199003159919", "手机号": ""},
            {"姓名": "", "身份证号": LI_SI[1], "手机号": ""},
            {"姓名": "张三", "身份证号": ZHANG_SAN[1], "手机号": "123"},
            {"姓名": "张三", "身份证号": ZHANG_SAN[1], "手机号": ""},
        ],
    )
    with pytest.raises(ImportRefused) as told:
        scene.do("operator", act(rosters.read_roster, bad, LIMITS))
    problems = [(each.line, each.refusal.code) for each in told.value.report.problems]
    assert problems == [
        (3, "identity_check_digit"), (4, "cell_missing"), (5, "mobile_malformed"), (6, "roster_person_twice"),
    ]  # fmt: skip
    assert ZHANG_SAN[1] not in str(told.value.report.problems)
    empty = write_csv(scene.folder / "empty.csv", [{"姓名": "", "身份证号": "", "手机号": ""}])
    assert code_of(scene, "operator", act(rosters.read_roster, empty, LIMITS)) in (
        "roster_empty",
        "import_refused",
    )
