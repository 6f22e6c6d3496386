"""What must hold after every step of a play, and how much of the tables the plays have walked.

A model beside the play replays the trail of events by the tables alone: every object must stand where the
model says. The money of every budget must be what vouchers, claims and payments say. At times, and always
at the end of a play, no invariant of the house may return a row.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import func, select

from tests.loop.playing import Playing
from voucher.ledger.budget import Budget
from voucher.ledger.states import NOTHING, StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.rules.lifecycle import ROWS, Thing, next_state
from voucher.stages.assess.models import ExamBatch
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback, Payment
from voucher.stages.train.models.classes import TrainingClass

Row = tuple[str, str, str]
Start = Callable[[], tuple[Playing, Callable[[], None]]]
WATCHED = {
    Thing.VOUCHER: Voucher,
    Thing.CLAIM: Claim,
    Thing.PAYMENT: Payment,
    Thing.CLAWBACK: Clawback,
    Thing.CLASS: TrainingClass,
    Thing.EXAM_BATCH: ExamBatch,
}
# asking all of them costs as much as a step
ASKED_EVERY = 8


@dataclass
class Seen:
    """What plays have met so far: squares of the tables, refusals by code, plays and steps."""

    rows: Counter[Row] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    plays: int = 0
    steps: int = 0

    def missing(self, things: Iterable[Thing]) -> list[Row]:
        """Return the squares of some tables that no play has walked."""
        wanted = [
            (str(each.thing), each.state or NOTHING, each.event) for each in ROWS if each.thing in things
        ]
        return [each for each in wanted if not self.rows[each]]

    def __str__(self) -> str:
        total = sum(each.thing in WATCHED for each in ROWS)
        missing = self.missing(WATCHED)
        lines = [f"{self.plays} plays, {self.steps} steps, {total - len(missing)} of {total} squares"]
        lines += [f"  not walked: {thing} {state} --{event}-->" for thing, state, event in missing]
        lines += [f"  refused {count:5d} {code}" for code, count in self.told.most_common()]
        return "\n".join(lines)


class Watched(RuleBasedStateMachine):
    """One play that is watched: what people try comes with the subclasses."""

    start: Start
    seen: Seen

    def __init__(self) -> None:
        super().__init__()
        self.play, self.close = self.start()
        self.model: dict[tuple[str, int], str] = {}
        self.read_until = 0
        self.steps = 0
        self._replay(count=False)

    def teardown(self) -> None:
        """Hold the whole against the invariants once more, and leave."""
        try:
            if sys.exc_info()[0] is None:  # what went wrong first is what is told
                self.ask_everything()
            self.seen.told.update(self.play.told)
            self.seen.plays += 1
            self.seen.steps += self.steps
        finally:
            self.close()

    @invariant()
    def every_object_stands_where_the_tables_led_it(self) -> None:
        """Replay the new events by the tables alone; the real rows must agree."""
        self._replay()
        led: dict[str, dict[int, str]] = {str(thing): {} for thing in WATCHED}
        for (thing, object_id), state in self.model.items():
            if thing in led:
                led[thing][object_id] = state
        with self.play.scene.database.read() as session:
            for each, model in WATCHED.items():
                rows = session.execute(select(model.id, model.state)).all()  # type: ignore[attr-defined]  # each keeps its state so
                stands = dict(rows)
                wrong = {
                    key: (led[str(each)].get(key), stands.get(key))
                    for key in {*led[str(each)], *stands}
                    if led[str(each)].get(key) != stands.get(key)
                }
                assert not wrong, f"{each} stands elsewhere than the tables led it: {wrong}"

    def _replay(self, *, count: bool = True) -> None:
        with self.play.scene.database.read() as session:
            fresh = session.scalars(
                select(StateEvent).where(StateEvent.id > self.read_until).order_by(StateEvent.id)
            ).all()
        for each in fresh:
            key = (each.thing, each.object_id)
            before = self.model.get(key)
            self.model[key] = next_state(Thing(each.thing), before, each.event)
            assert self.model[key] == each.to_state, f"{each.thing} {each.event} led to {each.to_state}"
            self.read_until = each.id
            if count:
                self.seen.rows[(each.thing, before or NOTHING, each.event)] += 1

    @invariant()
    def money_sums(self) -> None:
        """Reserved is what vouchers and claims keep; spent is what the bank paid less what came back."""
        with self.play.scene.database.read() as session:
            kept = Counter[int]()
            for model in (Voucher, Claim):
                kept.update(dict(session.execute(
                    select(model.budget_id, func.sum(model.reserved_fen)).group_by(model.budget_id)
                ).all()))  # fmt: skip
            paid = dict(session.execute(
                select(Claim.budget_id, func.sum(Payment.amount_fen))
                .join(Claim, Claim.id == Payment.claim_id)
                .where(Payment.state == "succeeded")
                .group_by(Claim.budget_id)
            ).all())  # fmt: skip
            back = dict(session.execute(
                select(Claim.budget_id, func.sum(Clawback.recovered_fen))
                .join(Claim, Claim.id == Clawback.claim_id)
                .group_by(Claim.budget_id)
            ).all())  # fmt: skip
            for budget in session.scalars(select(Budget)):
                told = (budget.reserved_fen, budget.spent_fen)
                summed = (kept[budget.id], paid.get(budget.id, 0) - back.get(budget.id, 0))
                assert told == summed, f"budget {budget.id} says {told} reserved and spent, not {summed}"
                assert budget.available_fen >= 0, f"budget {budget.id} is overdrawn"

    @invariant()
    def nothing_is_violated(self) -> None:
        """Ask every invariant of the house, now and then."""
        self.steps += 1
        if self.steps % ASKED_EVERY == 0:
            self.ask_everything()

    def ask_everything(self) -> None:
        """Ask every invariant of the house."""
        with self.play.scene.database.read() as session:
            violations = find_violations(session)
        assert violations == [], f"violated: {violations}"
