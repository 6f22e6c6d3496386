"""Certificate numbers given beforehand: one range after the other, never twice, and none beside them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests import town_train
from tests.scene import EV1, EV2, LI_SI, ZHANG_SAN, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.staffing import grant_role
from voucher.registry.importing.frame import ImportRefused
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.stages.certify.models_numbers import NumberRange
from voucher.stages.certify.numbering import give_numbers, list_ranges


def test_numbers_are_given_once_and_no_other_is_taken(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    scene.hire_everybody("419001")
    scene.hire("新乡", Role.OFFICER_CITY, "310101199001010360", "410700")
    scene.file_evaluator(EV1)
    scene.file_evaluator(EV2, region="410700")
    usual: dict[str, Any] = {"filing_number": EV1[2], "year": 2024, "level": Level.JUNIOR, "count": 10}

    def refused(login: str, **changes: Any) -> str:
        return town_train.code(scene, login, lambda work: give_numbers(work, **(usual | changes)))

    assert refused("新乡") == "filing_unnumbered"
    # supervising there as well gives no hand in it: the role and its region go together
    scene.do("administrator", partial(grant_role, login="新乡", role=Role.SUPERVISOR, region_code="419001"))
    assert "419001" in scene.actor("新乡").regions
    assert refused("新乡") == "filing_unnumbered"
    assert refused("制单员") == "role_missing"
    assert refused("初审员", filing_number=EV2[2]) == "filing_unnumbered"
    assert refused("初审员", level=Level.APPRENTICE) == "level_unnumbered"
    assert refused("初审员", count=1_000_000) == "numbers_exhausted"
    for change in ({}, {"count": 5}, {"level": Level.SENIOR, "count": 999_999}):
        scene.do("初审员", partial(give_numbers, **(usual | change)))
    assert refused("初审员", level=Level.SENIOR, count=1) == "numbers_exhausted"

    # what was given that year is the only thing taken; the year before was not given, and is as it was
    row = partial(scene.certificate, issued="2024-01-09")
    numbers = [f"{EV1[2]}245{serial:06d}" for serial in (1, 15, 16)]
    scene.import_certificates(
        [row(ZHANG_SAN, number=numbers[0]), row(LI_SI, number=numbers[1]), scene.certificate(ZHANG_SAN)]
    )
    other_level = f"{EV1[2]}244000001"
    with pytest.raises(ImportRefused) as caught:
        scene.import_certificates(
            [row(ZHANG_SAN, number=numbers[2]), row(ZHANG_SAN, level="四级", number=other_level)]
        )
    assert [(each.column, each.refusal.code) for each in caught.value.report.problems] == [
        ("证书编号", "certificate_number_unallocated")
    ] * 2
    with scene.database.read() as session:
        views = list_ranges(session, ["419001"], ())
        assert list_ranges(session, ["410700"], ()) == []
    assert [(each.first_number[-6:], each.last_number[-6:], each.used) for each in views] == [
        ("000001", "999999", 0), ("000011", "000015", 1), ("000001", "000010", 1),
    ]  # fmt: skip

    # 1–10 and 11–15 are given: what begins anywhere but at 16 the database itself refuses
    for first, previous in ((1, None), (8, 7), (11, 10), (16, 14), (16, None)):
        with pytest.raises((DBAPIError, Refused)):
            scene.do("operator", partial(_plant, first=first, previous=previous))


def _plant(work: Work, first: int, previous: int | None) -> None:
    given = work.session.scalars(select(NumberRange).order_by(NumberRange.id)).first()
    assert given is not None
    work.session.add(
        NumberRange(
            filing_id=given.filing_id, prefix=given.prefix, year=2024, digit=5, previous_last=previous,
            first_serial=first, last_serial=500, given_at=work.at, given_by_person_id=1,
        )
    )  # fmt: skip
    work.session.flush()
