"""64 clients on one entitlement: one live claim, and a clean refusal for everybody else."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import select, text

from tests.scene import EV1, EV2, JIYUAN, XINXIANG, ZHANG_SAN, Scene, on
from tests.storms.gale import CLIENTS, Outcome, refusals, results, rush, surprises
from voucher.ledger import entitlements
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.vocabulary import FundSource, SubsidyKind
from voucher.rules.vocabulary import Outcome as Judged
from voucher.stages.certify.verify import verify_issued
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.settle.draft import Settled, Wish, settle
from voucher.stages.settle.models.claims import Claim

pytestmark = pytest.mark.storm

RETRIED = frozenset({entitlements.ENTITLEMENT_TAKEN.code, CHANGED_MEANWHILE.code})
YEARS = range(2015, 2026)


def prepare(scene: Scene) -> list[tuple[str, int]]:
    """Give one person a certificate of the same level in two regions; return 64 budgets with their region."""
    scene.file_evaluator(EV1, region=JIYUAN)
    scene.file_evaluator(EV2, region=XINXIANG)
    scene.at = on("2024-01-10")
    scene.certify(
        scene.certificate(ZHANG_SAN, issued="2023-11-15"),
        scene.certificate(ZHANG_SAN, issued="2023-11-16", evaluator=EV2),
    )
    places = [
        (region, source, year) for year in YEARS for source in FundSource for region in (JIYUAN, XINXIANG)
    ]
    return [
        (region, scene.open_budget(1000, region=region, source=source, year=year))
        for region, source, year in places[:CLIENTS]
    ]


def settle_everywhere(scene: Scene, retry_on: frozenset[str] = frozenset()) -> list[Outcome[Settled]]:
    """Have 64 officers settle the same person at once, each from a budget of their own."""
    funds = prepare(scene)
    operator = scene.actor("operator")

    def settle_one(number: int) -> Settled:
        region, budget = funds[number]
        wish = Wish(SubsidyKind.EVALUATION, region, date(2023, 10, 1), date(2023, 12, 31), budget)

        def act(work: Work) -> Settled:
            verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
            return settle(work, wish)

        return perform(scene.database, scene.keyring, operator, scene.at, act, retry_on=retry_on)

    return rush(settle_one)


def live_claims(scene: Scene) -> int:
    with scene.database.read() as session:
        return len(session.scalars(select(Claim.id).where(Claim.state == "submitted")).all())


def test_one_live_claim_comes_of_64_settlements_at_once(scene: Scene) -> None:
    outcomes = settle_everywhere(scene)
    assert surprises(outcomes) == []
    assert set(refusals(outcomes)) <= RETRIED
    winners = [each for each in results(outcomes) if each.total_fen]
    assert len(winners) == 1
    losers = [line for each in results(outcomes) if not each.total_fen for line in each.verdicts]
    assert {line.outcome for line in losers} <= {Judged.REFUSED}
    assert live_claims(scene) == 1


def test_whoever_tries_again_is_told_the_number_of_the_earlier_claim(scene: Scene) -> None:
    outcomes = settle_everywhere(scene, RETRIED)
    assert surprises(outcomes) == []
    assert refusals(outcomes) == []
    payable = [line for each in results(outcomes) for line in each.with_outcome(Judged.PAYABLE)]
    refused = [line for each in results(outcomes) for line in each.with_outcome(Judged.REFUSED)]
    assert (len(payable), len(refused)) == (1, CLIENTS - 1)
    with scene.database.read() as session:
        number = session.scalars(select(Claim)).one().number
    assert {line.earlier for line in refused} == {number}


@pytest.mark.plants_violation
def test_the_storm_sees_doubles_where_only_python_looks(scene: Scene) -> None:
    """The control: looked up in one transaction, written in the next, nothing unique underneath."""
    prepare(scene)
    operator = scene.actor("operator")
    scene.do("operator", lambda work: work.session.execute(text("DROP INDEX uq_entitlement_live_key")))
    looked = threading.Barrier(CLIENTS)

    def act(_number: int) -> list[int]:
        found = perform(
            scene.database,
            scene.keyring,
            operator,
            scene.at,
            lambda work: entitlements.find_live(work, ["k"]),
        )
        looked.wait()
        assert not found
        wanted: dict[str, object] = {
            "key": "k", "kind": "evaluation", "person_id": operator.person_id, "trade_code": "x", "level": 5,
        }  # fmt: skip
        return scene.do("operator", lambda work: entitlements.take(work, [wanted]))

    outcomes = rush(act)
    assert surprises(outcomes) == []
    assert len(results(outcomes)) == CLIENTS
    with scene.database.read() as session:
        titles = {each.title for each in find_violations(session, [5])}
    assert "同一享受资格同时只占用或享受一次" in titles
