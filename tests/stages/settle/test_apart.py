"""回避：付给本人任职机构的申领，哪一道都不能经手；为了签字临时停掉的岗位也算。"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from tests.loop.telling import approve_batch, told
from tests.scene import EV2, ZHANG_SAN, Scene, on
from tests.stages.settle.test_voucher_claims import TRAINING, claim
from tests.town_certified import REGISTRAR, certified, hire_at, settle_down
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role
from voucher.stages.settle import offset_stays, payment, reinstate, releasing
from voucher.stages.settle.clawback import open_clawback
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.turn_down import turn_down

FILED_ON = date(2024, 1, 10)
TODAY = date(2024, 1, 20)
OFFICER, CHECKER, AT_PAYEE, MAKER = "回避的人", "回避的人1", "回避的人2", "回避的人3"


def end_role(scene: Scene, until: date) -> None:
    """Let the role at the payee end, as its administrator does: the row says the day before."""

    def act(work: Work) -> None:
        (row,) = work.session.scalars(
            select(RoleGrant)
            .join(UserAccount, UserAccount.id == RoleGrant.user_id)
            .where(UserAccount.login == AT_PAYEE)
        )
        row.until = until

    scene.do("operator", act)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("until", "involved"),
    [
        (None, True),
        (TODAY - timedelta(days=1), True),
        # ended on the very day of filing: its row says the day before
        (FILED_ON - timedelta(days=1), True),
        (FILED_ON - timedelta(days=2), False),
    ],
)
def test_who_works_for_the_payee_has_no_hand_in_any_act_on_its_claim(
    scene: Scene, until: date | None, involved: bool
) -> None:
    """AC-H1."""
    budget = settle_down(scene)
    voucher_id = certified(scene, budget, ZHANG_SAN).voucher_ids[0]
    stem = "310101199001010840"
    scene.hire(OFFICER, Role.OFFICER_CITY, stem)
    scene.hire(CHECKER, Role.FINANCE_CHECKER, stem)
    scene.hire(MAKER, Role.FINANCE_MAKER, stem)
    hire_at(scene, AT_PAYEE, Role.REGISTRAR, stem, EV2)
    approve_batch(scene, claim(scene, REGISTRAR, TRAINING, voucher_id).batch.batch_id)
    with scene.database.read() as session:
        (filed,) = session.scalars(select(Claim))
        number, claim_id = filed.number, filed.id
        assert filed.filed_on == FILED_ON
    scene.at = on(f"{TODAY}")
    if until is not None:
        end_role(scene, until)

    def is_barred(login: str, act: Callable[[Work], object]) -> bool:
        heard = told(scene, login, act)
        assert heard.code != "involved" or number in heard.title
        return heard.code == "involved"

    scene.open_accounts()
    prepare = partial(payment.prepare, budget_id=budget)
    if involved:
        assert is_barred(MAKER, prepare)
    else:
        spoilt = scene.do(MAKER, prepare).id
        scene.do(MAKER, partial(payment.void, payment_file_id=spoilt, why="重做"))
    file = scene.do("制单员", prepare).id
    if involved:
        assert is_barred(MAKER, partial(payment.void, payment_file_id=file, why="不想付"))
    check = partial(payment.check, payment_file_id=file)
    if involved:
        assert is_barred(CHECKER, check)
        scene.do("付款复核员", check)
    else:
        scene.do(CHECKER, check)
    release = partial(payment.release, payment_file_id=file)
    scene.bank_answers(scene.do("签发员", release))
    recover = partial(open_clawback, claim_id=claim_id, why="机构造假")
    if involved:
        assert is_barred(OFFICER, recover)
        scene.do("初审员", recover)
    else:
        scene.do(OFFICER, recover)
    acts: list[tuple[str, Callable[[Work], object]]] = [
        (OFFICER, partial(turn_down, claim_id=claim_id, opinion="不付")),
        (OFFICER, partial(releasing.ask_release, claim_id=claim_id, why="无过错")),
        (OFFICER, partial(releasing.release, claim_id=claim_id)),
        (OFFICER, partial(releasing.decline_release, claim_id=claim_id, why="材料不足")),
        (OFFICER, partial(reinstate.ask_reinstatement, voucher_id=voucher_id, why="申诉成立")),
        (OFFICER, partial(reinstate.reinstate, voucher_id=voucher_id)),
        (OFFICER, partial(reinstate.decline_reinstatement, voucher_id=voucher_id, why="材料不足")),
        (CHECKER, partial(offset_stays.agree_stay, clawback_id=1)),
    ]
    assert [is_barred(login, act) for login, act in acts] == [involved] * len(acts)
    ask = partial(offset_stays.ask_stay, clawback_id=1, why="已签协议", stays=True)
    if involved:
        assert is_barred(CHECKER, ask)
    else:
        scene.do(CHECKER, ask)
