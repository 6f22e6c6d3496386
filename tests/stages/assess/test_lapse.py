"""无证无价: failed for good or out of time, the money is free and so are the keys."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from tests import town_assess as town
from tests import town_train
from tests.scene import EV2, LI_SI, QIAN_QI, ZHANG_SAN, Scene, on
from voucher.ledger import holds
from voucher.ledger.budget import Budget
from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import Entitlement
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing
from voucher.stages.assess import lapse, plan


def test_failed_for_good_and_out_of_time_free_money_and_keys(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev, other = town.evaluator(scene), town.evaluator(scene, EV2)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI, QIAN_QI)
    last = on("2024-12-31").date()
    scene.do("operator", lambda work: _set_last_day(work, vouchers, last))
    login = town.admin(scene, ev)
    budget_id = town_train.voucher(scene, vouchers[0]).budget_id

    def code(voucher_id: int, why: str = "两次补考均不合格", who: str = login) -> str:
        return town_train.code(scene, who, lambda work: lapse.fail_for_good(work, voucher_id, why))

    assert code(vouchers[0]) == "voucher_missing"  # never sat an exam here
    batch_id = town.planned(scene, ev, vouchers[:2])
    assert code(vouchers[0]) == "failure_missing"
    listed = town.admit_all(scene, batch_id, [ZHANG_SAN, LI_SI])
    town.enter(scene, batch_id, dict(zip(listed, [(5900, 9000), (9000, 9000)], strict=True)))
    town.publish(scene, batch_id)
    reserved = _budget(scene, budget_id).reserved_fen
    kept = town_train.voucher(scene, vouchers[0]).reserved_fen
    assert kept > 0
    assert code(vouchers[0], " ") == "assessment_why_missing"
    assert code(vouchers[0], who=town.admin(scene, other)) == "voucher_missing"
    assert code(vouchers[0], who=town.clerk(scene, ev)) == "role_missing"
    assert code(vouchers[1]) == "failure_missing"  # passed
    again = town.planned(scene, ev, [vouchers[0]])
    assert code(vouchers[0]) == "failure_missing"  # sits another one
    scene.do(login, lambda work: plan.cancel_batch(work, again, "考生弃考"))
    scene.do(login, lambda work: lapse.fail_for_good(work, vouchers[0], "放弃补考"))
    assert town.state(scene, vouchers[0]) == "lapsed"
    assert _budget(scene, budget_id).reserved_fen == reserved - kept
    assert _keys(scene, vouchers[0]) == {"freed"}

    # out of time: trained and assessed alike, but not one on hold, and not on the last day itself
    scene.do("operator", lambda work: holds.open_hold(work, Thing.VOUCHER, vouchers[2], "申诉处理中"))
    scene.at = on(last.isoformat())
    assert scene.do("clock", lapse.lapse_due) == 0
    scene.at = on((last + timedelta(days=1)).isoformat())
    assert town_train.code(scene, login, lapse.lapse_due) == "role_missing"
    assert scene.do("clock", lapse.lapse_due) == 1
    assert [town.state(scene, each) for each in vouchers] == ["lapsed", "lapsed", "trained"]
    assert _keys(scene, vouchers[1]) == {"freed"}
    assert _keys(scene, vouchers[2]) == {"taken"}
    left = town_train.voucher(scene, vouchers[2]).reserved_fen
    assert _budget(scene, budget_id).reserved_fen == left > 0


def _set_last_day(work: Work, voucher_ids: list[int], last: date) -> None:
    for each in lock_vouchers(work, Voucher.id.in_(voucher_ids)):
        each.certify_by = last
    work.session.flush()


def _budget(scene: Scene, budget_id: int) -> Budget:
    with scene.database.read() as session:
        return session.get_one(Budget, budget_id)


def _keys(scene: Scene, voucher_id: int) -> set[str]:
    with scene.database.read() as session:
        return set(
            session.scalars(
                select(Entitlement.state)
                .join(Commitment, Commitment.entitlement_id == Entitlement.id)
                .where(Commitment.voucher_id == voucher_id)
            )
        )
