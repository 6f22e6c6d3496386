"""Vouchers issued: each line judged, money reserved, the rest waiting or refused with the reason."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.scene import LI_SI, NURSE, QIAN_QI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_issue import (
    WANG_WU,
    act,
    codes,
    eligible,
    issue_to,
    line,
    newcomer,
    open_terms,
    person_id,
    programme,
    publisher,
    voucher,
    worker,
)
from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.registry.people import PersonTag
from voucher.rules.errors import Refused
from voucher.stages.issue import issuing
from voucher.stages.issue.issuing import Issued
from voucher.stages.issue.programmes import stop_programme


def at_once(scene: Scene, programme_id: int, *people: tuple[str, str]) -> Issued:
    """Issue to people at once and return what came of it."""
    named = [newcomer(each) for each in people]
    done: Issued = scene.do("operator", act(issuing.issue_at_once, programme_id, named))
    return done


def take(scene: Scene, person: tuple[str, str], programme_id: int, declared: bool = True) -> Voucher | None:
    """Have a person take a voucher."""
    taken: Voucher | None = scene.do(worker(scene, person), act(issuing.take_voucher, programme_id, declared))
    return taken


def refusal(scene: Scene, person: tuple[str, str], programme_id: int, declared: bool = True) -> str:
    """Return why a person may not take one."""
    with pytest.raises(Refused) as told:
        take(scene, person, programme_id, declared)
    return told.value.refusal.code


def test_a_directed_face_value_voucher_is_priced_dated_and_reserved_on_its_day(scene: Scene) -> None:
    """AC-A1, first step: 面值 1200, 预占 1400, 90 天内核销."""
    scene.at = on("2024-01-10")
    budget = scene.open_budget(10_000)
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN)
    (voucher_id,) = issue_to(scene, nurses, ZHANG_SAN)
    held = voucher(scene, voucher_id)
    assert (held.state, held.worth, held.channel) == ("issued", "face_value", "directed")
    assert (held.face_value_fen, held.priced_on) == (1200_00, date(2024, 1, 10))
    assert (held.cap_fen, held.reserved_fen, held.redeem_by) == (1400_00, 1400_00, date(2024, 4, 9))
    assert held.number == f"Q-419001-2024-{voucher_id:08d}"
    assert scene.budget(budget).reserved_fen == 1400_00


def test_what_a_voucher_shows_and_keeps_goes_by_its_axes(scene: Scene) -> None:
    """AC-A2, AC-A6, 签到券: no face value where there is none, nothing reserved where nothing is paid."""
    scene.at = on("2024-01-10")
    budget = scene.open_budget(100_000)
    eligible(scene, ZHANG_SAN)
    offset = programme(scene, budget, name="抵用", worth="offset", validity_days=30)
    signs = programme(scene, budget, name="签到", worth="sign_in")
    ability = programme(
        scene, budget, name="专项", worth="face_value", certificate_kind="special_skill",
        trade_code="HNZX-005", level=0, training_kind="project_based",
    )  # fmt: skip
    course = programme(
        scene, budget, name="合格证", certificate_kind="training_completion", level=0, worth="face_value"
    )
    free = programme(scene, budget, **open_terms())
    held = [voucher(scene, issue_to(scene, each, ZHANG_SAN)[0]) for each in (offset, signs, ability, course)]
    assert [each.face_value_fen for each in held] == [None, None, 800_00, 700_00]
    assert [each.reserved_fen for each in held] == [1400_00, 0, 900_00, 700_00]
    assert held[0].redeem_by == date(2024, 2, 9)
    own = take(scene, ZHANG_SAN, free)
    assert own is not None
    assert (own.state, own.face_value_fen, own.priced_on, own.reserved_fen) == (
        "accepted",
        None,
        None,
        1840_00,
    )


def test_each_line_is_refused_in_its_own_words_and_the_rest_is_issued(scene: Scene) -> None:
    """AC-B5, AC-B7, AC-C4, name, group and quantity: one roster, every answer."""
    scene.at = on("2024-05-31")
    budget = scene.open_budget(100_000)
    nurses = programme(scene, budget, group_codes=("migrant_worker", "veteran"), quantity=3)
    eligible(scene, ZHANG_SAN, WANG_WU)
    eligible(scene, LI_SI, category="财政供养")
    eligible(scene, SUN_BA, category="企业职工")
    eligible(scene, ZHAO_LIU, QIAN_QI, category="退役军人")
    (first,) = issue_to(scene, nurses, ZHANG_SAN)
    misnamed = ("钱七七", QIAN_QI[1])
    done = at_once(scene, nurses, ZHANG_SAN, WANG_WU, LI_SI, SUN_BA, misnamed, ZHAO_LIU)
    assert (done.issued, done.waiting, done.refused) == (1, 0, 5)
    assert codes(scene, done.issue_id) == [
        "voucher_held_already", "under_age", "publicly_funded", "group_not_met", "name_differs", "issued",
    ]  # fmt: skip
    told = line(scene, done.issue_id).refusal
    assert told is not None
    assert told["facts"]["voucher"] == voucher(scene, first).number
    assert "姓名" in (line(scene, done.issue_id, 5).refusal or {})["title"]
    scene.at = on("2024-06-01")
    second = at_once(scene, nurses, WANG_WU, QIAN_QI)
    assert codes(scene, second.issue_id) == ["issued", "quantity_used_up"]


def test_what_nobody_recorded_is_decided_by_the_officer_and_said_in_the_trail(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget())
    done = at_once(scene, nurses, ZHANG_SAN)
    assert codes(scene, done.issue_id) == ["issued"]
    assert line(scene, done.issue_id).refusal is None
    with scene.database.read() as session:
        row = session.scalars(
            select(AuditRow).where(AuditRow.thing == "issue", AuditRow.act == "lines")
        ).one()
    assert row.content["decided"] == {"1": "facts_unknown"}
    assert row.content["outcomes"] == {"issued": [1], "waiting": [], "refused": []}


def test_a_person_takes_one_by_promise_and_a_second_tap_names_the_first(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    free = programme(scene, scene.open_budget(), **open_terms())
    assert refusal(scene, ZHANG_SAN, free, declared=False) == "declaration_missing"
    taken = take(scene, ZHANG_SAN, free)
    assert taken is not None
    with scene.database.read() as session:
        tags = session.scalars(select(PersonTag).order_by(PersonTag.kind)).all()
        assert {(each.value, each.since, each.source) for each in tags} == {
            (value, date(2024, 1, 10), "本人承诺") for value in ("非财政供养", "未领取养老金", "yes")
        }
    with pytest.raises(Refused) as told:
        take(scene, ZHANG_SAN, free)
    assert told.value.refusal.code == "voucher_held_already"
    assert told.value.refusal.facts == {"voucher": taken.number}


def test_a_promise_never_covers_what_is_recorded(scene: Scene) -> None:
    """AC-B7; the pension and the age stand as they are known."""
    scene.at = on("2024-05-31")
    free = programme(scene, scene.open_budget(), quantity=1, **open_terms())
    scene.import_people(
        [
            {"姓名": LI_SI[0], "证件号码": LI_SI[1], "人员类别": "公务员", "意愿": "否"},
            {"姓名": SUN_BA[0], "证件号码": SUN_BA[1], "人员类别": "退休人员", "意愿": ""},
        ]
    )
    assert refusal(scene, LI_SI, free) == "publicly_funded"
    assert refusal(scene, SUN_BA, free) == "pension_drawn"
    assert refusal(scene, WANG_WU, free) == "under_age"
    with scene.database.read() as session:
        assert session.scalar(select(PersonTag.id).where(PersonTag.source == "本人承诺")) is None
    # past the usual age one's own word that no pension is drawn is enough
    assert take(scene, ZHAO_LIU, free) is not None
    assert refusal(scene, ZHANG_SAN, free) == "quantity_used_up"


def test_only_open_published_programmes_are_taken(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    budget = scene.open_budget()
    directed = programme(scene, budget)
    later = programme(scene, budget, from_on=date(2024, 2, 1), **open_terms())
    stopped = programme(scene, budget, **open_terms())
    scene.do(publisher(scene), act(stop_programme, stopped, "资金调整"))
    assert refusal(scene, ZHANG_SAN, directed) == "programme_not_open"
    assert refusal(scene, ZHANG_SAN, later) == "programme_not_begun"
    assert refusal(scene, ZHANG_SAN, stopped) == "programme_not_published"
    assert refusal(scene, ZHANG_SAN, 999) == "programme_missing"
    with pytest.raises(Refused) as told:
        scene.do("operator", act(issuing.take_voucher, directed, True))
    assert told.value.refusal.code == "role_missing"
    scene.at = on("2025-06-01")
    assert refusal(scene, ZHANG_SAN, later) == "programme_over"


def test_a_key_held_already_is_named_by_what_holds_it(scene: Scene) -> None:
    """AC-D1 at the counter: a paid certificate of the same trade and level bars the voucher for it."""
    scene.hire_everybody()
    scene.file_evaluator(("示例丙职业技能评价有限公司", "91410100MATE5T033Y", "S000041010001"))
    scene.at = on("2024-01-10")
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, NURSE, "五级"))
    settled = scene.settle(budget)
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN)
    done = at_once(scene, nurses, ZHANG_SAN)
    told = line(scene, done.issue_id).refusal
    assert told is not None
    assert (told["code"], told["facts"]["earlier"]) == (
        "issued_for_key_already",
        f"SL-419001-2024-{settled.verdicts[0].claim_id:08d}",
    )
    assert person_id(scene, ZHANG_SAN) == line(scene, done.issue_id).person_id
    # another level is another key
    fours = programme(scene, budget, name="四级", level=3)
    assert codes(scene, at_once(scene, fours, ZHANG_SAN).issue_id) == ["issued"]
