"""The facts of a town in which everything has happened: read on both databases, written down, read again."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests import town_assess, town_issue
from tests.scene import FENG_YI, LI_SI, NURSE, QIAN_QI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene
from tests.stages.oversee.town import Town
from voucher.rules.risk.catalogue import run_rules
from voucher.rules.risk.exams import find_false_certificates
from voucher.rules.risk.findings import Finding
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.folder import read_folder, write_folder
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

ALL_DAYS = Window(date(2020, 1, 1), date(2030, 12, 31))
HAPPENED = (
    *("institutions", "classes", "places", "results", "claims", "vouchers", "certificates"),
    "approvals",
)


def test_the_facts_of_the_town_are_read_and_survive_a_folder(town: Town, tmp_path: Path) -> None:
    with town.database.read() as session:
        facts = read_facts(session, ALL_DAYS, town.keyring, with_marks=True)
        nothing = read_facts(
            session, Window(date(2019, 1, 1), date(2019, 1, 31)), town.keyring, with_marks=True
        )
    assert [table for table in HAPPENED if not getattr(facts, table)] == []
    assert [each for each in facts.sessions if not each.teacher] == [], "or the teacher of its class"
    assert (nothing.claims, nothing.vouchers, nothing.classes, nothing.marks) == ((), (), (), ())
    write_folder(tmp_path, facts)
    again = read_folder(tmp_path)
    assert again == facts
    most = read_shipped_thresholds(date(2026, 11, 22))
    found = list(run_rules(facts, most))
    assert list(run_rules(again, most)) == found
    keys = {(table, row.id) for table in HAPPENED for row in getattr(facts, table)}
    assert all(row in keys for each in found for row in each.rows if row[0] in HAPPENED)


def test_an_exam_certified_for_more_people_than_passed_it_is_found(scene: Scene) -> None:
    """R21: the evaluator names an exam on certificates of people who never sat it."""
    scene.hire_everybody()
    place = town_assess.evaluator(scene)
    _, vouchers = town_assess.finished(scene, ZHANG_SAN)
    batch = town_assess.assessed(scene, place, [ZHANG_SAN], vouchers)
    exam = town_assess.batch(scene, batch)
    issued = (exam.exam_on + timedelta(days=5)).isoformat()
    rows = [
        {**scene.certificate(each, NURSE, issued=issued), "评价批次": exam.number}
        for each in (ZHANG_SAN, LI_SI, ZHAO_LIU, QIAN_QI, SUN_BA, FENG_YI)
    ]
    scene.at += timedelta(days=6)

    def look() -> list[Finding]:
        with scene.database.read() as session:
            facts = read_facts(session, Window(date(2023, 1, 1), date(2025, 12, 31)), scene.keyring)
        most = read_shipped_thresholds(date(2024, 3, 1))
        return [each for each in find_false_certificates(facts, most) if each.kind == "evaluator"]

    scene.import_certificates(rows[:5])
    assert look() == [], "four more than passed: not yet"
    scene.import_certificates(rows)
    (found,) = look()
    assert "的考试发了 6 本证书，而合格的只有 1 人" in found.words
    for number in ("自编第 9 号", exam.number.replace("-2023-", "-1999-")):
        other = {**scene.certificate(town_issue.WANG_WU, NURSE, issued=issued), "评价批次": number}
        rows.append(other)
        scene.import_certificates(rows)
        assert "发了 6 本证书" in look()[0].words, "what names no exam held here is of none"
