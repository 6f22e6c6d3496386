"""考核与证书：无证无价，人证相符，证岗相符。"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import town_assess, town_issue, town_train
from tests.loop import way
from tests.loop.telling import bad_rows, claims_of, code_of, keys_of, outcomes, payable, ready
from tests.scene import EV1, HOUSEKEEPER, LI_SI, NURSE, SUN_BA, ZHANG_SAN, Scene, on
from voucher.app import DUE_ACTS
from voucher.rules.certificate_numbers import NumberForm, parse_certificate_number
from voucher.rules.vocabulary import CertificateKind, Level
from voucher.stages.assess.lapse import lapse_due
from voucher.stages.certify.attach import attach_proofs

CERT5 = "S000041010001245000001"


def test_单科不及格不能用另一科补(scene: Scene) -> None:
    """AC-F1."""
    ready(scene)
    failed = scene.certificate(ZHANG_SAN, 理论成绩="59", 技能成绩="95")
    passed = scene.certificate(LI_SI, 理论成绩="60", 技能成绩="60")
    scene.certify(failed, passed)
    settled = scene.settle(scene.open_budget())
    told = scene.line(settled, failed).refusal
    assert told is not None
    assert (told.code, told.title) == ("subject_failed", "理论成绩 59 分，未达到合格线 60 分")
    assert "平均分不得抵" in told.next_step
    assert payable(settled) == ["200.00"]


def test_没有证书就没有补贴也不占预算(scene: Scene) -> None:
    """AC-F3：评价补贴部分——登记查无此证，应付 0，不占资格不占钱；补登后即可申领。"""
    ready(scene)
    budget = scene.open_budget()
    row = scene.certificate(ZHANG_SAN)
    scene.import_certificates([row])
    settled = scene.settle(budget)
    assert (outcomes(settled), code_of(settled)) == (["refused"], "certificate_not_in_register")
    assert settled.total_fen == 0
    assert claims_of(scene) == []
    assert (scene.budget(budget).reserved_fen, keys_of(scene)) == (0, {})
    scene.import_register([scene.registered(row)])
    assert payable(scene.settle(budget)) == ["200.00"]


def test_发证日期在申领之后的不付(scene: Scene) -> None:
    """S2-16f：还没有发的证书不是证书，登记里有也不付，不占资格不占钱。"""
    ready(scene)
    budget = scene.open_budget()
    tomorrow = scene.at.date() + timedelta(days=1)
    number = f"{EV1[2]}{tomorrow:%y}5000777"
    scene.certify(scene.certificate(ZHANG_SAN, number=number, issued=tomorrow.isoformat()))
    settled = scene.settle(budget, since="2024-01-01", until=tomorrow.isoformat())
    assert (outcomes(settled), code_of(settled)) == (["refused"], "issued_in_future")
    assert (scene.budget(budget).reserved_fen, keys_of(scene)) == (0, {})
    scene.at += timedelta(days=1)
    assert payable(scene.settle(budget, since="2024-01-01", until=tomorrow.isoformat())) == ["200.00"]


def test_培训券到期未取证即失效并释放占用(scene: Scene) -> None:
    """AC-F3：券的一半——培训完成而未取证，截止日当天仍在，次日失效，占用的资格和资金全部释放。"""
    scene.at = on("2024-01-10")
    budget = scene.open_budget(10_000)
    nurses = town_issue.programme(scene, budget, worth="offset")
    town_issue.eligible(scene, ZHANG_SAN)
    class_id = town_train.open_class(scene, town_train.train_institution(scene), hours=8)
    (voucher_id,) = town_train.trained(scene, nurses, [ZHANG_SAN], class_id)
    held = town_issue.voucher(scene, voucher_id)
    assert (held.state, scene.budget(budget).reserved_fen) == ("trained", 1400_00)
    assert held.certify_by is not None
    scene.at = on(held.certify_by.isoformat())
    assert scene.do("clock", lapse_due) == 0
    assert keys_of(scene) == {"taken": 2}
    scene.at += timedelta(days=1)
    assert scene.do("clock", lapse_due) == 1
    assert town_issue.voucher(scene, voucher_id).state == "lapsed"
    assert keys_of(scene) == {"freed": 2}
    assert scene.budget(budget).available_fen == 10_000_00


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_证书按期发了_只差登记答复的截止后再等_没有证书的当即失效_等过期限的也失效(scene: Scene) -> None:
    """AC-F3：登记停机不等于没有证书；登记补上即持证，券值一分不少。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    vouchers = way.trained(town, nurses, *people)
    last = town_issue.voucher(scene, vouchers[0]).certify_by
    assert last is not None
    scene.at = on((last - timedelta(days=20)).isoformat())
    way.examined(town, people, vouchers)
    issued = town_assess.today(scene).isoformat()
    answered, silent = (scene.certificate(each, issued=issued) for each in (ZHANG_SAN, SUN_BA))
    scene.import_certificates([answered, silent])
    lapse = dict(DUE_ACTS)["lapse_vouchers"]

    def states() -> list[str]:
        return [way.state(scene, each) for each in vouchers]

    scene.at = on((last + timedelta(days=1)).isoformat())
    assert (scene.do("clock", lapse), states()) == (1, ["assessed", "lapsed", "assessed"])
    scene.at = on((last + timedelta(days=30)).isoformat())
    assert scene.do("clock", lapse) == 0
    scene.import_register([scene.registered(answered)])
    assert scene.do("clock", attach_proofs) == 1
    scene.at += timedelta(days=1)
    assert (scene.do("clock", lapse), states()) == (1, ["certified", "lapsed", "lapsed"])
    assert way.claim(town, way.TRAINING, vouchers[0]).verdicts[0].amount_fen == 1200_00


