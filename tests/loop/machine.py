"""What a machine tries with vouchers and classes: somebody is taken to stage n, then an act of any kind.

An act asked of a voucher that is not there yet takes somebody that far first; one time in four it is asked
of any voucher whatever, and the tables say whether it moves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from tests import town_issue, town_train
from tests.loop import playing_exams as exams
from tests.loop import playing_money as money
from tests.loop.playing import COMPLETION, COMPLETION_COURSE, DIRECTED, OPEN, PEOPLE, SIGN_IN
from tests.loop.watching import Watched
from voucher.ledger.vouchers import Voucher
from voucher.rules.actor import Role
from voucher.stages.issue import ending, holding
from voucher.stages.train import classes, leave, reverse, reviewing, transfer
from voucher.stages.train.models.places import Redemption

# the straight way, as far as one voucher goes by itself
WAY = ("issued", "accepted", "enrolled", "training", "trained", "assessed", "certified", "settled")
ANY = st.integers(0, 23)
WILD = 18  # from here on a number means any voucher
HOUSE = st.integers(0, 1)
KIND = st.sampled_from((DIRECTED, DIRECTED, OPEN, SIGN_IN, COMPLETION))


class Learning(Watched):
    """Issue, training, exams and certificates, and every way out of them."""

    # ---- the straight way, in one rule

    @rule(who=st.integers(0, len(PEOPLE) - 1), what=KIND, which=HOUSE, goal=st.sampled_from(WAY))
    def advance_somebody(self, who: int, what: int, which: int, goal: str) -> None:
        """Issue to a person and take the newest voucher as far as asked."""
        self.play.issue(who, what)
        mine = [each for each in self.play.vouchers() if self.play.holder(each)[1] == PEOPLE[who]]
        if mine:
            self.bring(mine[-1].id, which, goal)

    @rule(number=ANY, which=HOUSE, goal=st.sampled_from(WAY[2:]))
    def advance(self, number: int, which: int, goal: str) -> None:
        """Take a voucher there is as far as asked."""
        voucher = self.play.pick(number)
        if voucher is not None:
            self.bring(voucher.id, which, goal)

    def bring(self, voucher_id: int, which: int, goal: str) -> None:
        """Take a voucher as far as asked, or as it goes."""
        for _ in WAY:
            voucher = town_issue.voucher(self.play.scene, voucher_id)
            if voucher.state not in WAY or WAY.index(voucher.state) >= WAY.index(goal):
                return
            self._step(voucher, which)
            if town_issue.voucher(self.play.scene, voucher_id).state == voucher.state:
                return

    def _step(self, voucher: Voucher, which: int) -> None:
        play = self.play
        if voucher.state == "issued":
            play.attempt(play.holder(voucher)[0], partial(holding.accept, voucher_id=voucher.id))
        elif voucher.state == "accepted":
            play.enrol(voucher, which)
        elif voucher.state == "enrolled":
            play.scan(voucher)
        elif voucher.state == "training":
            play.finish(voucher, 40, 80_00)
        elif voucher.state == "trained" and play.completes(voucher):
            exams.complete(play, voucher)
        elif voucher.state == "trained":
            exams.examine(play, voucher, 75_00)
        elif voucher.state == "assessed":
            exams.certify(play, voucher)
        elif voucher.state == "certified":
            money.claim(play, voucher)
            self.get_paid()

    def get_paid(self) -> None:
        """Take whatever is claimed through reviews, notice and bank."""
        for _ in range(3):
            money.review_all(self.play)
        self.play.wait(14)
        money.review_all(self.play)
        for budget in (0, 1):
            money.pay(self.play, budget)

    def choose(self, number: int, *states: str) -> Voucher | None:
        """Return a voucher in one of these states, taking somebody there; or any voucher, where wild."""
        if number >= WILD:
            return self.play.pick(number)
        found = self.play.pick(number, *states)
        if found is None:
            what = (DIRECTED, OPEN, COMPLETION)[number % 3]
            self.advance_somebody(number % len(PEOPLE), what, number % 2, states[number % len(states)])
            found = self.play.pick(number, *states)
        return found

    # ---- one act at a time

    @rule(number=ANY)
    def withdraw(self, number: int) -> None:
        """Have a holder give a voucher back."""
        self._as_holder(self.choose(number, "issued", "accepted"), holding.withdraw)

    @rule(number=ANY)
    def leave(self, number: int) -> None:
        """Have a holder leave a class."""
        self._as_holder(self.choose(number, "enrolled"), leave.leave, why="")

    @rule(number=ANY)
    def drop(self, number: int) -> None:
        """Have a holder drop out."""
        self._as_holder(self.choose(number, "training"), leave.drop, why="家中有事")

    def _as_holder(self, voucher: Voucher | None, act: Callable[..., object], **more: Any) -> None:
        if voucher is not None:
            self.play.attempt(self.play.holder(voucher)[0], partial(act, voucher_id=voucher.id, **more))

    @rule(number=ANY, state=st.sampled_from(WAY[:6]))
    def revoke(self, number: int, state: str) -> None:
        """Have an officer declare a voucher void."""
        voucher = self.choose(number, state)
        if voucher is not None:
            self.play.attempt("复核员", partial(ending.revoke, voucher_ids=[voucher.id], why="名册有误"))

    @rule(number=ANY)
    def scan(self, number: int) -> None:
        """Have the counter scan a voucher."""
        voucher = self.choose(number, "enrolled")
        if voucher is not None:
            self.play.scan(voucher)

    @rule(number=ANY)
    def reverse(self, number: int) -> None:
        """Have two people of the counter take the newest redemption of a voucher back."""
        voucher = self.choose(number, "training")
        if voucher is None:
            return
        with self.play.scene.database.read() as session:
            row = session.scalars(
                select(Redemption).where(Redemption.voucher_id == voucher.id).order_by(Redemption.id.desc())
            ).first()
        if row is not None:
            one, two = (self.play.staff(row.institution_id, Role.SCANNER, serial) for serial in (1, 2))
            self.play.attempt(one, partial(reverse.ask_reversal, redemption_id=row.id, why="扫错"))
            self.play.attempt(two, partial(reverse.reverse, redemption_id=row.id))

    @rule(number=ANY, which=HOUSE, seat=st.sampled_from(("enrolled", "training")), cancels=st.booleans())
    def transfer(self, number: int, which: int, seat: str, cancels: bool) -> None:
        """Have an officer move a voucher to another class, perhaps because its own is cancelled."""
        voucher = self.choose(number, seat)
        if voucher is None:
            return
        if cancels:
            self._cancel(voucher)
        class_id = self.play.open_class(which, completes=self.play.completes(voucher))
        if class_id is not None:
            act = partial(transfer.transfer, voucher_ids=[voucher.id], class_id=class_id, why="机构退出")
            self.play.attempt("复核员", act)

    @rule(number=ANY, seat=st.sampled_from(("enrolled", "training")))
    def cancel_class(self, number: int, seat: str) -> None:
        """Have an officer cancel the class a voucher sits in."""
        voucher = self.choose(number, seat)
        if voucher is not None:
            self._cancel(voucher)

    def _cancel(self, voucher: Voucher) -> None:
        found = self.play.class_of(voucher.id)
        if found is not None:
            self.play.attempt("复核员", partial(classes.cancel_class, class_id=found.id, why="机构停办"))

    @rule(which=HOUSE, reached=st.integers(0, 3))
    def class_goes_astray(self, which: int, reached: int) -> None:
        """Have a class drafted, filed, sent back, filed again, and given up at one of these."""
        play = self.play
        house = play.houses[which]
        desk = play.staff(house, Role.REGISTRAR)
        new = town_train.plan(play.scene, house, **COMPLETION_COURSE)
        drafted = play.attempt(desk, partial(classes.draft_class, new=new))
        if drafted is None:
            return
        file = partial(classes.file_class, class_id=drafted.id, promised=True)
        send_back = partial(reviewing.return_class, class_id=drafted.id, defects="缺考核方案")
        steps = ((desk, file), (town_train.REVIEWER, send_back), (desk, file))
        for login, act in steps[:reached]:
            play.attempt(login, act)
        play.attempt(desk, partial(classes.cancel_class, class_id=drafted.id, why="招生不足"))

    @rule(number=ANY, hours=st.sampled_from((0, 6, 7)), score=st.sampled_from((59_00, 60_00)))
    def finish_badly(self, number: int, hours: int, score: int) -> None:
        """Sign a class off with too few hours, or just enough."""
        voucher = self.choose(number, "training")
        if voucher is not None:
            self.play.finish(voucher, hours, score)

    @rule(number=ANY, score=st.sampled_from((59_00, 60_00)))
    def correct_completion(self, number: int, score: int) -> None:
        """Have two people of an institution correct what it signed."""
        voucher = self.choose(number, "training", "trained")
        if voucher is not None:
            self.play.correct_completion(voucher, score)

    @rule(number=ANY, for_good=st.booleans())
    def fail(self, number: int, for_good: bool) -> None:
        """Have a holder fail the exam, and perhaps give up."""
        voucher = self.choose(number, "trained")
        if voucher is not None:
            exams.examine(self.play, voucher, 59_00)
            if for_good:
                exams.give_up(self.play, voucher)

    @rule(number=ANY, theory=st.sampled_from((59_00, 60_00)))
    def correct_result(self, number: int, theory: int) -> None:
        """Have two people of the evaluator correct a score after it was published."""
        exams.correct(self.play, number, theory)

    @rule(number=ANY, held=st.booleans())
    def exam_falls_through(self, number: int, held: bool) -> None:
        """Plan an exam and cancel it; what is on hold is not planned at all."""
        voucher = self.choose(number, "trained")
        if voucher is None:
            return
        if held:
            self.play.hold(voucher)
        exams.plan_exam(self.play, voucher)
        exams.cancel_exams(self.play)

    # ---- time and holds

    @rule(days=st.sampled_from((1, 14, 95)))
    def days_pass(self, days: int) -> None:
        """Let time pass, and the clock do what is due."""
        self.play.wait(days)

    @rule(number=ANY, state=st.sampled_from(WAY[:6]))
    def too_late(self, number: int, state: str) -> None:
        """Let the last day of a voucher pass: to be redeemed by, or to be certified by."""
        voucher = self.choose(number, state)
        if voucher is None:
            return
        last = voucher.certify_by if voucher.state in WAY[3:6] else voucher.redeem_by
        if last is not None:
            days = (last - town_issue.day(self.play.scene)).days + 1
            self.play.wait(max(days, 1))

    @rule(number=ANY)
    def hold(self, number: int) -> None:
        """Stop a voucher."""
        voucher = self.choose(number, *WAY[:7])
        if voucher is not None:
            self.play.hold(voucher)

    @rule()
    def let_go(self) -> None:
        """Let everything go on, a moment later."""
        self.play.let_go()
        self.play.scene.at += timedelta(minutes=1)
        self.play.tick()
