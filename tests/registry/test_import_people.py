"""People out of a file: who is opened, who is left alone, and how each bad row is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.scene import FENG_YI, LI_SI, LIMITS, SUN_BA, ZHANG_SAN, Scene, write_csv
from voucher.plumbing.spreadsheets import Limits, Sheet, SheetColumn, write_workbook
from voucher.plumbing.unit_of_work import perform
from voucher.registry import people, subjects
from voucher.registry.importing.frame import PIECE_ROWS, ImportRefused, Report, import_file
from voucher.registry.importing.people import PeopleImporter
from voucher.registry.people import Person, PersonTag
from voucher.rules.actor import Role
from voucher.rules.errors import Refused


def row(person: tuple[str, str], **more: object) -> dict[str, object]:
    return {"姓名": person[0], "证件号码": person[1], "手机号": "", "人员类别": "", "户籍地区": "", **more}


def refused(scene: Scene, rows: Sequence[dict[str, object]]) -> list[dict[str, Any]]:
    with pytest.raises(ImportRefused) as caught:
        scene.import_people(rows)
    return [problem.as_json() for problem in caught.value.report.problems]


def count_people(scene: Scene) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).where(Person.number_sealed.is_not(None))) or 0


def tags(scene: Scene) -> list[tuple[str, str, bool]]:
    with scene.database.read() as session:
        rows = session.execute(
            select(PersonTag.kind, PersonTag.value, PersonTag.until).order_by(PersonTag.id)
        )
        return [(kind, value, until is None) for kind, value, until in rows]


def test_people_are_opened_once_in_whatever_spelling(scene: Scene) -> None:
    first = scene.import_people([row(ZHANG_SAN, 手机号="138 0013 8000"), row(FENG_YI, 户籍地区="济源示范区")])
    again = scene.import_people(
        [
            row(("张三", "４１０１０５１９９００３１５９９１ｘ ")),
            row(("冯一", "410105700701990"), 户籍地区="419001"),
        ]
    )
    assert (first.rows_added, first.rows_refused) == (2, 0)
    assert (again.rows_added, again.rows_unchanged) == (0, 2)
    assert count_people(scene) == 2


def test_a_wrong_check_digit_is_named_with_the_right_one_and_nothing_is_kept(scene: Scene) -> None:
    (problem,) = refused(scene, [row(LI_SI), row(("张三", "410105199003159919"))])
    assert (problem["line"], problem["column"], problem["code"]) == (3, "证件号码", "identity_check_digit")
    assert "校验码应为X" in problem["title"]
    assert problem["value"] == "410105********9919"
    assert count_people(scene) == 0


def test_every_bad_cell_of_every_bad_row_is_named(scene: Scene) -> None:
    problems = refused(
        scene,
        [
            row(("", ZHANG_SAN[1]), 养老金=""),
            row(("李四", "")),
            row(("王2", "41010519900315991"), 手机号="12345", 户籍地区="火星市"),
            row(SUN_BA, 养老金="也许"),
        ],
    )
    assert [(each["line"], each["column"], each["code"]) for each in problems] == [
        (2, "姓名", "cell_missing"),
        (3, "证件号码", "cell_missing"),
        (4, "姓名", "name_malformed"),
        (4, "证件号码", "identity_malformed"),
        (4, "手机号", "mobile_malformed"),
        (4, "户籍地区", "region_unknown"),
        (5, "养老金", "statement_unknown"),
    ]
    assert all("41010519900315991" not in str(each) and "12345" not in str(each) for each in problems)


def test_an_identity_stored_as_a_number_by_a_spreadsheet(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    columns = [SheetColumn("姓名"), SheetColumn("证件号码")]
    write_workbook(path, [Sheet("人员", columns, [["张三", ZHANG_SAN[1]]])], created_at=scene.at)
    assert take(scene, path).rows_added == 1
    csv_path = write_csv(tmp_path / "people.csv", [{"姓名": "李四", "证件号码": "4.10702E+17"}])
    with pytest.raises(ImportRefused) as caught:
        take(scene, csv_path)
    assert caught.value.report.problems[0].refusal.code == "identity_as_number"


def take(scene: Scene, path: Path, limits: Limits = LIMITS, **options: Any) -> Report:
    return scene.do(
        "operator", lambda work: import_file(work, PeopleImporter, path, limits=limits, **options)
    )


def test_partial_keeps_the_good_rows(scene: Scene) -> None:
    report = scene.import_people([row(ZHANG_SAN), row(("李四", "410702198511209920"))], partial=True)
    assert (report.rows_read, report.rows_added, report.rows_refused) == (2, 1, 1)
    assert count_people(scene) == 1


def test_a_dry_run_keeps_nothing(scene: Scene, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", [row(ZHANG_SAN)])
    report = perform(
        scene.database, scene.keyring, scene.actor("operator"), scene.at,
        lambda work: import_file(work, PeopleImporter, path, limits=LIMITS), keep=False,
    )  # fmt: skip
    assert report.rows_added == 1
    assert count_people(scene) == 0


def test_another_name_for_a_known_number_asks_for_the_rename(scene: Scene) -> None:
    scene.import_people([row(ZHANG_SAN)])
    (problem,) = refused(scene, [row(("张叁", ZHANG_SAN[1]))])
    assert (problem["column"], problem["code"], problem["value"]) == ("姓名", "name_differs", "张*")
    (within,) = refused(scene, [row(LI_SI), row(("李肆", LI_SI[1]))])
    assert (within["line"], within["code"]) == (3, "name_differs")


def test_the_same_person_twice_in_one_file_is_one_person(scene: Scene) -> None:
    report = scene.import_people([row(ZHANG_SAN), row(ZHANG_SAN)])
    assert (report.rows_added, report.rows_unchanged) == (1, 1)


def test_contact_and_home_may_change(scene: Scene) -> None:
    scene.import_people([row(ZHANG_SAN, 手机号="13800138000")])
    report = scene.import_people([row(ZHANG_SAN, 手机号="13900139000", 户籍地区="新疆维吾尔自治区")])
    assert (report.rows_changed, report.rows_unchanged) == (1, 0)
    with scene.database.read() as session:
        person = session.scalars(select(Person).where(Person.region_code.is_not(None))).one()
        assert person.region_code == "650000"
        assert person.mobile_index == scene.keyring.blind_index("mobile", "13900139000")


def test_a_home_in_another_province_counts_as_that_province(scene: Scene) -> None:
    scene.import_people([row(SUN_BA, 户籍地区="650104")])
    (problem,) = refused(scene, [row(LI_SI, 户籍地区="410999")])
    assert problem["code"] == "region_unknown"
    with scene.database.read() as session:
        assert session.scalars(select(Person.region_code).where(Person.region_code.is_not(None))).all() == [
            "650000"
        ]


def test_facts_are_dated_and_a_new_statement_takes_the_place_of_the_old(scene: Scene) -> None:
    scene.import_people([row(ZHANG_SAN, 人员类别="财政供养人员", 养老金="否", 意愿="愿意")])
    assert tags(scene) == [
        ("category", "财政供养", True), ("pension", "未领取养老金", True), ("intent", "yes", True)
    ]  # fmt: skip
    unchanged = scene.import_people([row(ZHANG_SAN, 人员类别="在编人员")])
    changed = scene.import_people([row(ZHANG_SAN, 人员类别="农民工、脱贫人口")])
    assert (unchanged.rows_unchanged, changed.rows_changed) == (1, 1)
    assert tags(scene)[0] == ("category", "财政供养", False)
    assert tags(scene)[3:] == [("category", "农民工", True), ("category", "脱贫人口", True)]


def test_a_dated_statement_leaves_the_days_before_it_as_they_were(scene: Scene) -> None:
    scene.import_people([row(ZHANG_SAN, 人员类别="农民工")])
    scene.import_people([row(ZHANG_SAN, 人员类别="公务员", 起始日期="2023-12-01")])
    with scene.database.read() as session:
        ended = session.scalars(select(PersonTag.until).where(PersonTag.until.is_not(None))).one()
    assert str(ended) == "2023-11-30"


def test_an_erased_person_is_not_written_of_again(scene: Scene) -> None:
    scene.import_people([row(ZHANG_SAN)])
    index = people.index_of(scene.keyring, ZHANG_SAN[1])
    scene.do("operator", lambda work: subjects.destroy_key(work, index))
    (problem,) = refused(scene, [row(ZHANG_SAN), row(LI_SI)])
    assert (problem["line"], problem["code"]) == (2, "subject_erased")


BAD_FILES = [
    ("people.csv", "姓名,证件号码\n张三,=1+1\n".encode(), "import_refused"),
    ("people.csv", "姓名,证件号码\n张三\n".encode(), "import_refused"),
    ("people.csv", "姓名,证件号码\n张三,x\n".encode("gbk"), "file_encoding"),
    ("people.csv", "姓名,号码\n".encode(), "column_missing"),
    ("people.csv", b"%PDF-1.7\n", "file_not_what_it_says"),
    ("people.xlsx", "姓名,证件号码\n".encode(), "file_not_what_it_says"),
    ("people.csv", b"", "file_empty"),
    ("people.ods", b"x", "file_kind_unknown"),
]


def test_files_that_are_not_what_they_should_be(scene: Scene, tmp_path: Path) -> None:
    for name, content, code in BAD_FILES:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(Refused, match=code):
            take(scene, path)
    assert count_people(scene) == 0


def test_more_rows_than_the_limit(scene: Scene, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", [row(ZHANG_SAN), row(LI_SI), row(SUN_BA)])
    with pytest.raises(Refused, match="too_many_rows"):
        take(scene, path, Limits(max_rows=2))
    assert count_people(scene) == 0


def test_a_formula_is_named_by_line_and_column(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"姓名,证件号码\n=cmd(),{ZHANG_SAN[1]}\n", encoding="utf-8")
    with pytest.raises(ImportRefused) as caught:
        take(scene, path)
    (problem,) = caught.value.report.problems
    assert (problem.line, problem.column, problem.refusal.code) == (2, "姓名", "formula_cell")


def test_progress_is_told_and_pieces_follow_each_other(scene: Scene, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", [row(ZHANG_SAN)] * (PIECE_ROWS + 1))
    told: list[tuple[int, int | None]] = []
    report = take(scene, path, progress=lambda done, total: told.append((done, total)))
    assert told[0][0] == PIECE_ROWS
    assert told[-1] == (PIECE_ROWS + 1, PIECE_ROWS + 1)
    assert (report.rows_added, report.rows_unchanged) == (1, PIECE_ROWS)


def test_who_has_no_business_here_is_refused(scene: Scene) -> None:
    scene.hire("签发员", Role.FINANCE_RELEASER, "310101199001010060")
    path = write_csv(scene.folder / "people.csv", [row(ZHANG_SAN)])
    with pytest.raises(Refused, match="role_missing"):
        scene.do("签发员", lambda work: import_file(work, PeopleImporter, path, limits=LIMITS))
