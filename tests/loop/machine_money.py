"""What a machine tries with money: claims through reviews, notice, files and bank, and back again."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.loop import playing_exams as exams
from tests.loop import playing_money as money
from tests.loop.machine import ANY, HOUSE, Learning
from tests.loop.playing import PEOPLE
from voucher.stages.settle import voucher_ends

REVIEWS = st.integers(0, 3)


class Province(Learning):
    """The whole of the loop: everything anybody may try."""

    def _claimed(self, number: int, reviews: int) -> None:
        """Make sure somebody has claimed, and take every claim some steps on."""
        voucher = self.choose(number, "certified")
        if voucher is not None:
            money.claim(self.play, voucher)
        for _ in range(reviews):
            money.review_all(self.play)

    @rule()
    def review(self) -> None:
        """Have whoever's turn it is sign."""
        money.review_all(self.play)

    @rule(number=ANY, back=st.booleans(), reviews=st.integers(0, 1))
    def refuse(self, number: int, back: bool, reviews: int) -> None:
        """Return or reject a claim at a review; what was returned may come back."""
        self._claimed(number, reviews)
        money.refuse_one(self.play, number, back=back)

    @rule(number=ANY, reviews=REVIEWS, days=st.sampled_from((0, 14)))
    def turn_down(self, number: int, reviews: int, days: int) -> None:
        """Refuse a claim for good where no review waits for it."""
        self._claimed(number, reviews)
        if days:
            self.play.wait(days)
        money.turn_down_one(self.play, number)

    @rule()
    def bring_back(self) -> None:
        """Submit again what was returned, and claim anew."""
        money.bring_back(self.play)
        self.claim_all()

    @rule()
    def claim_all(self) -> None:
        """Claim for whatever has a certificate."""
        for each in self.play.vouchers("certified"):
            money.claim(self.play, each)

    @rule(number=ANY, reviews=REVIEWS)
    def withdraw_claim(self, number: int, reviews: int) -> None:
        """Withdraw a claim, wherever it stands."""
        self._claimed(number, reviews)
        money.withdraw_one(self.play, number)

    @rule(number=ANY)
    def object_to(self, number: int) -> None:
        """Object to a posted claim."""
        self._claimed(number, 3)
        money.object_to_one(self.play, number)

    @rule(uphold=st.booleans())
    def decide(self, uphold: bool) -> None:
        """Decide on what is objected to."""
        money.decide_all(self.play, uphold=uphold)

    @rule(which=HOUSE, ends=st.sampled_from(("paid", "bounced", "prepared", "released", "void")))
    def pay(self, which: int, ends: str) -> None:
        """Pay what is approved, to one end or another; the bank may send the first line back."""
        money.pay(self.play, which, ends=ends)

    @rule(ends=st.sampled_from(("paid", "bounced", "void")))
    def finish_files(self, ends: str) -> None:
        """Let every payment file that lies about come to its end."""
        money.finish_files(self.play, ends=ends)

    @rule()
    def correct_accounts(self) -> None:
        """Have two people correct every account the bank did not know."""
        money.correct_accounts(self.play)

    @rule(number=ANY, ends=st.sampled_from(("paid", "bounced", "released")))
    def everything_is_paid(self, number: int, ends: str) -> None:
        """Take every claim to the bank."""
        self._claimed(number, 3)
        self.play.wait(14)
        money.review_all(self.play)
        for which in (0, 1):
            money.pay(self.play, which, ends=ends)
        self.play.tick()

    @rule(number=ANY, fraud=st.booleans(), state=st.sampled_from(("certified", "settled", "settled")))
    def take_back(self, number: int, fraud: bool, state: str) -> None:
        """Revoke a certificate, or find a voucher false."""
        voucher = self.choose(number, state)
        if voucher is not None and fraud:
            self.play.attempt("复核员", partial(voucher_ends.decertify, voucher_id=voucher.id, why="造假"))
        elif voucher is not None:
            exams.revoke_certificate(self.play, voucher)

    @rule(number=ANY, half=st.booleans())
    def repay(self, number: int, half: bool) -> None:
        """Book money that came back."""
        money.repay_one(self.play, number, half=half)

    @rule(number=ANY)
    def disown(self, number: int) -> None:
        """Find true what somebody says of a subsidy that is not that person's."""
        money.disown_one(self.play, number)

    @rule(number=ANY)
    def appeal(self, number: int) -> None:
        """Put back what was taken back."""
        voucher = self.play.pick(number, "recovering", "lapsed") or self.play.pick(number)
        if voucher is not None:
            exams.reinstate_certificate(self.play, voucher)
            money.put_back(self.play, voucher)

    @rule(who=st.integers(0, len(PEOPLE) - 1), which=HOUSE, level=st.sampled_from(("五级", "四级")))
    def settle_without_voucher(self, who: int, which: int, level: str) -> None:
        """Have somebody pass an exam without any voucher; the operator settles the day."""
        exams.upload(self.play, who, level)
        money.settle_day(self.play, which)

    @rule()
    def clear(self) -> None:
        """Have two officers clear what the rules left to a person."""
        money.clear_all(self.play)
