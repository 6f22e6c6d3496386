"""Reports stand as they were frozen; what comes later is listed, and what cannot be said is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests import town_certified
from tests.scene import LI_SI, PROVINCE, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on
from voucher.ledger import sealing
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.registry.indicators import list_indicators
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.reports import Formula, ReportKind, Span
from voucher.stages.oversee.reports.freezing import (
    add_indicator,
    find_later_changes,
    freeze_report,
    read_report,
)

SUPERVISOR = "监管员"


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


def _indicator(scene: Scene, document: str, target: int = 30_000) -> int:
    return scene.do(
        SUPERVISOR,
        lambda work: add_indicator(
            work, code="E1", name="新型学徒制", formula=Formula.TRAININGS, unit="人次", span=Span.YEAR,
            target=target, document=document,
        ),
    )  # fmt: skip


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
        with pytest.raises(Refused) as refused:
            read_report(session, first, list_subtree(session, XINXIANG))
        assert refused.value.refusal.code == "report_missing"
    assert _refused(scene, ReportKind.QUARTER, "2024-Q1") == "report_unchanged"
    _later_is_listed(scene, budget, first)
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
        assert find_later_changes(session, after) == []
        assert {each.what for each in find_later_changes(session, before)} >= {"completed", "issued"}


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