def test_证书编号的每一处错误各自说明(scene: Scene) -> None:
    """AC-F4."""
    ready(scene, "2024-07-10")
    right = parse_certificate_number(CERT5, CertificateKind.SKILL_LEVEL)
    assert (right.kind_letter, right.national_serial, right.province) == ("S", "0000", "41")
    assert (right.year, right.level, right.serial) == (2024, Level.JUNIOR, "000001")
    wrong = {
        "S00004101000124500001": "certificate_number_length",
        "X000041010001245000001": "certificate_number_kind",
        "S000041010001246000001": "certificate_number_level",
        "S000099010001245000001": "certificate_number_province",
        "S000041010001244000001": "certificate_level_disagrees",
        "S000041010001235000001": "certificate_year_disagrees",
        "S000041020002245000001": "certificate_evaluator_disagrees",
    }
    rows = [scene.certificate(ZHANG_SAN, issued="2024-05-20", number=each) for each in wrong]
    problems = bad_rows(lambda: scene.import_certificates(rows))
    by_line = {each.line: each.refusal.code for each in problems}
    assert by_line == dict(enumerate(wrong.values(), start=2))
    assert all(each.column == "证书编号" for each in problems)
    good = scene.certificate(ZHANG_SAN, issued="2024-05-20", number=CERT5)
    assert scene.import_certificates([good]).rows_added == 1


def test_证书姓名与登记姓名不符不兑现(scene: Scene) -> None:
    """AC-F7：同一证件号码，张叁不是张三。"""
    ready(scene)
    budget = scene.open_budget()
    scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1]}])
    foreign = scene.certificate(("张叁", ZHANG_SAN[1]), issued="2023-10-20")
    misread = scene.certificate(ZHANG_SAN, issued="2023-11-20")
    scene.import_certificates([foreign, misread])
    scene.import_register([scene.registered(foreign), scene.registered(misread, 姓名="张叁")])
    settled = scene.settle(budget)
    assert [code_of(settled, 0), code_of(settled, 1)] == ["certificate_name_mismatch"] * 2
    assert all("张" not in str(each.refusal) for each in settled.verdicts), "no name leaves in a refusal"
    assert keys_of(scene) == {}


def test_证书职业与登记职业不符不兑现(scene: Scene) -> None:
    """AC-F8."""
    ready(scene)
    row = scene.certificate(ZHANG_SAN, NURSE)
    scene.import_certificates([row])
    scene.import_register([scene.registered(row, 职业编码=HOUSEKEEPER)])
    settled = scene.settle(scene.open_budget())
    told = settled.verdicts[0].refusal
    assert told is not None
    assert told.code == "certificate_occupation_mismatch"
    assert (told.facts["claimed"], told.facts["found"]) == (NURSE, HOUSEKEEPER)


def test_等级日期机构任一与登记不符都不兑现(scene: Scene) -> None:
    """S2-16d,e：两边逐项相符才算核验一致。"""
    ready(scene)
    changes = {
        "certificate_level_mismatch": {"等级": "四级"},
        "certificate_date_mismatch": {"发证日期": "2023-11-16"},
        "certificate_evaluator_mismatch": {"评价机构统一社会信用代码": "52419001MJTE5T044D"},
        "certificate_person_mismatch": {"姓名": LI_SI[0], "证件号码": LI_SI[1]},
        "certificate_revoked": {"状态": "撤销"},
    }
    rows = [scene.certificate(ZHANG_SAN) for _ in changes]
    scene.import_certificates(rows)
    scene.import_register(
        [scene.registered(row, **change) for row, change in zip(rows, changes.values(), strict=True)]
    )
    settled = scene.settle(scene.open_budget())
    assert [code_of(settled, position) for position in range(len(rows))] == list(changes)


def test_特级技师证书认得结构而无标准不付(scene: Scene) -> None:
    """AC-F10."""
    scene.hire_everybody()
    scene.file_evaluator(EV1, levels=["一级", "特级技师"])
    scene.at = scene.at.replace(year=2024, month=1)
    number = "SA" + "00004101000123700001"
    assert parse_certificate_number(number, CertificateKind.SKILL_LEVEL).form is NumberForm.SPECIAL_TECHNICIAN
    row = {**scene.certificate(ZHANG_SAN, level="一级"), "等级": "特级技师", "证书编号": number}
    scene.certify(row)
    settled = scene.settle(scene.open_budget())
    verdict = settled.verdicts[0]
    assert (outcomes(settled), code_of(settled), verdict.amount_fen) == (["refused"], "no_standard", 0)
    assert "无标准" in verdict.explanation
