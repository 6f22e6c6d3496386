"""用人单位只评价本单位职工：列入名单时核、考前再核、发证前再核；离职的不得参考，也不得发证。"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from tests import town_assess as town
from tests import town_train
from tests.loop.telling import bad_rows, set_parameter
from tests.scene import (
    EV1,
    EV2,
    LI_SI,
    LIMITS,
    QIAN_QI,
    SUN_BA,
    ZHANG_SAN,
    ZHAO_LIU,
    Scene,
    on,
    write_csv,
)  # fmt: skip
from tests.watching import watched
from voucher.plumbing.unit_of_work import Work
from voucher.registry import employing
from voucher.registry.importing.employments import EmploymentsImporter
from voucher.registry.importing.frame import Report, import_file
from voucher.registry.importing.outside import OutsideImporter
from voucher.registry.importing.own_staff import importer_for
from voucher.registry.outside.asking import Outside
from voucher.registry.outside.systems import connect
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.outside import FactKind
from voucher.stages.assess import admit, plan
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.queries.slips import slip_number_of
from voucher.stages.assess.reader_files import take_reader_file
from voucher.stages.assess.reading import list_batch_candidates
from voucher.stages.certify.own_staff import ask_staff_due
from voucher.stages.certify.upload import CertificatesImporter

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Person = tuple[str, str]


def staff(person: Person, **changes: str) -> dict[str, str]:
    """Return one row of an employer's own file, changed where told."""
    return {
        "姓名": person[0], "证件号码": person[1], "入职日期": "2021-03-01", "离职日期": "",
        "依据类别": "劳动合同", "依据编号": "HT-7", **changes,
    }  # fmt: skip


def insured(scene: Scene, listed_on: str, at: Mapping[Person, str]) -> int:
    """Have the social insurance list who is insured where, and the clock ask; return how many it answered."""
    rows = [
        {
            "姓名": name, "证件号码": number, "事项": "社会保险参保单位", "名单日期": listed_on,
            "来源": "社会保险经办机构", "是否": "是", "起始日期": "2021-03-01", "编号": code,
        }
        for (name, number), code in at.items()
    ]  # fmt: skip
    scene.import_rows(OutsideImporter, rows)
    return Outside(scene.database, scene.keyring).ask_due(scene.actor("clock"), scene.at)


def take(scene: Scene, login: str, works: int, *rows: dict[str, str]) -> Report:
    """Have an employer import its own staff."""
    path = write_csv(scene.folder / "own.csv", rows)
    return scene.do(login, lambda work: import_file(work, importer_for(works), path, limits=LIMITS))


