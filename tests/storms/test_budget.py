"""A budget that fits 10 of 640: exactly 10, whoever asks, and counters true to the fen."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.scene import EV1, JIYUAN, NURSE, Scene, on, staff_number
from tests.storms.gale import CLIENTS, refusals, results, rush, surprises
from voucher.ledger import budget as budgets
from voucher.ledger.budget import Budget
from voucher.ledger.postings import Line
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.certify.verify import verify_issued
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.settle.draft import Settled, Wish, settle

pytestmark = pytest.mark.storm

EACH, FIT = 10, 10
AMOUNT_FEN = 200_00
FIRST_DAY = date(2023, 10, 1)


def nurse_number(serial: int) -> str:
    """Return the identity number of one of 640 people."""
    return staff_number(f"41088119900101{serial:03d}0")


def counters(scene: Scene, budget: int) -> tuple[int, int]:
    found = scene.budget(budget)
    return found.reserved_fen, found.available_fen


def test_ten_of_640_reservations_fit(scene: Scene) -> None:
    budget = scene.open_budget(FIT * AMOUNT_FEN // 100)
    operator = scene.actor("operator")

    def reserve(work: Work) -> bool:
        budgets.reserve(work, budget, [Line(AMOUNT_FEN)])
        return True

    def ask(_number: int) -> tuple[int, set[str]]:
        got, told = 0, set()
        for _ in range(EACH):
            try:
                got += perform(scene.database, scene.keyring, operator, scene.at, reserve)
            except Refused as refused:
                told.add(refused.refusal.code)
        return got, told

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    assert sum(got for got, _ in results(outcomes)) == FIT
    assert {code for _, told in results(outcomes) for code in told} == {"budget_exhausted"}
    assert counters(scene, budget) == (FIT * AMOUNT_FEN, 0)
    with scene.database.read() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM transfer WHERE act = 'reserve'")) == FIT
        assert find_violations(session, [1, 2]) == []
    # nobody's claim stands behind these reservations, so they are given back before the house looks
    scene.do("operator", lambda work: budgets.release(work, budget, [Line(AMOUNT_FEN)] * FIT))


def test_ten_of_640_claims_fit_when_64_batches_are_settled_at_once(scene: Scene) -> None:
    """Sixty-four officers settle a day each, ten nurses a day, from one budget."""
    scene.file_evaluator(EV1, region=JIYUAN)
    scene.at = on("2024-01-10")
    days = [(FIRST_DAY + timedelta(days=number)).isoformat() for number in range(CLIENTS)]
    scene.certify(
        *(
            scene.certificate(("张三", nurse_number(number)), NURSE, "五级", issued=days[number // EACH])
            for number in range(CLIENTS * EACH)
        )
    )
    budget = scene.open_budget(FIT * AMOUNT_FEN // 100)
    operator = scene.actor("operator")

    def settle_day(number: int) -> Settled:
        day = date.fromisoformat(days[number])
        wish = Wish(SubsidyKind.EVALUATION, JIYUAN, day, day, budget)

        def act(work: Work) -> Settled:
            verify_issued(work, wish.region_code, day, day)
            return settle(work, wish)

        return perform(scene.database, scene.keyring, operator, scene.at, act)

    outcomes = rush(settle_day)
    assert surprises(outcomes) == []
    assert refusals(outcomes) == []
    lines = [line for each in results(outcomes) for line in each.verdicts]
    assert len(lines) == CLIENTS * EACH
    assert sum(line.outcome is Outcome.PAYABLE for line in lines) == FIT
    assert counters(scene, budget) == (FIT * AMOUNT_FEN, 0)
    with scene.database.read() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM waiting")) == CLIENTS * EACH - FIT


@pytest.mark.plants_violation
def test_the_storm_sees_an_overdrawn_budget_where_only_python_looks(scene: Scene) -> None:
    """The control: the balance read in one transaction, the reservation written in the next, no guard."""
    budget = scene.open_budget(FIT * AMOUNT_FEN // 100)
    if not scene.database.is_sqlite:
        dropped = "ALTER TABLE budget DROP CONSTRAINT ck_budget_never_overdrawn"
        scene.do("operator", lambda work: work.session.execute(text(dropped)))
    looked = threading.Barrier(CLIENTS)

    def write(session: Session) -> None:
        if scene.database.is_sqlite:
            session.connection().exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        session.execute(
            text("UPDATE budget SET reserved_fen = reserved_fen + :fen WHERE id = :id"),
            {"fen": AMOUNT_FEN, "id": budget},
        )

    def ask(_number: int) -> bool:
        with scene.database.read() as session:
            fits = session.get_one(Budget, budget).available_fen >= AMOUNT_FEN
        looked.wait()
        if fits:
            perform(
                scene.database,
                scene.keyring,
                scene.actor("operator"),
                scene.at,
                lambda work: write(work.session),
            )
        return fits

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    assert sum(results(outcomes)) == CLIENTS
    assert counters(scene, budget)[1] < 0
    with scene.database.read() as session:
        assert "预算计数等于账户余额且不超支" in {each.title for each in find_violations(session, [2])}
