"""New tariffs: two officers, a later day, no row rewritten; what is listed as 急需紧缺 earns its share."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import select

from tests.scene import JIYUAN, NURSE, Scene, on
from voucher.registry import tariffs
from voucher.registry.standards import StandardRow
from voucher.registry.tables import read_modifiers
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.subsidy import Form
from voucher.rules.tariffs import Subject, Tariff
from voucher.rules.vocabulary import Level, SubsidyKind

APRIL = date(2024, 4, 1)
LOWER = Tariff(
    subject=Subject.STANDARD, since=APRIL, until=None, document="豫人社规〔2024〕9号",
    kind=SubsidyKind.TRAINING, form=Form.LEVEL_CERTIFICATE, level=Level.JUNIOR, amount_fen=1000_00,
)  # fmt: skip
UP = Tariff(
    subject=Subject.MODIFIER, since=APRIL, until=None, document="豫人社规〔2024〕10号",
    kind=SubsidyKind.TRAINING, basis_points=12_000,
)  # fmt: skip
LISTED = Tariff(
    subject=Subject.SHORTAGE, since=date(2024, 5, 1), until=date(2024, 12, 31),
    document="济源急需紧缺目录（2024）", occupation_code=NURSE, region_code=JIYUAN,
)  # fmt: skip


def refused(scene: Scene, login: str, new: Tariff) -> str:
    with pytest.raises(Refused) as caught:
        scene.do(login, partial(tariffs.propose_tariff, new=new))
    return caught.value.refusal.code


def write(scene: Scene, new: Tariff) -> int:
    proposed = scene.do("省一", partial(tariffs.propose_tariff, new=new))
    scene.do("省二", partial(tariffs.agree_tariff, proposal_id=proposed.id))
    return proposed.id


def test_two_officers_write_a_row_that_counts_from_its_day_on(scene: Scene) -> None:
    scene.hire_everybody()
    scene.hire("省一", Role.OFFICER_PROVINCE, "310101199001011010")
    scene.hire("省二", Role.OFFICER_PROVINCE, "310101199001011020")
    assert refused(scene, "初审员", LOWER) == "role_missing"
    assert refused(scene, "省一", replace(LOWER, since=date(2023, 9, 1))) == "tariff_not_ahead"
    assert refused(scene, "省一", replace(LOWER, occupation_code="9-99-99-99")) == "trade_unknown"
    proposed = scene.do("省一", partial(tariffs.propose_tariff, new=LOWER))
    for login, code in (("省一", "second_person_needed"), ("初审员", "role_missing")):
        with pytest.raises(Refused) as caught:
            scene.do(login, partial(tariffs.agree_tariff, proposal_id=proposed.id))
        assert caught.value.refusal.code == code
    with scene.database.read() as session:
        assert tariffs.list_coming(session, date(2024, 3, 1)) == []
        assert tariffs.count_proposals(session, person_id=0)[0] == 1
    scene.do("省二", partial(tariffs.agree_tariff, proposal_id=proposed.id))
    with scene.database.read() as session:
        (change,) = tariffs.list_coming(session, date(2024, 3, 1))
        rows = session.scalars(select(StandardRow).where(StandardRow.code.in_(("TR-5", "T-0001")))).all()
    assert (change.on, change.before, change.after) == (APRIL, 1200_00, 1000_00)
    assert {each.until for each in rows} == {None}
    assert refused(scene, "省一", LOWER) == "tariff_stands_already"
    with pytest.raises(Refused) as caught:
        scene.do("省二", partial(tariffs.agree_tariff, proposal_id=proposed.id))
    assert caught.value.refusal.code == "tariff_missing"


def test_an_area_s_list_meets_the_province_s_share(scene: Scene) -> None:
    scene.hire_everybody()
    scene.hire("省一", Role.OFFICER_PROVINCE, "310101199001011010")
    scene.hire("省二", Role.OFFICER_PROVINCE, "310101199001011020")
    write(scene, UP)
    own = scene.do("初审员", partial(tariffs.propose_tariff, new=LISTED))
    scene.do("复核员", partial(tariffs.agree_tariff, proposal_id=own.id))
    assert refused(scene, "初审员", LISTED) == "tariff_stands_already"
    declined = scene.do("初审员", partial(tariffs.propose_tariff, new=replace(LISTED, level=Level.SENIOR)))
    scene.do("复核员", partial(tariffs.decline_tariff, proposal_id=declined.id, why="目录没有写等级"))
    with scene.database.read() as session:
        met = [each for each in read_modifiers(session) if each.basis_points == 12_000]
        changes = tariffs.list_coming(session, date(2024, 3, 1))
    assert [
        (each.occupation_code, each.region_code, each.listed_since, each.listed_until) for each in met
    ] == [(NURSE, JIYUAN, LISTED.since, LISTED.until)]
    assert met[0].document == "豫人社规〔2024〕10号；济源急需紧缺目录（2024）"
    assert [(each.on, each.before, each.after) for each in changes] == [
        (date(2024, 5, 1), 10_000, 12_000),
        (date(2025, 1, 1), 12_000, 10_000),
    ]


def ends(
    scene: Scene, login: str, row_id: int, ends_on: date, document: str = "豫人社〔2024〕15号"
) -> str | int:
    """Propose the last day of a standard and return the proposal's id, or the code of the refusal."""
    propose = partial(
        tariffs.propose_ending,
        subject=Subject.STANDARD,
        row_id=row_id,
        ends_on=ends_on,
        document=document,
    )
    try:
        return scene.do(login, propose).id
    except Refused as refused:
        return refused.refusal.code


