"""持证统计 and 高技能人才库: as of any day, by who issued, revoked ones gone from the day they fell."""

from __future__ import annotations

from datetime import date, timedelta

from tests import town_issue
from tests.revoking import revoke_certificate
from tests.scene import EV1, EV2, JIYUAN, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from voucher.registry import catalogue
from voucher.registry.talents.ladder import find_history, list_equivalences, list_placings, list_steps
from voucher.rules.levels import Level
from voucher.stages.certify.queries.talent_categories import read_categories
from voucher.stages.certify.queries.talents import (
    list_next_steps,
    list_talents,
    read_figures,
    view_talents,
)
from voucher.stages.certify.revoke import ask_reinstatement, reinstate_certificate
from voucher.stages.certify.verify import verify_issued

FARM = "5-05-01-02"


def test_five_kinds_are_counted_and_the_list_follows_every_revocation(scene: Scene) -> None:
    """AC-A8、AC-I1：专项计入技能人才而不在等级台阶上；撤销之日起人才数减一，之前的日子不变。"""
    scene.hire_everybody()
    for evaluator in (EV1, EV2):
        scene.file_evaluator(evaluator)
    scene.file_evaluator(EV1, ["HNZX-005"], levels=[""])
    scene.import_people([{"姓名": name, "证件号码": number} for name, number in (ZHANG_SAN, LI_SI, SUN_BA)])
    scene.at = on("2024-01-10")
    on_day = date(2024, 1, 1)
    low = scene.certificate(ZHANG_SAN, issued="2024-01-08")
    high = scene.certificate(ZHANG_SAN, issued="2024-01-09", level="三级")
    special = scene.certificate(
        LI_SI, issued="2024-01-09", kind="专项职业能力证书", trade="HNZX-005", level="",
        number="ZX410001240000001",
    )  # fmt: skip
    scene.file_evaluator(EV1, [FARM])
    farm = scene.certificate(ZHANG_SAN, FARM, issued="2024-01-09")
    unproven = scene.certificate(SUN_BA, issued="2024-01-09", level="三级")
    scene.certify(low, high, special, farm)
    scene.import_certificates([unproven])
    scene.do("operator", lambda work: verify_issued(work, JIYUAN, on_day, work.today))
    scene.at += timedelta(days=2)
    number = str(high["证书编号"])
    scene.do("复核员", lambda work: revoke_certificate(work, number, "评价机构违规"))
    before, after = date(2024, 1, 11), date(2024, 1, 12)
    with scene.database.read() as session:
        regions = catalogue.list_subtree(session, JIYUAN)
        figures = read_figures(session, regions, before)
        assert {each.name: (each.certificates, each.people) for each in figures.kinds} == {
            "职业技能等级证书": (3, 1), "职业资格证书": (0, 0), "专项职业能力证书": (1, 1),
            "特种作业操作证书": (0, 0), "特种设备作业人员证书": (0, 0),
        }  # fmt: skip
        assert (figures.certificates, figures.people, figures.high_people) == (4, 2, 1)
        assert figures.middle_bp == 5_000
        (talent,) = view_talents(session, scene.keyring, list_talents(session, regions, before))
        assert (talent.view.masked_name, talent.masked_number) == ("张*", "410105********991X")
        counted = read_categories(session, regions, before)
        assert {each.name: (each.certificates, each.people) for each in counted.categories} == {
            "企业经营管理人才": (0, 0), "专业技术人才": (0, 0), "技能人才": (4, 2),
            "农村实用人才": (1, 1), "社会工作人才": (0, 0),
        }  # fmt: skip
        assert counted.people == 2, "who counts in two categories is one person"
        early = read_categories(session, regions, date(2021, 1, 1))
        assert {each.people for each in early.categories} == {None}, "no row said what counts on that day"
        later = read_figures(session, regions, after)
        assert (later.certificates, later.people, later.high_people) == (3, 2, 0)
        assert list_talents(session, regions, after) == []
        assert read_figures(session, regions, date(2024, 1, 7)).people == 0
        assert read_figures(session, ["410700"], before).people == 0
    # another certificate that stands again lifts nobody else's
    mended = str(low["证书编号"])
    scene.do("复核员", lambda work: revoke_certificate(work, mended, "登记有误"))
    scene.at += timedelta(days=1)
    scene.do("复核员", lambda work: ask_reinstatement(work, mended, "申诉成立"))
    scene.do("异议处理员", lambda work: reinstate_certificate(work, mended))
    with scene.database.read() as session:
        stands = [read_figures(session, regions, after + timedelta(days=each)) for each in (0, 1)]
        assert [(each.certificates, each.high_people) for each in stands] == [(2, 0), (3, 0)]

        zhang, li = (town_issue.person_id(scene, person) for person in (ZHANG_SAN, LI_SI))
        step, _ = list_next_steps(session, scene.keyring, zhang)
        assert (step.level, step.next_level) == (Level.JUNIOR, Level.INTERMEDIATE)
        assert list_next_steps(session, scene.keyring, li) == [], "a 专项 certificate is no step"


def test_the_shipped_tables_are_dated_and_read_by_the_day(scene: Scene) -> None:
    with scene.database.read() as session:
        assert {each.level for each in list_steps(session, date(2024, 1, 1))} == set(Level)
        assert list_placings(session, date(2023, 8, 23)) == []
        assert len(list_placings(session, date(2024, 1, 1))) == 12
        titles = list_equivalences(session, date(2024, 1, 1), "title")
        assert titles[0].counts_as == "副高级职称（破格申报）"
        assert list_equivalences(session, date(2022, 1, 1)) == []
        known = find_history(session, "4-10-01-05")
        assert known is not None
        assert (known.present_name, known.aliases) == ("养老护理员", [])
        assert find_history(session, "9-99-99-99") is None
