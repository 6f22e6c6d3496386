"""Taking back what nobody has begun to use: only once nothing more is issued, with a reason, money first."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests import town_issue
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene
from voucher.ledger.holds import open_hold
from voucher.ledger.states import StateEvent
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.issue.programmes import stop_programme
from voucher.stages.issue.recalling import count_unused, recall_unused


def test_a_stopped_programme_is_recalled_with_its_reason_and_held_vouchers_stay(scene: Scene) -> None:
    scene.hire_everybody()
    budget = scene.open_budget()
    programme = town_issue.programme(scene, budget)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    first, second, held = town_issue.issue_to(scene, programme, ZHANG_SAN, LI_SI, SUN_BA)
    officer = town_issue.publisher(scene)
    recall = partial(recall_unused, programme_id=programme, why="文件废止")

    def refused(login: str) -> str:
        with pytest.raises(Refused) as caught:
            scene.do(login, recall)
        return caught.value.refusal.code

    assert refused("operator") == "role_missing"
    assert refused(officer) == "programme_still_issuing"
    scene.do(officer, partial(stop_programme, programme_id=programme, why="文件废止"))
    scene.do(officer, lambda work: open_hold(work, Thing.VOUCHER, held, "群众举报"))
    with scene.database.read() as session:
        assert count_unused(session, programme) == (2, 2 * 1400_00)
    assert scene.do(officer, recall) == 2
    assert {town_issue.voucher(scene, each).state for each in (first, second)} == {"revoked"}
    assert town_issue.voucher(scene, held).state == "issued"
    assert scene.budget(budget).reserved_fen == 1400_00
    with scene.database.read() as session:
        told = session.scalars(select(StateEvent.reason).where(StateEvent.event == "revoke")).all()
    assert told == ["文件废止"] * 2
    assert refused(officer) == "nothing_to_recall"
