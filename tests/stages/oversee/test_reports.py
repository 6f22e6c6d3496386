"""Reports stand as they were frozen; what comes later is listed, and what cannot be said is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests import town_certified
from tests.scene import LI_SI, NURSE, PROVINCE, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on
from voucher.ledger import sealing
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.registry.indicators import list_indicators
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.levels import Level, name_level
from voucher.rules.reports import Formula, ReportKind, Span
from voucher.stages.issue.models import Programme
from voucher.stages.oversee.reports.freezing import (
    find_later_changes,
    freeze_report,
    read_report,
)
from voucher.stages.oversee.reports.setting import add_indicator

SUPERVISOR = "监管员"
KIND, FUND = "on_job", "employment_subsidy"


def _freeze(scene: Scene, kind: ReportKind, period: str, why: str = "", region: str = PROVINCE) -> int:
    sealing.seal_all(
        scene.database, scene.keyring, scene.actor("operator"), scene.at, scene.folder / "anchors"
    )
    return scene.do(SUPERVISOR, lambda work: freeze_report(work, kind, period, region, why))


def _refused(scene: Scene, kind: ReportKind, period: str, why: str = "") -> str:
    with pytest.raises(Refused) as refused:
        _freeze(scene, kind, period, why)
    assert refused.value.refusal.title
    return refused.value.refusal.code


def _indicator(
    scene: Scene,
    document: str,
    target: int = 30_000,
    code: str = "E1",
    formula: Formula = Formula.TRAININGS,
    only: Mapping[str, str] | None = None,
) -> int:
    return scene.do(
        SUPERVISOR,
        lambda work: add_indicator(
            work, code=code, name="新型学徒制", formula=formula, unit="人次", span=Span.YEAR, target=target,
            document=document, narrowing=only,
        ),
    )  # fmt: skip


def _narrowed(scene: Scene) -> None:
    """Targets of one kind of training, one fund, one occupation, one level; what cannot be is refused."""
    document = "豫人社〔2024〕9 号"
    with scene.database.read() as session:
        number = session.get_one(Programme, 1).number
    kept = {
        "E2": (Formula.TRAININGS, {"training_kind": KIND}),
        "E3": (Formula.TRAININGS, {"training_kind": "apprenticeship"}),
        "E4": (Formula.ISSUED, {"training_kind": KIND, "trade": NURSE, "fund": FUND, "programme": number}),
        "E5": (Formula.CERTIFIED_PEOPLE, {"trade": NURSE, "level": "2"}),
        "E6": (Formula.CERTIFIED_PEOPLE, {"trade": NURSE, "level": "5"}),
        "E7": (Formula.REDEEMED, {"group": "out_of_poverty"}),
    }
    for code, (formula, only) in kept.items():
        _indicator(scene, document, code=code, formula=formula, only=only)
    wrong = (
        (Formula.CERTIFIED_PEOPLE, {"training_kind": KIND}, "indicator_not_narrowed_so"),
        (Formula.NOT_CONNECTED, {"trade": NURSE}, "indicator_not_narrowed_so"),
        (Formula.TRAININGS, {"training_kind": "学徒"}, "word_unknown"),
        (Formula.TRAININGS, {"trade": "9-99-99-99"}, "indicator_trade_unknown"),
        (Formula.TRAININGS, {"level": "9"}, "indicator_level_unknown"),
        (Formula.ISSUED, {"programme": "QZ-419001-2024-9999"}, "indicator_programme_unknown"),
        (Formula.ISSUED, {"programme": "x-٣"}, "indicator_programme_unknown"),
    )
    for formula, only, code in wrong:
        with pytest.raises(Refused) as refused:
            _indicator(scene, document, code="E9", formula=formula, only=only)
        assert refused.value.refusal.code == code
        assert refused.value.refusal.next_step
    # what nobody may write past the sentence either
    for column, word in (("formula", "'certified_people'"), ("dimension", "'colour'"), ("word", "''")):
        values = {"formula": "'trainings'", "dimension": "'training_kind'", "word": "'x'"} | {column: word}
        row = f"INSERT INTO indicator_narrowing ({', '.join(values)}, indicator_id)"
        row += f" SELECT {', '.join(values.values())}, id FROM indicator WHERE code = 'E1'"
        with pytest.raises(DBAPIError), scene.database.engine.begin() as connection:
            connection.execute(text(row))


@pytest.mark.plants_violation
def test_a_report_stands_as_it_was_frozen(scene: Scene) -> None:
    budget = town_certified.settle_down(scene)
    scene.hire(SUPERVISOR, Role.SUPERVISOR, "310101199001010990")
    town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    assert _refused(scene, ReportKind.MONTH, "2024-01") == "report_period_not_over"
    assert _refused(scene, ReportKind.MONTH, "2024年1月") == "report_period_unknown"

    with pytest.raises(Refused) as refused:
        _indicator(scene, " ")
    assert refused.value.refusal.code == "indicator_source_missing"
    with pytest.raises(Refused) as refused:
        _indicator(scene, "豫办〔2021〕29号 第1项", target=0)
    assert refused.value.refusal.code == "indicator_target_unreadable"
    _indicator(scene, "豫办〔2021〕29号 第1项")
    _narrowed(scene)
    with scene.database.read() as session:
        yearly = [each.target for each in list_indicators(session) if each.code in ("A1", "A2", "A3")]
        total = [each.target for each in list_indicators(session) if each.code in ("B1", "B2", "B3")]
    assert yearly == [3_000_000, 2_100_000, 760_000]
    assert total == [5 * each for each in yearly]

    scene.at = on("2024-04-02")
    assert _refused(scene, ReportKind.MONTH, "2024-03") == "report_empty"
    first = _freeze(scene, ReportKind.QUARTER, "2024-Q1")
    with scene.database.read() as session:
        frozen = read_report(session, first, list_subtree(session, PROVINCE))
        assert frozen.version == 1
        assert frozen.body["whole"]["completed"] == 2
        assert frozen.body["due_on"] == "2024-04-08"
        assert frozen.body["regions"][0]["name"].startswith("济源")
        assert frozen.body["regions"][0]["place"] == 1
        sums = {name: sum(each[name] for each in frozen.body["regions"]) for name in frozen.body["whole"]}
        assert sums == frozen.body["whole"]
        counted = {each["code"]: each["counted"] for each in frozen.body["indicators"]}
        assert (counted["A1"], counted["A2"], counted["C1"], counted["E1"]) == (2, 2, None, 2)
        assert [counted[f"E{each}"] for each in range(2, 8)] == [2, 0, 2, 2, 0, 0]
        only = {each["code"]: each["narrowed"] for each in frozen.body["indicators"]}
        assert only["E1"] == []
        assert [each["name"] for each in only["E5"]] == ["养老护理员", name_level(Level.JUNIOR)]
        with pytest.raises(Refused) as refused:
            read_report(session, first, list_subtree(session, XINXIANG))
        assert refused.value.refusal.code == "report_missing"
    assert _refused(scene, ReportKind.QUARTER, "2024-Q1") == "report_unchanged"
    _later_is_listed(scene, budget, first)
    _targets_alone_are_a_report(scene)
    _an_edited_one_is_refused(scene, first)
    scene.at = on("2029-01-02")
    assert _refused(scene, ReportKind.YEAR, "2028") == "calendar_year_missing"


def _later_is_listed(scene: Scene, budget: int, first: int) -> None:
    """Somebody's training of the quarter comes in late."""
    late, scene.at = scene.at, on("2024-03-20")
    town_certified.certified(scene, budget, SUN_BA, until="trained")
    scene.at = late + timedelta(days=1)
    assert _refused(scene, ReportKind.QUARTER, "2024-Q1") == "report_correction_unexplained"
    second = _freeze(scene, ReportKind.QUARTER, "2024-Q1", "补录三月的一个班")
    with scene.database.read() as session:
        regions = list_subtree(session, PROVINCE)
        before, after = (read_report(session, each, regions) for each in (first, second))
        assert (before.body["whole"]["completed"], after.body["whole"]["completed"]) == (2, 3)
        told = [each for each in after.body["corrections"] if each["what"] == "completed"]
        assert [(each["before"], each["after"]) for each in told] == [(2, 3), (2, 3)]
        moved = {
            each["where"]: (each["before"], each["after"])
            for each in after.body["corrections"]
            if each["what"] == "counted"
        }
        assert moved["指标 A1 职业技能培训"] == moved["指标 E2 新型学徒制"] == (2, 3)
        assert "指标 E3 新型学徒制" not in moved
        assert find_later_changes(session, after) == []
        assert {each.what for each in find_later_changes(session, before)} >= {"completed", "issued"}


