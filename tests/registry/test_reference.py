"""What ships with the program, and what is added to it."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.scene import JIYUAN, PROVINCE, Scene
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import catalogue, tables
from voucher.registry.catalogue import Occupation, Region
from voucher.registry.founding import FOUNDER, found
from voucher.registry.importing.folder import load_folder
from voucher.registry.reference import FOLDER, read_records
from voucher.registry.standards import CalendarDay
from voucher.registry.streets import Street, list_streets
from voucher.rules.approval import Step, required_steps
from voucher.rules.calendar import notice_period
from voucher.rules.errors import Refused
from voucher.rules.subsidy import Case, Form, price_subsidy
from voucher.rules.vocabulary import CertificateKind, Level, Method, Outcome, SubsidyKind

# the national tables stand beside this checkout where they were handed over with it
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
FULL_TABLES = os.environ.get("VOUCHER_REFERENCE_DIR") or (str(BESIDE) if BESIDE.is_dir() else "")
# counties, districts and the directly governed cities of Henan; days moved by the council, 2019 to 2026
HENAN_AREAS, DAYS_ANNOUNCED = 181, 286
LAST_WORDS = {"4-10-01-05": "养老护理员", "4-10-01-06": "家政服务员", "6-18-01-01": "车工",
              "4-03-02-01": "中式烹调师", "6-31-01-03": "电工", "6-18-02-04": "焊工"}  # fmt: skip


def test_founding_again_adds_nothing(scene: Scene) -> None:
    assert set(found(scene.database, scene.keyring, scene.at).values()) == {0}


def test_a_shipped_row_that_an_office_changed_stays_changed(scene: Scene) -> None:
    def rename(work: Work) -> None:
        work.session.get_one(Region, "410771").name = "新乡高新区"

    perform(scene.database, scene.keyring, FOUNDER, scene.at, rename)
    found(scene.database, scene.keyring, scene.at)
    with scene.database.read() as session:
        assert catalogue.get_region(session, "410771").name == "新乡高新区"


def test_jiyuan_stands_beside_the_cities_and_has_nothing_below(scene: Scene) -> None:
    with scene.database.read() as session:
        jiyuan = catalogue.get_region(session, JIYUAN)
        assert (jiyuan.parent_code, jiyuan.rank) == (PROVINCE, "city")
        assert not catalogue.has_level_below(session, JIYUAN)
        assert catalogue.list_ancestry(session, JIYUAN) == [JIYUAN, PROVINCE]
        cities = select(func.count()).where(Region.parent_code == PROVINCE)
        assert session.scalar(cities) == 18
        zones = select(Region.name).where(Region.parent_code == "410700", Region.rank == "zone")
        assert any("平原" in name for name in session.scalars(zones))


def test_the_occupations_of_every_scenario_are_there(scene: Scene) -> None:
    with scene.database.read() as session:
        names = dict(session.execute(select(Occupation.code, Occupation.name)).all())
    assert len(names) >= 64
    assert {code: names.get(code) for code in LAST_WORDS} == LAST_WORDS
    assert "育婴员" in names.values()


PRICES: list[tuple[CertificateKind, Level | None, Method, int]] = [
    (CertificateKind.SPECIAL_SKILL, None, Method.EXAM, 100),
    (CertificateKind.SKILL_LEVEL, Level.JUNIOR, Method.EXAM, 200),
    (CertificateKind.QUALIFICATION, Level.INTERMEDIATE, Method.PROCESS, 240),
    (CertificateKind.SKILL_LEVEL, Level.INTERMEDIATE, Method.DIRECT, 120),
    (CertificateKind.SKILL_LEVEL, Level.SENIOR, Method.EXAM, 280),
    (CertificateKind.SKILL_LEVEL, Level.TECHNICIAN, Method.EXAM, 350),
    (CertificateKind.SKILL_LEVEL, Level.SENIOR_TECHNICIAN, Method.EXAM, 380),
    (CertificateKind.SKILL_LEVEL, Level.SPECIAL_TECHNICIAN, Method.EXAM, 0),
]


def test_the_shipped_standards_price_every_level(scene: Scene) -> None:
    with scene.database.read() as session:
        standards, modifiers = tables.read_standards(session), tables.read_modifiers(session)
    for kind, level, method, yuan in PRICES:
        on = date(2022, 3, 31) if method is Method.DIRECT else date(2021, 10, 28)
        case = Case(SubsidyKind.EVALUATION, kind, level, "4-10-01-05", None, method, on, (PROVINCE,))
        price = price_subsidy(case, standards, modifiers)
        assert price.amount_fen == yuan * 100, (kind, level, method)
        assert (price.outcome is Outcome.PAYABLE) == (yuan > 0)
        before = price_subsidy(replace(case, issued_on=on - timedelta(days=1)), standards, modifiers)
        assert before.amount_fen == 0, "the document that gives it does not reach back"


def test_training_is_priced_by_level_and_by_hours(scene: Scene) -> None:
    with scene.database.read() as session:
        standards = tables.read_standards(session)
    assert {row.form for row in standards} <= {str(form) for form in Form}
    hours = Case(SubsidyKind.TRAINING, CertificateKind.TRAINING_COMPLETION, None, None, None, Method.EXAM,
                 date(2023, 1, 1), (PROVINCE,), hours=45)  # fmt: skip
    assert price_subsidy(hours, standards, ()).amount_fen == 45_000


def test_the_jiyuan_notice_by_the_shipped_calendar_and_parameters(scene: Scene) -> None:
    on = date(2024, 3, 6)
    with scene.database.read() as session:
        workdays = tables.read_parameter_number(session, "notice_workdays", on, [JIYUAN, PROVINCE])
        counts = tables.read_flag(session, "notice_first_day_counts", on, [JIYUAN])
        calendar = tables.read_calendar(session)
    assert workdays is not None
    period = notice_period(on, workdays, calendar, first_day_counts=counts)
    assert period.until_on == date(2024, 3, 12)
    assert calendar.years == frozenset(range(2019, 2027))


def test_parameters_say_none_where_no_limit_is_known(scene: Scene) -> None:
    on = date(2023, 11, 15)
    with scene.database.read() as session:
        evaluation = tables.read_duplicate_parameters(session, SubsidyKind.EVALUATION, on, [JIYUAN])
        training = tables.read_duplicate_parameters(session, SubsidyKind.TRAINING, on, [JIYUAN])
        limits = tables.read_age_limits(session, on, [JIYUAN])
        with pytest.raises(Refused, match="parameter_missing"):
            tables.read_parameter_number(session, "notice_workdays", date(2019, 1, 1), [JIYUAN])
    assert (evaluation.yearly_cap, training.yearly_cap, evaluation.higher_bars_lower) == (3, 3, False)
    assert (limits.minimum, limits.maximum) == (16, 59)


def test_the_shipped_bands_ask_for_four_hands(scene: Scene) -> None:
    with scene.database.read() as session:
        bands = tables.read_bands(session)
    assert required_steps(38_000, date(2024, 1, 1), bands) == (
        Step.SUBMIT, Step.FIRST_REVIEW, Step.SECOND_REVIEW, Step.APPROVE
    )  # fmt: skip
    assert Step.PROVINCE_REVIEW in required_steps(500_000_000, date(2024, 1, 1), bands)


def test_every_shipped_row_names_its_source() -> None:
    for path in FOLDER.glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            header = next(csv.reader(file))
        named = next((name for name in ("source", "document") if name in header), None)
        if named is None:
            assert path.name == "calendar_days.csv"  # the source stands with its year
            continue
        assert all(record[named].strip() for record in read_records(path)), path.name


def load(scene: Scene, folder: Path) -> dict[str, int]:
    return perform(scene.database, scene.keyring, FOUNDER, scene.at, lambda work: load_folder(work, folder))


def test_a_folder_of_tables_is_taken_once(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "provinces.csv").write_text("code,name\n42,湖北省\n", encoding="utf-8")
    (tmp_path / "cities.csv").write_text(
        "code,name,provinceCode\n4201,武汉市,42\n4290,省直辖县级行政区划,42\n4190,省直辖县级行政区划,41\n",
        "utf-8",
    )
    (tmp_path / "areas.csv").write_text(
        "code,name,cityCode,provinceCode\n420102,江岸区,4201,42\n429004,仙桃市,4290,42\n419001,济源市,4190,41\n",
        "utf-8",
    )
    (tmp_path / "occupations.csv").write_text(
        "code,name,major_code,is_digital,is_green,source\n5-05-03-01,沼气工,5,0,1,大典\n", "utf-8"
    )
    (tmp_path / "streets.csv").write_text(
        "code,name,areaCode,provinceCode,cityCode\n420102001,大智街道,420102,42,4201\n", "utf-8"
    )
    assert load(scene, tmp_path) == {
        "provinces.csv": 0,
        "cities.csv": 1,
        "areas.csv": 2,
        "streets.csv": 1,
        "occupations.csv": 1,
    }
    assert set(load(scene, tmp_path).values()) == {0}
    with scene.database.read() as session:
        assert catalogue.list_ancestry(session, "420102") == ["420102", "420100", "420000"]
        assert catalogue.get_region(session, "429004").parent_code == "420000"
        assert catalogue.get_region(session, JIYUAN).name == "济源市（济源示范区）"
        biogas = session.get_one(Occupation, "5-05-03-01")
        assert (biogas.is_digital, biogas.is_green) == (False, True)


@pytest.mark.skipif(
    not FULL_TABLES, reason="no folder of full tables: neither VOUCHER_REFERENCE_DIR nor beside this checkout"
)
def test_the_full_tables_come_in_whole(scene: Scene) -> None:
    """Every row of the national and Henan tables stands afterwards: none left out, none twice."""
    folder = Path(FULL_TABLES)
    added = load(scene, folder)
    assert (added["occupations.csv"], added["streets_henan.csv"]) == (1_632 - _shipped(folder), 2_586)
    given = {row["code"]: row["name"] for row in read_records(folder / "occupations.csv")}
    areas = list(read_records(folder / "areas.csv"))
    henan = {row["code"] for row in areas if row["provinceCode"] == PROVINCE[:2]}
    streets = {row["code"] for row in read_records(folder / "streets_henan.csv")}
    with scene.database.read() as session:
        known = dict(session.execute(select(Occupation.code, Occupation.name)).all())
        assert len(given) == 1_632
        assert {code: known.get(code) for code in given} == given
        # one more: an occupation of the former table that older certificates name
        assert len(known) == 1_633
        counted = dict(
            session.execute(
                select(Region.rank, func.count())
                .where(Region.code.startswith(PROVINCE[:2]))
                .group_by(Region.rank)
            ).all()
        )
        assert (counted["province"], counted["city"]) == (1, 18)
        assert henan <= set(session.scalars(select(Region.code)))
        assert len(henan) == HENAN_AREAS
        every = select(func.count()).select_from(Region)
        assert session.scalar(every.where(Region.rank == "province")) == len(
            list(read_records(folder / "provinces.csv"))
        )
        assert catalogue.get_region(session, JIYUAN).parent_code == PROVINCE
        assert {each.code[:6] for each in list_streets(session, JIYUAN)} == {JIYUAN}
        listed = session.scalars(select(Street.code)).all()
        assert (len(listed), set(listed)) == (2_586, streets)
        calendar = tables.read_calendar(session)
        assert calendar.years == frozenset(range(2019, 2027))
        days = sum(session.scalars(select(func.count()).select_from(CalendarDay)))
        assert days == DAYS_ANNOUNCED


def _shipped(folder: Path) -> int:
    """Return how many of the national occupations ship with the program."""
    shipped = {row["code"] for row in read_records(FOLDER / "occupations.csv")}
    return len(shipped & {row["code"] for row in read_records(folder / "occupations.csv")})


def test_a_folder_that_is_not_there_is_refused(scene: Scene, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    with pytest.raises(Refused, match="reference_folder_missing"):
        perform(scene.database, scene.keyring, FOUNDER, scene.at, lambda work: load_folder(work, missing))
