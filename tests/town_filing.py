"""Builders of filings (机构备案): applied for by a person, filled with what a school has, accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests import pictures, town_issue, town_train
from tests.scene import HOUSEKEEPER, JIYUAN, LIMITS, NURSE, Scene, staff_number, write_csv
from voucher.plumbing.unit_of_work import Work
from voucher.registry.filing import applying, parts, reviewing
from voucher.registry.filing.applying import FirstPage
from voucher.registry.filing.models import Filing
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.listings import ListingsImporter
from voucher.rules.filing import LicenceKind

APPLICANT = ("李四", "410702198511209927")
SCHOOL = ("济源市济水职业培训学校", "52419001MJTE5T044D")
TEACHER = ("周老师", staff_number("310101198001010910"))
ROOM = "济源市济水大街1号 实训室一"
LICENCE = parts.NewLicence(
    LicenceKind.SCHOOL, "人社民4190014000001号", "济源示范区人力资源和社会保障局",
    date(2021, 6, 1), date(2024, 12, 31), pictures.jpeg(),
)  # fmt: skip
TEACHING = parts.NewTeacher(
    *TEACHER, "养老护理员高级考评员", "KP4100000001", date(2025, 12, 31), (NURSE, HOUSEKEEPER)
)
HALL = parts.NewRoom(ROOM, "济源市济水大街1号", JIYUAN, 40, "护理床12张、投影1台", 35_067_300, 112_602_300)


def listed(scene: Scene, house: tuple[str, str] = SCHOOL, scope: str = "") -> None:
    """Put an institution on the list of 2024, for these occupations where any are named."""
    scene.serials += 1
    row = {"统一社会信用代码": house[1], "年度": "2024", "文号": "豫人社〔2024〕3号", "职业等级": scope}
    path = write_csv(scene.folder / f"list-{scene.serials}.csv", [row])
    scene.do("operator", lambda work: import_file(work, ListingsImporter, path, limits=LIMITS))


def first_page(house: tuple[str, str] = SCHOOL, **changes: Any) -> FirstPage:
    """Return the first page of a school's filing."""
    page = FirstPage(
        house[1], house[0], "职业培训学校", JIYUAN, "济源市济水大街1号", "王校长", "李四", "13800138000"
    )
    return replace(page, **changes)


def fill(scene: Scene, login: str, filing_id: int, until: date | None = LICENCE.until) -> None:
    """Add a licence, two occupations, a teacher and a room."""

    def act(work: Work) -> None:
        parts.add_licence(work, filing_id, replace(LICENCE, until=until))
        parts.add_scope(work, filing_id, NURSE, 2, "TRAIN")
        parts.add_scope(work, filing_id, HOUSEKEEPER, 2, "TRAIN")
        parts.add_teacher(work, filing_id, TEACHING)
        parts.add_room(work, filing_id, HALL)

    scene.do(login, act)


def filed(
    scene: Scene, house: tuple[str, str] = SCHOOL, until: date | None = LICENCE.until
) -> tuple[str, int]:
    """Return who applied and the filing handed in for a new institution."""
    login = town_issue.worker(scene, APPLICANT)
    made = scene.do(login, lambda work: applying.open_filing(work, first_page(house))).id
    fill(scene, login, made, until)
    scene.do(login, lambda work: applying.file_filing(work, made))
    return login, made


def accepted(
    scene: Scene, house: tuple[str, str] = SCHOOL, until: date | None = LICENCE.until
) -> tuple[str, Filing]:
    """Return the administrator and the accepted filing of a new institution."""
    login, made = filed(scene, house, until)
    reviewer = town_train.reviewer(scene)
    return login, scene.do(reviewer, lambda work: reviewing.accept_filing(work, made, "材料齐全"))
