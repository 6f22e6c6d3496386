"""Claims in a storm: submitted and signed twice, claimed by 32 houses, pulled three ways at once.

Every change meets a small one; STORM_SIZE=full makes 500 people and 1,000 objects of them.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from tests.loop.telling import evaluator, person
from tests.scene import EV1, JIYUAN, Scene, on
from tests.storms.gale import refusals, results, rush, surprises
from voucher.ledger.states import StateEvent
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle import review
from voucher.stages.settle.draft import Settled, Wish, settle
from voucher.stages.settle.models.claims import Claim, Signature
from voucher.stages.settle.withdraw import withdraw

pytestmark = pytest.mark.storm

FULL = os.environ.get("STORM_SIZE") == "full"
TWICE, HOUSES, PEOPLE, OBJECTS = (500, 32, 500, 1000) if FULL else (24, 8, 6, 12)
# three of a team pull at one claim: together they fit the 32 connections of one process
TEAMS = 10
RACES = frozenset({"entitlement_taken", CHANGED_MEANWHILE.code})
FIRST_DAY = date(2023, 10, 1)


def ready(scene: Scene) -> int:
    """Have everybody hired, two who approve, and money there; return the budget."""
    scene.hire_everybody()
    scene.hire("审批员B", Role.FINANCE_APPROVER, "310101199001010120")
    scene.at = on("2024-01-10")
    return scene.open_budget(100_000_000)


def settle_days(scene: Scene, budget: int, first: date, last: date) -> Settled:
    """Settle the certificates of some days, trying again where another settlement came first."""
    wish = Wish(SubsidyKind.EVALUATION, JIYUAN, first, last, budget)

    def act(work: Work) -> Settled:
        verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
        return settle(work, wish)

    operator = scene.actor("operator")
    return perform(scene.database, scene.keyring, operator, scene.at, act, retry_on=RACES)


def events_of(scene: Scene, event: str) -> Counter[int]:
    """Return how often an event happened to each claim."""
    with scene.database.read() as session:
        rows = session.execute(
            select(StateEvent.object_id, func.count())
            .where(StateEvent.thing == str(Thing.CLAIM), StateEvent.event == event)
            .group_by(StateEvent.object_id)
        )
        return Counter(dict(rows.all()))


def test_everything_submitted_and_signed_twice_takes_effect_once(scene: Scene) -> None:
    """500 certificates settled twice at once, every claim signed twice at once: 500 effects, 500 refusals."""
    budget = ready(scene)
    scene.file_evaluator(EV1)
    scene.certify(*(scene.certificate(person(serial)) for serial in range(TWICE)))
    outcomes = rush(lambda _: settle_days(scene, budget, FIRST_DAY, date(2023, 12, 31)), clients=2)
    assert surprises(outcomes) == []
    verdicts = [line for each in results(outcomes) for line in each.verdicts]
    assert Counter(str(each.outcome) for each in verdicts) == {"payable": TWICE, "refused": TWICE}
    told = [each.refusal.code for each in verdicts if each.refusal is not None]
    assert told == ["duplicate_entitlement"] * TWICE
    assert scene.budget(budget).reserved_fen == TWICE * 200_00

    with scene.database.read() as session:
        claims = [(each.id, each.batch_id) for each in session.scalars(select(Claim).order_by(Claim.id))]
    actor = scene.actor("初审员")

    def sign(number: int) -> tuple[int, Counter[str]]:
        """Sign every claim this client and its double share."""
        done, refused = 0, Counter[str]()
        for claim_id, batch_id in claims[number // 2 :: TEAMS]:
            try:
                act = partial(
                    review.sign,
                    batch_id=batch_id,
                    step=Step.FIRST_REVIEW,
                    claim_ids=[claim_id],
                    opinion="齐全",
                )
                done += perform(scene.database, scene.keyring, actor, scene.at, act)
            except Refused as heard:
                refused[heard.refusal.code] += 1
        return done, refused

    signed = rush(sign, clients=2 * TEAMS)
    assert surprises(signed) == []
    assert sum(done for done, _ in results(signed)) == TWICE
    assert sum(sum(refused.values()) for _, refused in results(signed)) == TWICE
    codes = {code for _, refused in results(signed) for code in refused}
    assert codes <= {"line_not_waiting", "same_hand_race", "nothing_to_sign", CHANGED_MEANWHILE.code}
    assert events_of(scene, "review_first") == Counter({claim_id: 1 for claim_id, _ in claims})
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Signature)) == TWICE


def test_of_32_institutions_and_500_people_one_claim_each_lives(scene: Scene) -> None:
    """Every institution holds a certificate of everybody, and all are settled at the same moment."""
    budget = ready(scene)
    houses = [evaluator(serial) for serial in range(HOUSES)]
    for place, house in enumerate(houses):
        scene.file_evaluator(house)
        day = (FIRST_DAY + timedelta(days=place)).isoformat()
        scene.certify(
            *(scene.certificate(person(serial), evaluator=house, issued=day) for serial in range(PEOPLE))
        )

    def settle_one(number: int) -> Settled:
        day = FIRST_DAY + timedelta(days=number)
        return settle_days(scene, budget, day, day)

    outcomes = rush(settle_one, clients=HOUSES)
    assert surprises(outcomes) == []
    assert refusals(outcomes) == []
    verdicts = [line for each in results(outcomes) for line in each.verdicts]
    assert Counter(str(each.outcome) for each in verdicts) == {
        "payable": PEOPLE,
        "refused": PEOPLE * (HOUSES - 1),
    }
    with scene.database.read() as session:
        live = session.execute(
            select(Claim.person_id, func.count()).where(Claim.state == "submitted").group_by(Claim.person_id)
        ).all()
        numbers = {each.number for each in session.scalars(select(Claim))}
    assert len(live) == PEOPLE
    assert {count for _, count in live} == {1}
    assert {each.earlier for each in verdicts if each.refusal is not None} == numbers
    assert scene.budget(budget).reserved_fen == PEOPLE * 200_00


def test_approved_rejected_and_withdrawn_at_once_has_one_winner(scene: Scene) -> None:
    """Three pull at each claim: one wins, the chain of its states is whole, the money is where it belongs."""
    budget = ready(scene)
    scene.file_evaluator(EV1)
    scene.certify(*(scene.certificate(person(serial)) for serial in range(OBJECTS)))
    batch = scene.settle(budget).batch_id
    scene.review_and_post(batch)
    scene.close_notices()
    with scene.database.read() as session:
        claims = list(session.scalars(select(Claim.id).order_by(Claim.id)))
    actors = [scene.actor(login) for login in ("审批员", "审批员B", "operator")]

    def pull(number: int) -> tuple[int, Counter[str]]:
        """Approve, reject or withdraw every claim of a team, as the number says."""
        won, refused = 0, Counter[str]()
        for claim_id in claims[number // 3 :: TEAMS]:

            def act(work: Work, claim_id: int = claim_id) -> int:
                match number % 3:
                    case 0:
                        return review.sign(work, batch, Step.APPROVE, claim_ids=[claim_id], opinion="同意")
                    case 1:
                        return review.reject(work, batch, Step.APPROVE, [claim_id], "材料不实")
                    case _:
                        return withdraw(work, [claim_id], "单位申请撤回")

            try:
                won += perform(
                    scene.database, scene.keyring, actors[number % 3], scene.at, act, retry_on=RACES
                )
            except Refused as heard:
                refused[heard.refusal.code] += 1
        return won, refused

    outcomes = rush(pull, clients=3 * TEAMS)
    assert surprises(outcomes) == []
    # an approved claim may still be taken back by its submitter; nothing else happens twice
    ended = events_of(scene, "reject") + events_of(scene, "withdraw")
    approved = events_of(scene, "approve")
    assert set(ended.values()) | set(approved.values()) == {1}
    assert set(ended) | set(approved) == set(claims)
    assert not set(events_of(scene, "reject")) & (set(approved) | set(events_of(scene, "withdraw")))
    with scene.database.read() as session:
        states = dict(session.execute(select(Claim.id, Claim.state)).all())
    assert all(states[each] == "approved" for each in approved if each not in ended)
    standing = sum(1 for each in states.values() if each == "approved")
    assert scene.budget(budget).reserved_fen == standing * 200_00
    told = {code for _, refused in results(outcomes) for code in refused}
    assert told <= {"line_not_waiting", "event_not_allowed", "nothing_to_sign", CHANGED_MEANWHILE.code}