def test_考前再核发证前再核_离职的不得参考也不得发证(scene: Scene) -> None:
    """列入名单时都在本单位参保；考前查到张三已到别的单位，不得参考；李四考过，核到仍在本单位才能发证。"""
    scene.at = on("2024-01-10")
    works = town.evaluator(scene, EV2, kind="用人单位")
    login = town.admin(scene, works)
    scene.hire("省厅", Role.OFFICER_PROVINCE, "310101199001010331", "410000")
    scene.do("省厅", lambda work: connect(work, FactKind.WORKPLACE))
    assert take(scene, login, works, staff(ZHANG_SAN), staff(LI_SI)).rows_added == 2
    assert insured(scene, "2024-01-09", {ZHANG_SAN: EV2[1], LI_SI: EV2[1]}) == 2
    people = [
        Direct(Newcomer(each[1], each[0]), Entry(EntryWay.WORK, "社保 41-7", years=6))
        for each in (ZHANG_SAN, LI_SI)
    ]
    new = town.new_batch(scene, works, people=people)
    batch_id = scene.do(login, lambda work: plan.plan_batch(work, new)).id

    # told on the 9th, and counted for seven days: too old by the 17th, and asked about once a day
    assert scene.do("clock", ask_staff_due) == 0, "asked today already"
    scene.at = on("2024-01-12")
    assert scene.do("clock", ask_staff_due) == 2
    assert scene.do("clock", ask_staff_due) == 0
    assert insured(scene, "2024-01-12", {ZHANG_SAN: EV1[1], LI_SI: EV2[1]}) == 2

    town.arrange(scene, batch_id)
    scene.at = on("2024-01-17", 9)
    door = town.examiner(scene, works)
    listed = _listed(scene, batch_id)
    refused = town_train.refusal(scene, door, lambda work: admit.admit(work, listed[0], ZHANG_SAN[1]))
    assert (refused.code, refused.title) == (
        "candidate_insured_elsewhere", "有 1 名考生经社会保险核对不在本单位参保",
    )  # fmt: skip
    scene.do(door, lambda work: admit.admit(work, listed[1], LI_SI[1]))
    town.enter(scene, batch_id, {listed[1]: town.PASSED})
    town.publish(scene, batch_id)

    scene.at = on("2024-01-25")
    upload = partial(scene.certificate, evaluator=EV2, issued="2024-01-25")
    of_li = upload(LI_SI)
    told = bad_rows(lambda: scene.import_certificates([of_li, upload(ZHANG_SAN), upload(SUN_BA)]))
    assert [each.refusal.code for each in told] == [
        "candidate_insurance_unconfirmed",
        "candidate_insured_elsewhere",
        "certified_not_staff",
    ]
    assert "重新核对社会保险" in told[0].refusal.next_step
    assert LI_SI[1] not in str(told[0].as_json())
    assert scene.do("clock", ask_staff_due) == 1, "who passed and waits for the certificate"
    assert insured(scene, "2024-01-24", {LI_SI: EV2[1]}) == 1
    assert scene.import_certificates([of_li]).rows_added == 1
    scene.at = on("2024-02-25")
    assert scene.do("clock", ask_staff_due) == 0, "certified, and asked about no more"
    assert scene.import_certificates([of_li]).rows_unchanged == 1


def _listed(scene: Scene, batch_id: int) -> list[int]:
    with scene.database.read() as session:
        return [each.id for each in list_batch_candidates(session, batch_id)]


def test_职工名单文件不改已离职的登记_备案失效不登记_每天核对有限(scene: Scene) -> None:
    """离职登记不因再次导入而改回在职；办错的由人社部门更正；备案不在有效期内不再登记；核对人次按日限。"""
    scene.at = on("2024-01-10")
    works = town.evaluator(scene, EV2, kind="用人单位")
    login = town.admin(scene, works)
    gone = staff(ZHANG_SAN, 离职日期="2024-01-05")
    mine = partial(take, scene, login, works)
    assert mine(gone, staff(LI_SI), staff(SUN_BA)).rows_added == 3
    assert mine(gone).rows_unchanged == 1
    for wrong in ({"离职日期": ""}, {"离职日期": "2024-06-30"}, {"依据编号": "HT-8"}):
        (told,) = bad_rows(partial(mine, {**gone, **wrong}))
        assert told.refusal.code == "employment_closed"
        assert "已登记于 2024-01-05 离职" in told.refusal.title
        assert "另填一行新的入职日期" in told.refusal.next_step
    assert mine({**gone, "入职日期": "2024-01-08", "离职日期": ""}).rows_added == 1, "came back"
    assert mine(staff(LI_SI, 离职日期="2024-03-31")).rows_changed == 1
    assert mine(staff(LI_SI, 离职日期="2024-02-28")).rows_changed == 1, "an end to come may be moved"
    (told,) = bad_rows(lambda: mine(staff(LI_SI)))
    assert told.refusal.code == "employment_closed"
    by_office = {**gone, "离职日期": "2024-01-06", "用人单位统一社会信用代码": EV2[1]}
    assert scene.import_rows(EmploymentsImporter, [by_office]).rows_changed == 1

    scene.hire("省厅", Role.OFFICER_PROVINCE, "310101199001010331", "410000")
    scene.do("省厅", lambda work: connect(work, FactKind.WORKPLACE))
    set_parameter(scene, "employer_insurance_checks_daily", "2", "2024-01-01", "人次")
    again = partial(employing.ask_insurance_again, institution_id=works)
    asking = scene.do(login, again)
    assert (asking.connected, asking.asked, asking.waiting) == (True, 2, 1)
    assert town_train.code(scene, login, again) == "insurance_checks_used_up"
    scene.at = on("2024-01-11")
    assert scene.do(login, again).waiting == 1, "the next day it goes on"
    with scene.database.read() as session:
        called = partial(employing.list_employments, session, scene.keyring, [works], scene.at.date())
        assert {each.masked_name for each in called(named="李四")} == {"李*"}
        assert len(called(named=ZHANG_SAN[1].lower())) == 2
        assert called(named="李五") == called(named="41") == []

    scene.at = on("2031-01-02")
    assert town_train.code(scene, login, again) == "employer_not_in_force"
    with scene.database.read() as session:
        stays = employing.list_employments(session, scene.keyring, [works], scene.at.date())
    (sun,) = (each.id for each in stays if each.until is None and each.masked_name == "孙*")
    day = scene.at.date()
    ended = scene.do(login, lambda work: employing.end_employment(work, sun, day, "退休"))
    assert ended.until == day, "who leaves may be told all the same"


