"""以证换券: the certificate of the same person, trade and level certifies; any other one is told why not."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from tests import town_assess as town
from tests import town_train
from tests.scene import (
    EV1,
    EV2,
    HOUSEKEEPER,
    LI_SI,
    NURSE,
    QIAN_QI,
    SUN_BA,
    ZHANG_SAN,
    ZHAO_LIU,
    Scene,
    on,
)
from voucher.ledger import holds
from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import find_by_indexes, index_of
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import CertificateKind, Method
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.models import Certificate, VoucherProof
from voucher.stages.certify.queries import find_newest_verifications, why_not_certified
from voucher.stages.certify.record import NewCertificate, record_certificates, verify_certificates


def exam_passed(scene: Scene, *people: tuple[str, str]) -> list[int]:
    """Return the vouchers of people who have passed their exam today."""
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, *people)
    town.assessed(scene, ev, people, vouchers)
    return vouchers


def why(scene: Scene, voucher_id: int) -> list[str]:
    with scene.database.read() as session:
        return [each.code for each in why_not_certified(session, voucher_id)]


def test_only_the_certificate_the_voucher_is_for_certifies_it(scene: Scene) -> None:
    people = [ZHANG_SAN, LI_SI, QIAN_QI, SUN_BA, ZHAO_LIU]
    vouchers = exam_passed(scene, *people)
    assert why(scene, vouchers[0]) == ["certificate_missing"]
    assert scene.do("clock", attach_proofs) == 0
    today = town.today(scene).isoformat()
    # long ago and in another trade explains nothing; before the exam in the same trade does
    old = scene.certificate(ZHANG_SAN, HOUSEKEEPER, issued="2023-05-01")
    early = scene.certificate(ZHANG_SAN, issued="2024-01-09")
    scene.certify(old, early)
    # everything as it should be, in the register as well: but from an evaluator that held no exam
    scene.file_evaluator(EV2)
    elsewhere = scene.certificate(LI_SI, issued=today, evaluator=EV2)
    scene.certify(elsewhere)
    assert why(scene, vouchers[1]) == ["certificate_other_evaluator"]
    assert scene.do("clock", attach_proofs) == 0
    assert why(scene, vouchers[0]) == ["certificate_too_early"]
    # AC-F8 another trade; a higher level; another kind; and AC-F7 another name at the register
    scene.certify(
        scene.certificate(LI_SI, HOUSEKEEPER, issued=today),
        scene.certificate(QIAN_QI, level="四级", issued=today),
        scene.certificate(SUN_BA, issued=today, kind="职业资格证书"),
    )
    named = scene.certificate(ZHAO_LIU, issued=today)
    scene.import_certificates([named])
    scene.import_register([scene.registered(named, 姓名="赵陆")])
    assert why(scene, vouchers[4]) == ["certificate_unverified"]
    assert scene.do("clock", attach_proofs) == 0
    assert [why(scene, each) for each in vouchers[1:]] == [
        ["certificate_other_evaluator", "certificate_other_trade"],
        ["certificate_higher_level"],
        ["certificate_other_kind"],
        ["certificate_name_mismatch"],
    ]
    assert {town.state(scene, each) for each in vouchers} == {"assessed"}

    # the right one, but on hold; then free
    right = scene.certificate(ZHANG_SAN, issued=today)
    scene.certify(right)
    scene.do("operator", lambda work: holds.open_hold(work, Thing.VOUCHER, vouchers[0], "投诉核查"))
    assert scene.do("clock", attach_proofs) == 0
    assert why(scene, vouchers[0])[0] == "on_hold"
    scene.do("operator", _close_holds)
    assert town_train.code(scene, town_train.staff(scene, 1, Role.EXAMINER), attach_proofs) == "role_missing"
    assert scene.do("clock", attach_proofs) == 1
    assert town.state(scene, vouchers[0]) == "certified"
    assert why(scene, vouchers[0]) == []
    # corrected at the register, the other name is the same again
    scene.import_register([scene.registered(named)])
    assert scene.do("clock", attach_proofs) == 1
    with scene.database.read() as session:
        proofs = {each.voucher_id: each for each in session.scalars(select(VoucherProof))}
        numbers = {each.id: each.number for each in session.scalars(select(Certificate))}
    assert numbers[proofs[vouchers[0]].certificate_id] == right["证书编号"]
    assert (proofs[vouchers[0]].trade_code, proofs[vouchers[0]].level) == (NURSE, 2)
    assert set(proofs) == {vouchers[0], vouchers[4]}
    assert scene.do("clock", attach_proofs) == 0


def _close_holds(work: Work) -> None:
    for each in work.session.scalars(select(Hold).where(Hold.closed_at.is_(None))):
        holds.close_hold(work, each, "查无此事")


def test_a_certificate_serves_one_voucher(scene: Scene) -> None:
    (voucher_id,) = exam_passed(scene, ZHANG_SAN)
    ev = town.evaluator(scene)
    # the same person once more: 签到 takes no key, so nothing bars the second voucher
    _, (second,) = town.finished(scene, ZHANG_SAN, worth="sign_in")
    town.assessed(scene, ev, [ZHANG_SAN], [second])
    (row,) = town.certified(scene, [ZHANG_SAN])
    assert scene.do("clock", attach_proofs) == 0
    assert why(scene, second) == ["certificate_used"]
    assert (town.state(scene, voucher_id), town.state(scene, second)) == ("certified", "assessed")
    assert row["证书编号"]


def sent(person: tuple[str, str], scene: Scene, **changes: Any) -> NewCertificate:
    scene.serials += 1
    facts: dict[str, Any] = {
        "name": person[0],
        "identity_number": person[1],
        "kind": CertificateKind.SKILL_LEVEL,
        "trade_code": NURSE,
        "level": Level.JUNIOR,
        "number": f"{EV1[2]}245{scene.serials:06d}",
        "issued_on": town.today(scene),
        "evaluator_code": EV1[1],
        "method": Method.EXAM,
        "theory_hundredths": 7550,
        "skill_hundredths": 8000,
        "fee_fen": 0,
    }
    return NewCertificate(**{**facts, **changes})


def test_an_evaluator_sends_its_certificates_one_by_one(scene: Scene) -> None:
    first, second = exam_passed(scene, ZHANG_SAN, LI_SI)
    ev = town.evaluator(scene)
    login = town.admin(scene, ev)
    mine, theirs = sent(ZHANG_SAN, scene), sent(LI_SI, scene, level=Level.INTERMEDIATE)

    def code(who: str, *rows: NewCertificate) -> str:
        return town_train.code(scene, who, lambda work: record_certificates(work, rows))

    assert code(town.clerk(scene, ev), mine) == "role_missing"
    assert code(login, mine, theirs) == "import_refused"  # the number says 五级
    other = town.admin(scene, town.evaluator(scene, EV2))
    assert code(other, mine) == "import_refused"  # not its own
    assert _persons(scene, ZHANG_SAN) == []
    done = scene.do(login, lambda work: record_certificates(work, [mine, sent(LI_SI, scene)]))
    assert (done.report.rows_added, done.certified) == (2, 0)  # the register says nothing of them yet
    (stored,) = _persons(scene, ZHANG_SAN)
    assert (stored.theory_hundredths, stored.skill_hundredths, stored.fee_fen) == (7550, 8000, 0)
    assert why(scene, first) == ["certificate_not_in_register"]
    row = {"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "职业编码": NURSE, "等级": "五级",
           "证书编号": mine.number, "发证日期": mine.issued_on.isoformat(),
           "评价机构统一社会信用代码": EV1[1]}  # fmt: skip
    scene.import_register([scene.registered(row)])
    foreign = partial(verify_certificates, numbers=[mine.number])
    assert town_train.code(scene, other, foreign) == "certificate_number_unknown"
    unknown = partial(verify_certificates, numbers=[mine.number, "S000041010001245999999"])
    assert town_train.code(scene, login, unknown) == "certificate_number_unknown"
    # the import has asked already about what had been asked about before: nothing changes, but it certifies
    assert scene.do(login, lambda work: verify_certificates(work, [mine.number.lower()])) == 0
    assert (town.state(scene, first), town.state(scene, second)) == ("certified", "assessed")
    again = scene.do(login, lambda work: record_certificates(work, [mine]))
    assert (again.report.rows_added, again.report.rows_unchanged) == (0, 1)
    with scene.database.read() as session:
        assert find_newest_verifications(session, [stored.id])[stored.id].verified


def _persons(scene: Scene, person: tuple[str, str]) -> list[Certificate]:
    index = index_of(scene.keyring, person[1])
    with scene.database.read() as session:
        known = find_by_indexes(session, [index])
        return list(session.scalars(select(Certificate).where(Certificate.person_id == known[index].id)))


def test_nothing_is_asked_of_a_voucher_that_is_elsewhere(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    town.evaluator(scene)
    _, (voucher_id,) = town.finished(scene, ZHANG_SAN)
    assert why(scene, voucher_id) == []
    with scene.database.read() as session, pytest.raises(Refused) as caught:
        why_not_certified(session, 999)
    assert caught.value.refusal.code == "voucher_missing"
