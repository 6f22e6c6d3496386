"""The facts of a town in which everything has happened: read on both databases, written down, read again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.stages.oversee.town import Town
from voucher.rules.risk.catalogue import run_rules
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