@SQLITE
def test_一次登记几本证书_一次读卡几人_核对职工的查询不随人数增加(scene: Scene) -> None:
    """名单、读卡记录、证书文件里有几行，职工和社会保险都只查一遍；哪一行不是职工仍逐行说明。"""
    scene.at = on("2024-01-10")
    works = town.evaluator(scene, EV2, kind="用人单位")
    login = town.admin(scene, works)
    everybody = (ZHANG_SAN, LI_SI, SUN_BA)
    assert take(scene, login, works, *(staff(each) for each in everybody)).rows_added == 3
    people = [
        Direct(Newcomer(each[1], each[0]), Entry(EntryWay.WORK, "社保 41-7", years=6)) for each in everybody
    ]
    batch_id = scene.do(
        login, lambda work: plan.plan_batch(work, town.new_batch(scene, works, people=people))
    ).id
    town.arrange(scene, batch_id)
    scene.at = on("2024-01-17", 9)
    door, batch = town.examiner(scene, works), town.batch(scene, batch_id)
    slips = [slip_number_of(batch, each) for each in _listed(scene, batch_id)]
    seen = [
        {"准考证号": slip, "姓名": each[0], "证件号后四位": each[1][-4:], "到场时间": "8:31"}
        for slip, each in zip(slips, everybody, strict=True)
    ]

    def read(rows: list[dict[str, str]]) -> int:
        path = write_csv(scene.folder / "reader.csv", rows)
        return _asked(
            scene, door, lambda work: take_reader_file(work, batch_id, path, limits=LIMITS, trial=True)
        )

    assert read(seen) == read(seen[:1])
    upload = partial(scene.certificate, evaluator=EV2, issued="2024-01-17")

    def record(*rows: dict[str, object]) -> int:
        path = write_csv(scene.folder / "certificates.csv", rows)
        return _asked(scene, login, lambda work: import_file(work, CertificatesImporter, path, limits=LIMITS))

    assert record(upload(ZHANG_SAN)) == record(upload(LI_SI), upload(SUN_BA), upload(ZHANG_SAN, level="四级"))
    told = bad_rows(lambda: scene.import_certificates([upload(LI_SI), upload(QIAN_QI), upload(ZHAO_LIU)]))
    assert [(each.line, each.refusal.code) for each in told] == [
        (3, "certified_not_staff"), (4, "certified_not_staff")
    ]  # fmt: skip


def _asked(scene: Scene, login: str, act: Callable[[Work], object]) -> int:
    """Return how often an act asks who works where and who is insured where."""

    def counted(work: Work) -> int:
        with watched(work.session) as statements:
            act(work)
        asked = [each for each in statements if "FROM employment" in each or "FROM outside" in each]
        assert asked, statements
        return len(asked)

    return scene.do(login, counted)
