"""签发之前先自查：账不平，一分钱也不出去。"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.scene import EV1, NURSE, ZHANG_SAN, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.stages.oversee.soundness import check_sound
from voucher.stages.settle import payment, review


def prepare(scene: Scene) -> int:
    """Return a checked payment file, ready to be released."""
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE, "五级"))
    batch = scene.settle(budget).batch_id
    scene.review_and_post(batch)
    scene.close_notices()
    scene.do("审批员", lambda work: review.sign(work, batch, Step.APPROVE, opinion="同意"))
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    return file.id


def release_soundly(work: Work, file_id: int) -> None:
    """Release as both doors do."""
    payment.release(work, file_id)
    check_sound(work.session)


def test_sound_books_let_a_file_go(scene: Scene) -> None:
    file_id = prepare(scene)
    scene.do("签发员", lambda work: release_soundly(work, file_id))


@pytest.mark.plants_violation
def test_unsound_books_stop_the_release_and_leave_everything_as_it_was(scene: Scene) -> None:
    file_id = prepare(scene)
    with scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE account SET balance_fen = balance_fen + 1 WHERE role = 'available'"))
    with pytest.raises(Refused) as caught:
        scene.do("签发员", lambda work: release_soundly(work, file_id))
    assert caught.value.refusal.code == "books_not_sound"
    with scene.database.read() as session:
        assert session.execute(text("SELECT state FROM payment_file")).scalar_one() == "checked"
