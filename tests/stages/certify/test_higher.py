"""高于券面等级的证书：一人提出、另一人决定；按本券等级付，占证书等级的资格，高低都不再付第二次。"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests import town_assess, town_train
from tests.scene import EV2, LI_SI, QIAN_QI, SUN_BA, XINXIANG, ZHANG_SAN, Scene
from tests.town_certified import EVALUATOR, REGISTRAR, certified, hire_at, settle_down
from tests.town_issue import voucher
from voucher.ledger.entitlements import Entitlement
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.certify.higher import accept_higher, decline_higher, propose_higher
from voucher.stages.certify.queries import why_not_certified
from voucher.stages.settle import review
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims

FIRST, SECOND, THIRD = "初审员", "复核员", "异议处理员"
WHY, EVIDENCE = "越级取证，培训属实", "调阅考试记录，存档 2024-15"


def higher(scene: Scene, person: tuple[str, str]) -> str:
    """Give somebody a certificate of the next level, also in the register; return its number."""
    row = scene.certificate(person, level="四级", issued=town_assess.today(scene).isoformat())
    scene.certify(row)
    return str(row["证书编号"])


def propose(scene: Scene, login: str, voucher_id: int, number: str) -> None:
    scene.do(login, lambda work: propose_higher(work, voucher_id, number, WHY, EVIDENCE))


def code(scene: Scene, login: str, act: Callable[[Work], object]) -> str:
    return town_train.code(scene, login, act)


def why(scene: Scene, voucher_id: int) -> list[str]:
    with scene.database.read() as session:
        return [each.sentence for each in why_not_certified(session, voucher_id)]


def keys(scene: Scene) -> list[tuple[str, int | None, str]]:
    with scene.database.read() as session:
        rows = session.scalars(select(Entitlement).order_by(Entitlement.id))
        return [(each.kind, each.level, each.state) for each in rows]


def test_two_people_take_it_and_it_is_paid_once_at_the_lower_level(scene: Scene) -> None:
    budget = settle_down(scene)
    (voucher_id,) = certified(scene, budget, ZHANG_SAN, until="assessed").voucher_ids
    number = higher(scene, ZHANG_SAN)
    assert "转人工" in why(scene, voucher_id)[0]
    propose(scene, FIRST, voucher_id, number)
    again = partial(propose_higher, voucher_id=voucher_id, number=number, why=WHY, evidence=EVIDENCE)
    assert code(scene, SECOND, again) == "higher_certificate_proposed_already"
    accept = partial(accept_higher, voucher_id=voucher_id)
    assert code(scene, FIRST, accept) == "second_person_needed"
    # the same person by another account is the same person
    scene.hire("初审员二号", Role.OFFICER_CITY, "310101199001010010")
    assert code(scene, "初审员二号", accept) == "second_person_needed"
    assert voucher(scene, voucher_id).state == "assessed"
    kept = voucher(scene, voucher_id).reserved_fen
    assert scene.do(SECOND, accept).certified
    assert code(scene, THIRD, accept) == "event_not_allowed"
    assert (voucher(scene, voucher_id).state, voucher(scene, voucher_id).reserved_fen) == ("certified", kept)
    assert keys(scene) == [
        ("training", 2, "freed"), ("evaluation", 2, "freed"),
        ("training", 3, "taken"), ("evaluation", 3, "taken"),
    ]  # fmt: skip

    for login, kind, fen in (
        (REGISTRAR, SubsidyKind.TRAINING, 1200_00),
        (EVALUATOR, SubsidyKind.EVALUATION, 200_00),
    ):
        filed = scene.do(login, partial(file_claims, kind=kind, voucher_ids=[voucher_id], terms=PLEDGED))
        (verdict,) = filed.verdicts
        assert (verdict.outcome, verdict.amount_fen) == (Outcome.PAYABLE, fen)
        told = [each["text"] for each in verdict.findings]
        assert any("经两人核定，按本券等级的标准兑现（越级取证，培训属实）" in each for each in told)
        scene.pay(filed.batch, budget)
    assert voucher(scene, voucher_id).state == "settled"
    assert [state for _, level, state in keys(scene) if level == 3] == ["consumed", "consumed"]

    # neither the higher level again, nor the lower one after it, without people
    other = scene.certificate(ZHANG_SAN, level="四级", issued=town_assess.today(scene).isoformat())
    lower = scene.certificate(ZHANG_SAN, level="五级", issued=town_assess.today(scene).isoformat())
    scene.certify(other, lower)
    settled = scene.settle(budget, since="2024-01-01", until="2024-12-31")
    found = {each.candidate.certificate.number: each for each in settled.verdicts}
    assert found[str(other["证书编号"])].outcome is Outcome.REFUSED
    assert found[str(lower["证书编号"])].outcome is not Outcome.PAYABLE


def test_who_took_it_does_not_approve_the_claim(scene: Scene) -> None:
    budget = settle_down(scene)
    (voucher_id,) = certified(scene, budget, ZHANG_SAN, until="assessed").voucher_ids
    scene.hire("审批员二号", Role.OFFICER_CITY, "310101199001010030")
    propose(scene, FIRST, voucher_id, higher(scene, ZHANG_SAN))
    scene.do("审批员二号", lambda work: accept_higher(work, voucher_id))
    filed = scene.do(
        REGISTRAR,
        partial(file_claims, kind=SubsidyKind.TRAINING, voucher_ids=[voucher_id], terms=PLEDGED),
    )
    scene.review_and_post(filed.batch.batch_id)
    scene.close_notices()
    sign = partial(review.sign, batch_id=filed.batch.batch_id, step=Step.APPROVE, opinion="同意")
    assert code(scene, "审批员", sign) == "cleared_it"


def test_it_is_declined_with_a_reason_everybody_reads_and_nothing_half_done_is_left(scene: Scene) -> None:
    budget = settle_down(scene)
    people = [LI_SI, QIAN_QI, SUN_BA]
    declined, revoked, fits = certified(scene, budget, *people, until="assessed").voucher_ids
    number = higher(scene, LI_SI)
    decline = partial(decline_higher, voucher_id=declined, why="考试记录不全")
    assert code(scene, SECOND, decline) == "higher_certificate_not_proposed"
    propose(scene, FIRST, declined, number)
    assert code(scene, FIRST, decline) == "second_person_needed"
    scene.hire("新乡", Role.OFFICER_CITY, "310101199001010360", XINXIANG)
    accept = partial(accept_higher, voucher_id=declined)
    assert code(scene, "新乡", accept) == "voucher_missing"
    assert code(scene, "operator", accept) == "role_missing"
    assert code(scene, REGISTRAR, accept) in ("voucher_missing", "role_missing")
    assert not scene.do(SECOND, decline).certified
    assert code(scene, THIRD, accept) == "higher_certificate_not_proposed"
    assert "考试记录不全" in why(scene, declined)[0]
    assert voucher(scene, declined).state == "assessed"

    # withdrawn by the register between the two, the certificate is worth nothing any more
    row = scene.certificate(QIAN_QI, level="四级", issued=town_assess.today(scene).isoformat())
    scene.certify(row)
    propose(scene, FIRST, revoked, str(row["证书编号"]))
    scene.import_register([scene.registered(row, 状态="撤销")])
    before = keys(scene)
    assert code(scene, SECOND, partial(accept_higher, voucher_id=revoked)) == "certificate_revoked"
    assert keys(scene) == before

    # what is of the voucher's own level needs no two people, another person's is none of the holder's
    right = scene.certificate(SUN_BA, issued=town_assess.today(scene).isoformat())
    scene.certify(right)
    ask = partial(propose_higher, voucher_id=fits, why=WHY, evidence=EVIDENCE)
    assert code(scene, FIRST, partial(ask, number=str(right["证书编号"]))) == "certificate_not_higher"
    assert code(scene, FIRST, partial(ask, number=number)) == "certificate_missing"
    assert code(scene, FIRST, partial(ask, number=number, evidence=" ")) == "why_missing"


def test_who_works_for_the_evaluator_or_the_school_decides_nothing_of_it(scene: Scene) -> None:
    budget = settle_down(scene)
    made = certified(scene, budget, ZHANG_SAN, until="assessed")
    number = higher(scene, ZHANG_SAN)
    stem = "310101199001010840"
    scene.hire("回避的人", Role.OFFICER_CITY, stem)
    hire_at(scene, "回避的人2", Role.REGISTRAR, stem, EV2)
    ask = partial(propose_higher, voucher_id=made.voucher_ids[0], number=number, why=WHY, evidence=EVIDENCE)
    assert code(scene, "回避的人", ask) == "higher_certificate_involved"


def test_the_database_keeps_two_people_and_what_they_decided(scene: Scene) -> None:
    budget = settle_down(scene)
    (voucher_id,) = certified(scene, budget, ZHANG_SAN, until="assessed").voucher_ids
    propose(scene, FIRST, voucher_id, higher(scene, ZHANG_SAN))
    same = (
        "UPDATE higher_certificate SET decided_at = proposed_at, decided_by_person_id = proposed_by_person_id"
    )
    with pytest.raises(IntegrityError, match="two_people"):
        scene.plant(same)
    scene.do(SECOND, lambda work: decline_higher(work, voucher_id, "不足"))
    for sin in ("UPDATE higher_certificate SET why = 'x'", "DELETE FROM higher_certificate"):
        with pytest.raises(DBAPIError):
            scene.plant(sin)
