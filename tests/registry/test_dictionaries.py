"""The dated dictionaries: every word of the rules and of the documents with its source, and new ones."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from tests.scene import LIMITS, Scene, write_csv
from voucher.registry.catalogue import get_project
from voucher.registry.dictionaries import check_word, list_words, name_words
from voucher.registry.importing.dictionaries import DictionariesImporter
from voucher.registry.importing.entry_conditions import EntryConditionsImporter
from voucher.registry.importing.equivalences import EquivalencesImporter
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.importing.projects import ProjectsImporter
from voucher.registry.importing.talent_categories import TalentCategoriesImporter
from voucher.registry.reference import FOLDER, read_records
from voucher.registry.talents.categories import list_mappings
from voucher.registry.talents.ladder import list_conditions, list_equivalences
from voucher.rules.dictionaries import DICTIONARY_NAMES, RULED_WORDS, Dictionary, read_dictionary
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import (
    CERTIFICATE_KIND_NAMES,
    FUND_SOURCE_NAMES,
    INSTITUTION_KIND_NAMES,
    METHOD_NAMES,
    SubsidyKind,
)

TODAY = date(2024, 3, 6)
SHIPPED = list(read_records(FOLDER / "dictionaries.csv"))
ASKED_FOR = {
    Dictionary.TRAINING_KIND: (
        "岗前培训 转岗培训 企业新型学徒制培训 技师培训 创业培训 项目制培训 订单式培训 定岗式培训"
        " 菜单式培训 套餐制培训 劳动预备制培训"
    ),
    Dictionary.TRAINING_MODE: "线下 线上 混合",
    Dictionary.STANDARD_KIND: "行业企业评价规范 专项职业能力考核规范",
    Dictionary.PERSON_GROUP: "企业职工 高校毕业生 退役军人 残疾人 转岗职工",
    Dictionary.BRAND: (
        "河南码农 河南护工 豫农技工 河南建工 河南织女 物流豫工 河南跑男 豫菜师傅 豫匠工坊 河南电商 长垣厨师"
    ),
}
ENUMS: dict[Dictionary, Mapping[str, str]] = {
    Dictionary.INSTITUTION_KIND: {str(each): name for each, name in INSTITUTION_KIND_NAMES.items()},
    Dictionary.CERTIFICATE_KIND: {str(each): name for each, name in CERTIFICATE_KIND_NAMES.items()},
    Dictionary.CERTIFICATE_WAY: {str(each): name for each, name in METHOD_NAMES.items()},
    Dictionary.FUND_SOURCE: {str(each): name for each, name in FUND_SOURCE_NAMES.items()},
}


def take(scene: Scene, rows: Sequence[Mapping[str, object]], kind: type = DictionariesImporter) -> Report:
    scene.serials += 1
    path = write_csv(scene.folder / f"words{scene.serials}.csv", rows)
    return scene.do("operator", lambda work: import_file(work, kind, path, limits=LIMITS))


def codes(scene: Scene, rows: Sequence[Mapping[str, object]], kind: type = DictionariesImporter) -> list[str]:
    with pytest.raises(ImportRefused) as caught:
        take(scene, rows, kind)
    return [problem.refusal.code for problem in caught.value.report.problems]


def word(**more: object) -> dict[str, object]:
    return {
        "字典": "培训品牌", "代码": "yuxi_cook", "名称": "豫西厨师", "文件": "某市通知",
        "起始日期": "2024-01-01", "截止日期": "", "依据": "某市人社局通知 第3条", **more,
    }  # fmt: skip


def test_what_the_rules_know_stands_in_its_dictionary_by_the_same_name(scene: Scene) -> None:
    with scene.database.read() as session:
        for dictionary, names in ENUMS.items():
            assert {each.code: each.name for each in list_words(session, dictionary, TODAY)} == names
            assert RULED_WORDS[dictionary] == names
        modes = {each.code: each.name for each in list_words(session, Dictionary.TRAINING_MODE, TODAY)}
        assert modes == RULED_WORDS[Dictionary.TRAINING_MODE]


def test_every_word_the_documents_enumerate_is_there_with_its_source(scene: Scene) -> None:
    with scene.database.read() as session:
        for dictionary, words in ASKED_FOR.items():
            names = {each.name for each in list_words(session, dictionary, TODAY)}
            assert set(words.split()) <= names
        assert len(list_words(session, Dictionary.DEPARTMENT, TODAY)) == 26
        for dictionary in Dictionary:
            assert list_words(session, dictionary, TODAY)
            named = name_words(session, dictionary)
            assert len(set(named.values())) == len(named), "two words of one dictionary read the same"
    assert {row["dictionary"] for row in SHIPPED} == {str(each) for each in Dictionary}
    for row in SHIPPED:
        assert row["source"], row
        assert row["document"], row


def test_a_word_is_offered_on_its_days_only_and_a_wrong_one_is_told_the_right_ones(scene: Scene) -> None:
    assert take(scene, [word(截止日期="2024-12-31")]).rows_added == 1
    with scene.database.read() as session:
        for day, offered in (
            ("2023-12-31", False),
            ("2024-01-01", True),
            ("2024-12-31", True),
            ("2025-01-01", False),
        ):
            on = date.fromisoformat(day)
            assert (
                "yuxi_cook" in {each.code for each in list_words(session, Dictionary.BRAND, on)}
            ) is offered
        check_word(session, Dictionary.TRAINING_KIND, "pre_job", TODAY)
        with pytest.raises(Refused) as caught:
            check_word(session, Dictionary.BRAND, "yuxi_cook", date(2025, 1, 1))
        assert caught.value.refusal.code == "word_unknown"
        assert "品牌" in caught.value.refusal.sentence
        assert "河南码农（henan_coder）" in caught.value.refusal.next_step
        assert name_words(session, Dictionary.BRAND)["yuxi_cook"] == "豫西厨师"


def test_a_newer_word_ends_the_one_before_it_and_the_same_file_again_changes_nothing(scene: Scene) -> None:
    assert take(scene, [word()]).rows_added == 1
    assert take(scene, [word()]).rows_unchanged == 1
    assert take(scene, [word(名称="豫西大厨")]).rows_changed == 1
    assert take(scene, [word(名称="豫西名厨", 起始日期="2024-07-01")]).rows_added == 1
    with scene.database.read() as session:
        named = {
            day: [
                each.name
                for each in list_words(session, Dictionary.BRAND, date.fromisoformat(day))
                if each.code == "yuxi_cook"
            ]
            for day in ("2024-06-30", "2024-07-01")
        }
    assert named == {"2024-06-30": ["豫西大厨"], "2024-07-01": ["豫西名厨"]}
    assert codes(scene, [word(起始日期="2023-01-01")]) == ["word_overlaps"]
    assert take(scene, [word(起始日期="2023-01-01", 截止日期="2023-12-31")]).rows_added == 1


def test_words_that_cannot_be(scene: Scene) -> None:
    assert codes(
        scene,
        [
            word(字典="颜色"),
            word(代码="豫西"),
            word(代码="Yuxi"),
            word(名称=""),
            word(依据=""),
            word(截止日期="2023-12-31"),
            word(字典="机构类型", 代码="rocket_base", 名称="火箭基地"),
            word(字典="资金渠道", 代码="fiscal", 名称="财政的钱"),
        ],
    ) == [
        "dictionary_unknown",
        "word_code_malformed",
        "word_code_malformed",
        "cell_missing",
        "cell_missing",
        "period_reversed",
        "word_ruled",
        "word_ruled",
    ]
    ending = word(
        字典="institution_kind", 代码="other", 名称="其他", 起始日期="2021-10-28", 截止日期="2030-12-31"
    )
    assert take(scene, [ending]).rows_changed == 1


@pytest.mark.parametrize("dictionary", list(Dictionary))
def test_a_dictionary_is_named_by_code_or_in_chinese(dictionary: Dictionary) -> None:
    assert read_dictionary(dictionary) is read_dictionary(DICTIONARY_NAMES[dictionary]) is dictionary


def test_the_projects_people_choose_from_ship_and_more_come_by_file(scene: Scene) -> None:
    with (FOLDER / "projects.csv").open(encoding="utf-8") as file:
        shipped = {row["code"]: row for row in csv.DictReader(file)}
    with scene.database.read() as session:
        for code, row in shipped.items():
            assert row["document"]
            assert get_project(session, code).kind == row["kind"]
    names = {row["name"] for row in shipped.values()}
    assert {"岗前培训", "培训合格证书项目", "专项职业能力培训", "企业新型学徒制培训", "创业培训"} <= names

    more = {
        "代码": "train-rural",
        "名称": "乡村工匠培训",
        "补贴类型": "培训补贴",
        "文件": "新办〔2023〕10号 第5项",
    }
    assert take(scene, [more], ProjectsImporter).rows_added == 1
    assert take(scene, [more], ProjectsImporter).rows_unchanged == 1
    assert take(scene, [{**more, "名称": "乡村工匠技能培训"}], ProjectsImporter).rows_changed == 1
    with scene.database.read() as session:
        assert get_project(session, "TRAIN-RURAL").name == "乡村工匠技能培训"
        assert get_project(session, "TRAIN-RURAL").kind == SubsidyKind.TRAINING
    assert codes(
        scene,
        [
            {**more, "补贴类型": "评价补贴"},
            {**more, "代码": "乡村"},
            {**more, "补贴类型": "奖金"},
            {**more, "文件": ""},
        ],
        ProjectsImporter,
    ) == ["project_kind_fixed", "project_code_malformed", "subsidy_kind_unknown", "cell_missing"]


def test_no_word_is_shipped_twice() -> None:
    keys = [(row["dictionary"], row["code"], row["since"]) for row in SHIPPED]
    assert len(set(keys)) == len(keys)


def test_an_equivalence_is_never_written_over_but_followed_by_a_newer_one(scene: Scene) -> None:
    row = {
        "类别": "学历比照", "代码": "senior_class", "具备": "全日制技工院校高级工班毕业",
        "比照": "高职",
        "条件": "落实相关待遇时比照", "等级": "三级", "起始日期": "2025-01-01", "文件": "新文件",
        "依据": "示例",
    }  # fmt: skip
    kind = EquivalencesImporter
    assert take(scene, [row], kind).rows_added == 1
    assert take(scene, [row], kind).rows_unchanged == 1
    with scene.database.read() as session:
        for on, counts_as in ((date(2024, 12, 31), "大专"), (date(2025, 1, 1), "高职")):
            rows = list_equivalences(session, on, "education")
            assert next(each.counts_as for each in rows if each.code == "senior_class") == counts_as
    assert codes(scene, [{**row, "比照": "本科"}], kind) == ["equivalence_fixed"]
    assert codes(scene, [{**row, "起始日期": "2024-06-01"}], kind) == ["equivalence_overlaps"]
    assert codes(scene, [{**row, "类别": "荣誉"}], kind) == ["equivalence_kind_unknown"]
    assert take(scene, [{**row, "截止日期": "2026-12-31"}], kind).rows_changed == 1
    assert take(scene, [{**row, "起始日期": "2027-01-01"}], kind).rows_added == 1
    # its end, told once more and later, would run into the row that followed
    assert codes(scene, [{**row, "截止日期": "2027-06-30"}], kind) == ["equivalence_overlaps"]
    assert take(scene, [row], kind).rows_unchanged == 1


def test_a_way_into_an_exam_follows_the_newer_document_and_a_wrong_row_is_told(scene: Scene) -> None:
    row = {
        "代码": "3-held", "等级": "四级/中级工", "申报条件": "工作年限", "从业年数": "3",
        "原证书等级": "五级",
        "学历": "", "奖项": "", "内容": "取得五级后从事本职业满 3 年", "起始日期": "2025-01-01",
        "文件": "新标准", "依据": "示例",
    }  # fmt: skip
    kind = EntryConditionsImporter
    assert take(scene, [row], kind).rows_added == 1
    assert take(scene, [row], kind).rows_unchanged == 1
    with scene.database.read() as session:
        for on, years in ((date(2024, 12, 31), 4), (date(2025, 1, 1), 3)):
            held = [each for each in list_conditions(session, on) if (each.level, each.held_level) == (3, 2)]
            assert [each.years for each in held if each.education is None] == [years]
    assert codes(scene, [{**row, "从业年数": "5"}], kind) == ["entry_condition_fixed"]
    assert codes(scene, [{**row, "起始日期": "2024-06-01"}], kind) == ["entry_condition_overlaps"]
    assert codes(scene, [{**row, "申报条件": "竞赛"}], kind) == ["entry_condition_elsewhere"]
    assert codes(scene, [{**row, "代码": "三级"}], kind) == ["entry_condition_code_malformed"]
    unknown = ["entry_condition_word_unknown"]
    assert codes(scene, [{**row, "申报条件": "关系"}], kind) == unknown
    assert codes(scene, [{**row, "从业年数": "三年多"}], kind) == unknown
    assert codes(scene, [{**row, "奖项": "最佳员工"}], kind) == unknown
    award = {**row, "代码": "x-award", "申报条件": "破格（获奖）", "奖项": "全国技术能手、金蓝领"}
    assert take(scene, [award], kind).rows_added == 1
    with scene.database.read() as session:
        found = [each.award for each in list_conditions(session, date(2025, 1, 1))]
        assert "national_skill_expert|gold_collar" in found
    assert take(scene, [{**row, "截止日期": "2026-12-31"}], kind).rows_changed == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_counts_for_a_category_of_talent_follows_the_newer_document(scene: Scene) -> None:
    row = {
        "代码": "rural-producing", "人才类别": "农村实用人才", "证书类型": "", "职业编码开头": "5-01",
        "内容": "农业生产人员的证书", "暂定": "否", "起始日期": "2025-01-01", "截止日期": "",
        "文件": "新文件", "依据": "示例",
    }  # fmt: skip
    kind = TalentCategoriesImporter
    assert take(scene, [row], kind).rows_added == 1
    assert take(scene, [row], kind).rows_unchanged == 1
    with scene.database.read() as session:
        for on, trades in ((date(2024, 12, 31), "5-"), (date(2025, 1, 1), "5-01")):
            rural = [each.trades for each in list_mappings(session, on) if each.category == "rural"]
            assert [each for each in rural if each and each.startswith("5-")] == [trades]
    assert codes(scene, [{**row, "内容": "别的"}], kind) == ["talent_mapping_fixed"]
    assert codes(scene, [{**row, "起始日期": "2024-06-01"}], kind) == ["talent_mapping_overlaps"]
    assert codes(scene, [{**row, "人才类别": "金领"}], kind) == ["talent_category_unknown"]
    assert codes(scene, [{**row, "职业编码开头": "农业"}], kind) == ["talent_trades_malformed"]
    assert codes(scene, [{**row, "职业编码开头": ""}], kind) == ["talent_mapping_empty"]
    assert codes(scene, [{**row, "暂定": "也许"}], kind) == ["talent_category_unknown"]
    assert codes(scene, [{**row, "代码": "农村"}], kind) == ["talent_code_malformed"]