def _targets_alone_are_a_report(scene: Scene) -> None:
    """A quarter without any voucher in a year with certificates says how far its targets are."""
    scene.at = on("2024-07-02")
    made = _freeze(scene, ReportKind.QUARTER, "2024-Q2")
    with scene.database.read() as session:
        body = read_report(session, made, list_subtree(session, PROVINCE)).body
    assert not any(body["whole"].values())
    assert {each["code"]: each["counted"] for each in body["indicators"]}["A2"] == 2
    assert _refused(scene, ReportKind.QUARTER, "2023-Q3") == "report_empty", "nothing at all"


def _an_edited_one_is_refused(scene: Scene, report_id: int) -> None:
    """A database owner takes the trigger off and changes one number."""
    edit = text(
        "UPDATE statistic_report SET body = replace(body, '\"completed\"\\:2', '\"completed\"\\:9')"
        " WHERE id = 1"
    )

    def tamper(work: Work) -> None:
        on_postgres = work.session.get_bind().dialect.name == "postgresql"
        work.session.execute(
            text("ALTER TABLE statistic_report DISABLE TRIGGER USER")
            if on_postgres
            else text("DROP TRIGGER statistic_report_no_update")
        )
        work.session.execute(edit)

    with pytest.raises(Exception, match="append only"):
        scene.do("operator", lambda work: work.session.execute(edit))
    scene.do("operator", tamper)
    with scene.database.read() as session, pytest.raises(Refused) as refused:
        read_report(session, report_id, list_subtree(session, PROVINCE))
    assert refused.value.refusal.code == "report_edited"
