"""The end of a cohort's way: both subsidies claimed, reviewed, posted, approved, paid by the bank."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from voucher.demo.play import answer_of_bank
from voucher.demo.province.cohorts import Reached
from voucher.demo.province.training import Training
from voucher.demo.signing import pass_all
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.spreadsheets import Limits
from voucher.rules.approval import Step
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle import bank, notice, payment
from voucher.stages.settle.models.payments import PaymentFile
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims


class Paying:
    """The claims of one cohort, from filing to the bank's answer."""

    def __init__(self, training: Training, evaluator: str, list_vouchers: Callable[[], list[int]]) -> None:
        self.training = training
        self.evaluator = evaluator
        self.list_vouchers = list_vouchers
        self.stage = training.stage
        self.settlement_ids: list[int] = []
        self.file_id = 0

    def claim(self) -> None:
        """Have the institution claim the training, and the evaluator the evaluation subsidy."""
        vouchers = self.list_vouchers()
        if not vouchers:
            return
        filed = [
            self.stage.act(
                self.training.admin, lambda work: file_claims(work, SubsidyKind.TRAINING, vouchers, PLEDGED)
            )
        ]
        if self.evaluator:
            filed.append(
                self.stage.act(
                    self.evaluator,
                    lambda work: file_claims(work, SubsidyKind.EVALUATION, vouchers, PLEDGED),
                )
            )
        self.settlement_ids = [batch_id for each in filed for batch_id in each.batch_ids]

    def review_first(self) -> None:
        """Have the first reviewer pass every line."""
        self._sign("first-review", Step.FIRST_REVIEW, "学时、成绩、证书逐条一致")

    def review_second(self) -> None:
        """Have the second reviewer pass every line."""
        self._sign("second-review", Step.SECOND_REVIEW, "复核无误，拟公示")

    def approve(self) -> None:
        """Have finance approve every line."""
        self._sign("approver", Step.APPROVE, "同意拨付")

    def _sign(self, login: str, step: Step, opinion: str) -> None:
        for batch_id in self.settlement_ids:
            self.stage.act(login, partial(pass_all, batch_id=batch_id, step=step, opinion=opinion))

    def post(self) -> None:
        """Have the batches posted."""
        for batch_id in self.settlement_ids:
            self.stage.act("second-review", partial(notice.post_notice, batch_id=batch_id))

    def wait(self) -> None:
        """Let the notice period pass; the clock closes it at the end of the day."""

    def prepare(self) -> None:
        """Have the maker make a payment file of what is approved."""
        with self.stage.house.database.read() as session:
            budget_id = session.get_one(Voucher, self.training.voucher_ids[0]).budget_id
        self.file_id = self.stage.act("maker", partial(payment.prepare, budget_id=budget_id)).id

    def check(self) -> None:
        """Have the file checked by a second person."""
        self.stage.act("checker", partial(payment.check, payment_file_id=self.file_id))

    def release(self) -> None:
        """Have the file released by a third person."""
        self.stage.act("releaser", partial(payment.release, payment_file_id=self.file_id))

    def book(self) -> None:
        """Have the bank's answer booked: every line succeeded, or the institution's own came back."""
        cohort = self.training.cohort
        bounced = [self.stage.institution(cohort.trainer)] if cohort.reached is Reached.BOUNCED else []
        with self.stage.house.database.read() as session:
            file = session.get_one(PaymentFile, self.file_id)
        content = answer_of_bank(self.stage.house, file, bounced)
        self.stage.act(
            "maker", lambda work: bank.record_results(work, self.file_id, content, "回盘.csv", Limits())
        )
