"""评价目录清单：谁可以评价什么、凭什么标准；院校看专业，用人单位看职工；没人评价的职业列得出来。"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests import town_assess, town_train
from tests.loop.telling import bad_rows
from tests.scene import COOK, EV1, EV2, JIYUAN, NURSE, TURNER, XINXIANG, ZHANG_SAN, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.employing import ask_insurance_again, list_employments
from voucher.registry.evaluator_list import count_coverage, list_scopes, list_uncovered, list_years
from voucher.registry.importing.employments import EmploymentsImporter
from voucher.registry.importing.evaluators import EvaluatorsImporter
from voucher.registry.importing.majors import MajorsImporter, SchoolMajorsImporter
from voucher.registry.importing.outside import OutsideImporter
from voucher.registry.outside.asking import Outside
from voucher.registry.outside.systems import connect
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.outside import FactKind
from voucher.stages.assess import plan
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models import Candidate, ExamBatch

SQLITE = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
SCHOOL = ("示例市职业技术学院", "124101004158001231", "S000041030003")


def scope(evaluator: tuple[str, str, str] = EV2, **changes: str) -> dict[str, str]:
    """Return one row of the list, changed where told."""
    name, code, filing = evaluator
    return {
        "名称": name, "统一社会信用代码": code, "类别": "社会培训评价组织", "地区": JIYUAN, "备案号": filing,
        "职业编码": NURSE, "等级": "五级", "有效期起": "2027-01-01", "有效期止": "2027-12-31",
        "标准类别": "国家职业标准", "标准文号": "人社厅发〔2019〕92号", "年度": "2027", **changes,
    }  # fmt: skip


@SQLITE
def test_用人单位只评价本单位职工_凭劳动合同或社保的起止日期(scene: Scene) -> None:
    """不是职工的、考试前已离职的，都列不进评价批次；登记依据后可以。"""
    scene.at = on("2024-01-10")
    works = town_assess.evaluator(scene, EV2, kind="用人单位")
    login, new = town_assess.admin(scene, works), town_assess.new_batch(scene, works)
    batch_id = scene.do(login, lambda work: plan.plan_batch(work, new).id)
    zhang = Direct(Newcomer(ZHANG_SAN[1], ZHANG_SAN[0]), Entry(EntryWay.WORK, "参加工作 3 年", years=6))
    join = partial(plan.add_candidates, batch_id=batch_id, voucher_ids=[], people=[zhang])
    assert town_train.code(scene, login, join) == "candidate_not_staff"
    row = {
        "姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "用人单位统一社会信用代码": EV2[1],
        "入职日期": "2021-03-01", "离职日期": "2024-01-16", "依据类别": "社会保险", "依据编号": "参保 41-7",
    }  # fmt: skip
    take = partial(scene.import_rows, EmploymentsImporter)
    assert take([row]).rows_added == 1
    assert town_train.code(scene, login, join) == "candidate_not_staff", "left the day before the exam"
    wrong = [
        {**row, "依据类别": "口头"},
        {**row, "姓名": "张叁"},
        {**row, "用人单位统一社会信用代码": EV1[1]},
    ]
    told = bad_rows(lambda: take(wrong[:1])) + bad_rows(lambda: take(wrong[1:]))
    assert [each.refusal.code for each in told] == [
        "employment_evidence_unknown",
        "employment_name_differs",
        "institution_missing",
    ]
    assert take([{**row, "离职日期": ""}]).rows_changed == 1
    (twice,) = bad_rows(lambda: take([{**row, "入职日期": "2022-01-01", "离职日期": ""}]))
    assert twice.refusal.code == "employment_stated_already"
    _看社会保险怎么说(scene, login, works, join)
    with scene.database.read() as session:
        assert session.get_one(ExamBatch, batch_id).state == "planned"


def _看社会保险怎么说(scene: Scene, login: str, works: int, join: Callable[[Work], list[Candidate]]) -> None:
    """社会保险查到在别的单位参保的，列不进；更正后核到在本单位，就可以。"""
    scene.hire("省厅", Role.OFFICER_PROVINCE, "310101199001010331", "410000")
    scene.do("省厅", lambda work: connect(work, FactKind.WORKPLACE))
    said = {
        "姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "事项": "社会保险参保单位", "名单日期": "2024-01-09",
        "来源": "社会保险经办机构", "是否": "是", "起始日期": "2021-03-01", "编号": EV1[1],
    }  # fmt: skip
    for code, standing, refusal in (
        (EV1[1], "elsewhere", "candidate_insured_elsewhere"),
        (EV2[1], "here", ""),
    ):
        scene.import_rows(OutsideImporter, [{**said, "编号": code}])
        assert scene.do(login, lambda work: ask_insurance_again(work, works)).connected
        asked = Outside(scene.database, scene.keyring).ask_due(scene.actor("clock"), scene.at)
        assert asked == 1
        with scene.database.read() as session:
            (shown,) = list_employments(session, scene.keyring, [works], scene.at.date())
        assert (shown.masked_name, shown.insured) == ("张*", standing)
        if refusal:
            assert town_train.code(scene, login, join) == refusal
    assert len(scene.do(login, join)) == 1


@SQLITE
def test_院校评价的职业须由所开专业对应_清单逐行说明哪里不对(scene: Scene) -> None:
    """自 2027 年清单起：没有对应专业的职业不予列入；标准类别和文号要填就填全。"""
    scene.at = on("2026-12-01")
    take = partial(scene.import_rows, EvaluatorsImporter)
    nurse, turner = (scope(SCHOOL, 类别="院校", 职业编码=trade) for trade in (NURSE, TURNER))
    told = bad_rows(
        lambda: take([nurse, scope(标准类别="随意"), scope(标准文号=""), scope(年度="明年"), scope()])
    )
    assert [each.refusal.code for each in told] == [
        "occupation_without_major",
        "standard_kind_unknown",
        "standard_incomplete",
        "listing_year_malformed",
    ]
    # the list of 2026 does not ask for majors, and brings the school in
    assert (
        take([{**nurse, "有效期起": "2026-01-01", "有效期止": "2026-12-31", "年度": "2026"}]).rows_added == 1
    )
    majors = [
        {"专业代码": "520901", "专业名称": "健康养老服务", "职业编码": NURSE,
         "有效期起": "2021-01-01", "文件": "教职成〔2021〕2号"},
    ]  # fmt: skip
    offered = {"统一社会信用代码": SCHOOL[1], "专业代码": "520901", "有效期起": "2022-09-01"}
    assert scene.import_rows(MajorsImporter, majors).rows_added == 1
    school = partial(scene.import_rows, SchoolMajorsImporter)
    (unknown,) = bad_rows(lambda: school([{**offered, "专业代码": "999999"}]))
    assert unknown.refusal.code == "major_unknown"
    assert school([offered]).rows_added == 1
    assert take([nurse]).rows_added == 1
    assert [each.refusal.code for each in bad_rows(lambda: take([turner]))] == ["occupation_without_major"]


@SQLITE
def test_公开清单按职业和年度查_没有机构评价的职业列得出来(scene: Scene) -> None:
    """清单列出标准和文号；停业整顿的不算；覆盖报告一个职业也不漏。"""
    scene.at = on("2027-03-01")
    scene.import_rows(EvaluatorsImporter, [scope(), scope(职业编码=COOK, 标准类别="", 标准文号="")])
    today = scene.at.date()
    with scene.database.read() as session:
        first, second = list_scopes(session, today)
        assert (first.trade_name, first.standard_name, first.standard_document, first.list_year) == (
            "养老护理员", "国家职业标准", "人社厅发〔2019〕92号", 2027,
        )  # fmt: skip
        assert (second.standard_name, list_years(session)) == ("未核", [2027])
        assert [each.trade_code for each in list_scopes(session, today, words="养老")] == [NURSE]
        assert list_scopes(session, today, after_id=second.scope_id) == []
        assert list_scopes(session, today, regions=[XINXIANG]) == []
        assert list_scopes(session, on("2028-01-01").date()) == [], "over at the end of its year"
        counted = count_coverage(session, today)
        assert counted.covered == 2 < counted.occupations
        bare = list_uncovered(session, today, limit=5000)
        assert len(bare) == counted.uncovered
        assert NURSE not in {each.code for each in bare}
        assert count_coverage(session, today, regions=[XINXIANG]).covered == 0
    scene.hire("监管", Role.OFFICER_CITY, "310101199001010330")
    scene.do("监管", lambda work: sanctions.sanction(work, first.institution_id, "rectify", "考场管理混乱"))
    with scene.database.read() as session:
        assert list_scopes(session, today) == []
