"""整班追回：先看后果，两人办理，一家一案一封通知书，要么全办要么不办。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests import town_issue
from tests.loop import way
from tests.loop.telling import keys_of, told
from tests.loop.way import TRAINING
from tests.scene import JIYUAN, LI_SI, SUN_BA, ZHANG_SAN, Scene
from voucher.ledger.holds import Hold
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.stages.settle import review
from voucher.stages.settle.class_clawback import (
    ask_class_clawback,
    confirm_class_clawback,
    drop_class_clawback,
    read_class_fall,
)
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.queries.cases import list_cases, read_case_letter
from voucher.stages.train.queries.counted import find_last_places


@pytest.mark.long
def test_查实造假_整班一次追回_一家一案_享受资格仍算用过(scene: Scene) -> None:
    """AC-I5：已付的逐家立案，未付的失效；一人不能办完；情况变了须重提；在途的不办。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    vouchers = way.certified(town, nurses, ZHANG_SAN, LI_SI, SUN_BA)
    way.claim_and_pay(town, *vouchers[:2])
    scene.hire("监管员", Role.SUPERVISOR, "310101199001010080")
    with scene.database.read() as session:
        class_id = find_last_places(session, vouchers)[vouchers[0]].class_id
        fall = read_class_fall(session, class_id)
    assert (fall.voucher_ids, fall.found.claims_paid, fall.found.paid_fen) == (
        tuple(vouchers),
        4,
        2 * 1400_00,
    )

    def ask(login: str, seen: str) -> int:
        act = partial(ask_class_clawback, class_id=class_id, why="全班编造资料，查实", seen=seen)
        return scene.do(login, act).id

    unseen = told(scene, "监管员", lambda work: ask_class_clawback(work, class_id, "查实", "0" * 64))
    assert unseen.code == "class_clawback_stale"
    first = ask("监管员", fall.found.digest)
    with scene.database.read() as session:
        assert len(session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all()) == 3
    alone = told(scene, "监管员", lambda work: confirm_class_clawback(work, first, fall.found.digest))
    assert alone.code == "second_person_needed"
    scene.do("复核员", lambda work: drop_class_clawback(work, first))
    filed = way.claim(town, TRAINING, vouchers[2])
    second = told(scene, "监管员", lambda work: ask_class_clawback(work, class_id, "查实", fall.found.digest))
    assert second.code == "class_clawback_stale", "a claim more than was shown"
    with scene.database.read() as session:
        now = read_class_fall(session, class_id).found
    assert (now.claims_unpaid, now.unpaid_fen) == (1, 1200_00)
    again = ask("监管员", now.digest)
    held = told(
        scene, "初审员", lambda work: review.sign(work, filed.batch_ids[0], Step.FIRST_REVIEW, opinion="同意")
    )
    assert held.code in {"on_hold", "nothing_to_sign"}
    cases = scene.do("复核员", lambda work: confirm_class_clawback(work, again, now.digest))
    assert len(cases) == 2
    assert [way.state(scene, each) for each in vouchers] == ["recovering", "recovering", "lapsed"]
    with scene.database.read() as session:
        rows = {each.payee_name: (each.count, each.asked_fen) for each in list_cases(session, [JIYUAN])}
        letters = [read_case_letter(session, each.id, [JIYUAN]) for each in cases]
        states = session.scalars(select(Clawback.state)).all()
        assert session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all() == []
    assert sorted(rows.values()) == [(2, 400_00), (2, 2400_00)]
    assert [(len(each.lines), each.days) for each in letters] == [(2, 30), (2, 30)]
    assert states == ["opened"] * 4
    assert keys_of(scene)["consumed"] == 4, "what was paid keeps its key"
    gone = told(scene, "复核员", lambda work: confirm_class_clawback(work, again, now.digest))
    assert gone.code == "class_clawback_missing"