def test_a_row_ends_early_by_two_officers_never_backwards(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    scene.hire("省一", Role.OFFICER_PROVINCE, "310101199001011010")
    scene.hire("省二", Role.OFFICER_PROVINCE, "310101199001011020")
    with scene.database.read() as session:
        row = session.scalars(select(StandardRow).where(StandardRow.code == "TR-5")).one()
    june = date(2024, 6, 30)
    assert ends(scene, "初审员", row.id, june) == "role_missing", "the whole province's is the province's"
    assert ends(scene, "省一", 999_999, june) == "tariff_row_missing"
    assert ends(scene, "省一", row.id, june, " ") == "tariff_without_document"
    assert ends(scene, "省一", row.id, date(2024, 3, 5)) == "tariff_end_past"
    proposed = ends(scene, "省一", row.id, june)
    assert isinstance(proposed, int)
    assert ends(scene, "省二", row.id, june) == "tariff_ending_stands", "one at a time"
    with pytest.raises(Refused, match="second_person_needed"):
        scene.do("省一", partial(tariffs.agree_tariff, proposal_id=proposed))
    with scene.database.read() as session:
        assert tariffs.list_coming(session, date(2024, 3, 6)) == [], (
            "nothing changes before the second officer"
        )
    scene.do("省二", partial(tariffs.agree_tariff, proposal_id=proposed))
    with scene.database.read() as session:
        (change,) = tariffs.list_coming(session, date(2024, 3, 6))
        found = tariffs.get_proposal(session, proposed)
    assert (change.on, change.before, change.after) == (date(2024, 7, 1), 1200_00, None)
    assert change.document == "豫人社〔2024〕15号", "what ended it"
    assert (found.first_day, found.document) == (date(2024, 7, 1), "豫人社〔2024〕15号")
    assert ends(scene, "省一", row.id, june) == "tariff_end_not_earlier"
    # a day that passed between the two officers ends nothing
    late = ends(scene, "省一", row.id, date(2024, 3, 8))
    assert isinstance(late, int)
    scene.at = on("2024-03-11")
    with pytest.raises(Refused, match="tariff_end_past"):
        scene.do("省二", partial(tariffs.agree_tariff, proposal_id=late))
    # a row to come is not ended before it begins
    coming = write(scene, LOWER)
    with scene.database.read() as session:
        new = session.scalars(select(StandardRow).where(StandardRow.code == f"T-{coming:04d}")).one()
    assert ends(scene, "省一", new.id, date(2024, 3, 31)) == "tariff_end_before_since"
