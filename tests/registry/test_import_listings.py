"""The yearly list of training institutions: who stands on it, entered by year and document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from sqlalchemy import select

from tests.scene import LIMITS, XINXIANG, Scene, write_csv
from voucher.ledger.audit import AuditRow
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.importing.institutions import InstitutionsImporter
from voucher.registry.importing.listings import ListingsImporter
from voucher.registry.institutions import Institution, InstitutionListing
from voucher.registry.listing import check_listed, is_listed
from voucher.rules.actor import Role
from voucher.rules.errors import Refused

SCHOOL = ("示例甲职业培训学校", "52410105MJTE5T01X7")
UNKNOWN = "91410100MATE5T033Y"


def take(scene: Scene, kind: type, rows: Sequence[Mapping[str, object]], login: str = "operator") -> Report:
    scene.serials += 1
    path = write_csv(scene.folder / f"list{scene.serials}.csv", rows)
    return scene.do(login, lambda work: import_file(work, kind, path, limits=LIMITS))


def school(**more: object) -> dict[str, object]:
    return {
        "名称": SCHOOL[0], "统一社会信用代码": SCHOOL[1], "类型": "民办职业培训学校", "地区": "410105",
        **more,
    }  # fmt: skip


def place(**more: object) -> dict[str, object]:
    return {"统一社会信用代码": SCHOOL[1], "年度": "2024", "文号": "豫人社函〔2024〕1号", **more}


def listings(scene: Scene) -> list[tuple[int, str]]:
    with scene.database.read() as session:
        rows = session.scalars(select(InstitutionListing).order_by(InstitutionListing.year))
        return [(row.year, row.document) for row in rows]


def test_an_institution_stands_on_a_years_list_by_a_document(scene: Scene) -> None:
    take(scene, InstitutionsImporter, [school()])
    assert take(scene, ListingsImporter, [place(), place(年度="2023年")]).rows_added == 2
    assert take(scene, ListingsImporter, [place()]).rows_unchanged == 1
    assert take(scene, ListingsImporter, [place(文号="豫人社函〔2024〕9号")]).rows_changed == 1
    assert listings(scene) == [(2023, "豫人社函〔2024〕1号"), (2024, "豫人社函〔2024〕9号")]
    with scene.database.read() as session:
        found = session.scalars(select(Institution.id)).one()
        check_listed(session, found, date(2024, 12, 31))
        assert not is_listed(session, found, date(2025, 1, 1))
        with pytest.raises(Refused) as caught:
            check_listed(session, found, date(2025, 1, 1))
        assert caught.value.refusal.code == "institution_not_listed"
        told = session.scalars(select(AuditRow.act).where(AuditRow.thing == "institution"))
        assert list(told).count("list_for_year") == 2


def test_places_that_cannot_be(scene: Scene) -> None:
    take(scene, InstitutionsImporter, [school()])
    scene.hire("新乡初审员", Role.OFFICER_COUNTY, "310101199001010110", XINXIANG)
    with pytest.raises(ImportRefused) as caught:
        take(
            scene,
            ListingsImporter,
            [place(统一社会信用代码=UNKNOWN), place(年度="今年"), place(年度="1924"), place(文号="")],
        )
    assert [(each.line, each.column, each.refusal.code) for each in caught.value.report.problems] == [
        (2, "统一社会信用代码", "institution_missing"),
        (3, "年度", "listing_year_malformed"),
        (4, "年度", "listing_year_malformed"),
        (5, "文号", "cell_missing"),
    ]
    with pytest.raises(ImportRefused) as caught:
        take(scene, ListingsImporter, [place()], "新乡初审员")
    assert [each.refusal.code for each in caught.value.report.problems] == ["region_foreign"]
    assert listings(scene) == []


def test_the_list_of_institutions_may_name_the_years_itself(scene: Scene) -> None:
    first = take(scene, InstitutionsImporter, [school(清单年度="2023、2024")])
    assert (first.rows_added, first.rows_changed) == (1, 0)
    assert [year for year, _ in listings(scene)] == [2023, 2024]
    same = take(scene, InstitutionsImporter, [school(清单年度="2023、2024")])
    assert (same.rows_unchanged, same.rows_changed) == (1, 0)
    more = take(scene, InstitutionsImporter, [school(清单年度="2025", 清单文号="豫人社函〔2025〕1号")])
    assert (more.rows_unchanged, more.rows_changed) == (0, 1)
    assert listings(scene)[-1] == (2025, "豫人社函〔2025〕1号")
    kept = take(scene, InstitutionsImporter, [school(清单年度="2025")])
    assert (kept.rows_unchanged, listings(scene)[-1][1]) == (1, "豫人社函〔2025〕1号")
    with pytest.raises(ImportRefused) as caught:
        take(scene, InstitutionsImporter, [school(清单年度="每年")])
    assert [each.refusal.code for each in caught.value.report.problems] == ["listing_year_malformed"]
