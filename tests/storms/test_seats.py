"""Sixty-four people take a seat in a class of fifty at the same moment: fifty sit, the others are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from tests import town_issue, town_train
from tests.scene import Scene
from tests.storms.gale import CLIENTS, Outcome, refusals, results, rush, surprises
from tests.town_counters import OPENED_ON, accepted_by
from voucher.ledger.races import RACES
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Actor, Grant, Role
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.train import fitting
from voucher.stages.train.enrol import enrol
from voucher.stages.train.models.places import Enrolment

pytestmark = pytest.mark.storm

SEATS = 50


def judge(outcomes: Sequence[Outcome[int]]) -> None:
    """Fail unless as many sit as there are seats, and everybody else was told that the class is full."""
    listed = list(outcomes)
    assert surprises(listed) == []
    assert len(results(listed)) == SEATS, f"{len(results(listed))} sit on {SEATS} seats"
    assert Counter(refusals(listed)) == {"class_full": len(listed) - SEATS}


def take_seats(scene: Scene) -> tuple[int, list[Outcome[int]]]:
    """Return a class of fifty and what came of sixty-four people enrolling at once."""
    scene.at = OPENED_ON
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(1_000_000), quantity=CLIENTS)
    class_id = town_train.open_class(scene, house, capacity=SEATS)
    held = accepted_by(scene, programme, CLIENTS)

    def sit(number: int) -> int:
        voucher_id, person_id = held[number]
        worker = Actor(0, f"worker-{number}", person_id, (Grant(Role.WORKER, "410000"),))

        def act(work: Work) -> Enrolment:
            return enrol(work, voucher_id, class_id)

        return perform(scene.database, scene.keyring, worker, scene.at, act, retry_on=RACES).voucher_id

    return class_id, rush(sit)


def test_64_people_at_a_class_of_fifty_are_fifty_seats_and_14_refusals(scene: Scene) -> None:
    class_id, outcomes = take_seats(scene)
    judge(outcomes)
    with scene.database.read() as session:
        assert fitting.count_seated(session, class_id) == SEATS
        assert find_violations(session) == []


@pytest.mark.plants_violation
def test_the_storm_sees_a_class_overfilled_where_seats_are_counted_before_the_lock(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: how many sit was looked up when everybody came in."""
    monkeypatch.setattr(fitting, "count_seated", lambda _session, _class_id: 0)
    _, outcomes = take_seats(scene)
    with pytest.raises(AssertionError, match="64 sit on 50"):
        judge(outcomes)
