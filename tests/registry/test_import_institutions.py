"""Institutions and evaluators out of a file: listed, filed, scoped, and never under a foreign number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from tests.scene import EV1, EV2, JIYUAN, LIMITS, NURSE, XINXIANG, Scene, write_csv
from voucher.ledger.states import list_events
from voucher.registry.catalogue import SpecialItem
from voucher.registry.importing.evaluators import EvaluatorsImporter, read_kind
from voucher.registry.importing.frame import Importer, ImportRefused, Report, import_file
from voucher.registry.importing.institutions import InstitutionsImporter
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope, Institution
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing

T1 = ("示例甲职业培训学校", "52410105MJTE5T01X7")


def institution(**more: object) -> dict[str, object]:
    return {
        "名称": T1[0], "统一社会信用代码": T1[1], "类型": "民办职业培训学校", "地区": "410105",
        "备案号": "", "有效期起": "2023-01-01", "有效期止": "", **more,
    }  # fmt: skip


def scope(evaluator: tuple[str, str, str] = EV1, **more: object) -> dict[str, object]:
    return {
        "名称": evaluator[0], "统一社会信用代码": evaluator[1], "类别": "社会培训评价组织", "地区": JIYUAN,
        "备案号": evaluator[2], "职业编码": NURSE, "等级": "五级/初级工", "有效期起": "2021-01-01",
        "有效期止": "", **more,
    }  # fmt: skip


def take(
    scene: Scene, kind: type[Importer[Any]], rows: Sequence[dict[str, object]], login: str = "operator"
) -> Report:
    scene.serials += 1
    path = write_csv(scene.folder / f"{kind.kind}{scene.serials}.csv", rows)
    return scene.do(login, lambda work: import_file(work, kind, path, limits=LIMITS))


def problems(
    scene: Scene, kind: type[Importer[Any]], rows: Sequence[dict[str, object]]
) -> list[tuple[object, ...]]:
    with pytest.raises(ImportRefused) as caught:
        take(scene, kind, rows)
    return [(each.line, each.column, each.refusal.code) for each in caught.value.report.problems]


def scopes(scene: Scene) -> list[tuple[str, int, str, str | None]]:
    with scene.database.read() as session:
        rows = session.scalars(select(EvaluatorScope).order_by(EvaluatorScope.id))
        return [
            (row.trade_code, row.level, str(row.since), str(row.until) if row.until else None) for row in rows
        ]


def test_an_imported_institution_stands_in_the_list(scene: Scene) -> None:
    assert take(scene, InstitutionsImporter, [institution()]).rows_added == 1
    with scene.database.read() as session:
        found = session.scalars(select(Institution)).one()
        assert (found.state, found.kind, found.region_code) == ("listed", "training_school", "410105")
        assert [event.event for event in list_events(session, Thing.INSTITUTION, found.id)] == ["list"]


def test_importing_again_brings_names_and_dates_up_to_the_file(scene: Scene) -> None:
    take(scene, InstitutionsImporter, [institution()])
    same = take(scene, InstitutionsImporter, [institution()])
    renamed = take(
        scene, InstitutionsImporter, [institution(名称="新名称职业培训学校", 有效期止="2025-12-31")]
    )
    assert (same.rows_unchanged, renamed.rows_changed) == (1, 1)
    with scene.database.read() as session:
        found = session.scalars(select(Institution)).one()
        assert (found.name, str(found.until)) == ("新名称职业培训学校", "2025-12-31")


def test_bad_institutions_are_named(scene: Scene) -> None:
    assert problems(
        scene,
        InstitutionsImporter,
        [
            institution(统一社会信用代码="52410105MJTE5T01X8"),
            institution(统一社会信用代码="52410105"),
            institution(类型="火箭"),
            institution(地区="999999"),
            institution(有效期止="2022-12-31"),
            institution(有效期起="去年"),
        ],
    ) == [
        (2, "统一社会信用代码", "organisation_code_check_digit"),
        (3, "统一社会信用代码", "organisation_code_malformed"),
        (4, "类型", "institution_kind_unknown"),
        (5, "地区", "region_unknown"),
        (6, "有效期止", "period_reversed"),
        (7, "有效期起", "date_malformed"),
    ]


def test_kinds_are_read_in_the_words_lists_use(scene: Scene) -> None:
    words = {
        "企业": "enterprise",
        "有限公司": "enterprise",
        "技工学校": "technician_college",
        "职业培训机构": "training_school",
        "职业学院": "vocational_college",
        "评价机构": "evaluation_body",
    }
    for word, kind in words.items():
        take(scene, InstitutionsImporter, [institution(类型=word)])
        with scene.database.read() as session:
            assert session.scalars(select(Institution.kind)).all() == [kind]


def test_an_office_lists_only_its_own_region(scene: Scene) -> None:
    scene.hire("新乡经办", Role.OPERATOR, "310101199001010080", XINXIANG)
    with pytest.raises(ImportRefused) as caught:
        take(scene, InstitutionsImporter, [institution()], "新乡经办")
    assert caught.value.report.problems[0].refusal.code == "region_foreign"
    assert take(scene, InstitutionsImporter, [institution(地区="410702")], "新乡经办").rows_added == 1


def test_an_evaluator_is_opened_with_filing_and_scopes(scene: Scene) -> None:
    report = take(scene, EvaluatorsImporter, [scope(), scope(等级="四级"), scope(职业编码="6-18-01-01")])
    assert report.rows_added == 3
    with scene.database.read() as session:
        filing = session.scalars(select(EvaluatorFiling)).one()
        assert (filing.filing_number, filing.region_code, str(filing.since)) == (EV1[2], JIYUAN, "2021-01-01")
        assert session.scalars(select(Institution.state)).all() == ["listed"]
    assert scopes(scene) == [
        (NURSE, 2, "2021-01-01", None), (NURSE, 3, "2021-01-01", None), ("6-18-01-01", 2, "2021-01-01", None)
    ]  # fmt: skip


def test_new_dates_are_new_rows_and_a_new_last_day_ends_the_old(scene: Scene) -> None:
    take(scene, EvaluatorsImporter, [scope()])
    again = take(scene, EvaluatorsImporter, [scope()])
    ended = take(scene, EvaluatorsImporter, [scope(有效期止="2023-12-31")])
    renewed = take(scene, EvaluatorsImporter, [scope(有效期起="2024-01-01", 有效期止="2026-12-31")])
    assert (again.rows_unchanged, ended.rows_changed, renewed.rows_added) == (1, 1, 1)
    assert scopes(scene) == [
        (NURSE, 2, "2021-01-01", "2023-12-31"), (NURSE, 2, "2024-01-01", "2026-12-31")
    ]  # fmt: skip
    with scene.database.read() as session:
        filing = session.scalars(select(EvaluatorFiling)).one()
        assert (str(filing.since), str(filing.until)) == ("2021-01-01", "2026-12-31")


def test_a_filing_number_belongs_to_one_institution(scene: Scene) -> None:
    take(scene, EvaluatorsImporter, [scope()])
    foreign = (*EV2[:2], EV1[2])
    assert problems(scene, EvaluatorsImporter, [scope(foreign)]) == [(2, "备案号", "filing_number_taken")]
    within = [scope(EV2), scope((T1[0], T1[1], EV2[2]))]
    assert problems(scene, EvaluatorsImporter, within) == [(3, "备案号", "filing_number_taken")]


def test_bad_scopes_are_named(scene: Scene) -> None:
    assert problems(
        scene,
        EvaluatorsImporter,
        [
            scope(备案号="S00004101000"),
            scope(职业编码="9-99-99-99"),
            scope(等级=""),
            scope(等级="九级"),
            scope(类别="火箭"),
            scope(职业编码="HN-X-1", 等级="五级"),
            scope(有效期起=""),
        ],
    ) == [
        (2, "备案号", "filing_number_malformed"),
        (3, "职业编码", "occupation_unknown"),
        (4, "等级", "scope_level_missing"),
        (5, "等级", "level_unknown"),
        (6, "类别", "evaluator_kind_unknown"),
        (7, "等级", "level_not_for_item"),
        (8, "有效期起", "cell_missing"),
    ]


def test_lists_write_that_there_is_no_end_and_no_level_in_words(scene: Scene) -> None:
    take(scene, EvaluatorsImporter, [scope(有效期止="长期")])
    rows = [scope(有效期止="永久有效"), scope(类别="专项考核机构", 等级="专项职业能力", 有效期止="—")]
    take(scene, EvaluatorsImporter, rows)
    with scene.database.read() as session:
        told = session.execute(select(EvaluatorScope.level, EvaluatorScope.until)).all()
    assert sorted(told) == [(0, None), (2, None)]


def test_words_of_the_counties_name_the_kind_of_evaluator() -> None:
    words = {
        "第三方评价机构": "social_organisation",
        "行业协会": "social_organisation",
        "高校": "school",
        "企业评价机构": "employer",
        "专项评价机构": "special_skill_body",
    }
    assert {word: str(read_kind(word)) for word in words} == words


def test_an_item_without_level_is_introduced_by_its_filing(scene: Scene) -> None:
    rows = [
        scope(
            类别="专项考核机构",
            职业编码="HN-ZX-088",
            职业名称="开封灌汤包制作",
            等级="",
            备案号="豫专2021第8号",
        )
    ]
    take(scene, EvaluatorsImporter, rows)
    assert scopes(scene) == [("HN-ZX-088", 0, "2021-01-01", None)]
    with scene.database.read() as session:
        item = session.get_one(SpecialItem, "HN-ZX-088")
        assert item.name == "开封灌汤包制作"
        assert "豫专2021第8号" in item.source


def test_any_evaluator_may_be_filed_for_an_occupation_without_level_if_it_says_so(scene: Scene) -> None:
    take(scene, EvaluatorsImporter, [scope(等级="无等级")])
    with scene.database.read() as session:
        assert session.scalars(select(EvaluatorScope.level)).all() == [0]
