"""Where system, finance and bank do not say the same; and the money that has to come back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.regions import list_regions
from voucher.doors.web.timelines import name_people
from voucher.ledger.budget import Budget
from voucher.plumbing.unit_of_work import Work
from voucher.rules.competitions import Doubt
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.stages.settle import offset_stays, queries, repaying
from voucher.stages.settle.award_doubts import list_paid_in_vain
from voucher.stages.settle.bonuses.returning import list_returns
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import BankResult, Payment, PaymentFile, PaymentLine
from voucher.stages.settle.queries.banking import count_set_aside, list_set_aside
from voucher.stages.settle.queries.letters import list_due_days
from voucher.stages.settle.queries.offsets import list_came_back, list_stays

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class ThreeSums:
    """The same money in fen: paid by the system, spent by finance, confirmed by the bank or met by offset."""

    system_fen: int
    finance_fen: int
    bank_fen: int
    offset_fen: int
    released_fen: int

    @property
    def agrees(self) -> bool:
        """Return whether the three say the same."""
        return self.system_fen == self.finance_fen == self.bank_fen + self.offset_fen


def tell_no_difference(bounced: tuple[int, int]) -> str:
    """Return what it means that nothing differs: what bounced was settled otherwise, and how much it was."""
    count, bounced_fen = bounced
    if not count:
        return "已签发的每一笔，银行都已回盘成功并记为支出。"
    return f"银行退票 {count:,} 笔、{format_yuan(bounced_fen)} 元都已重付或已终止；其余银行都已回盘成功。"


@finance.get("/reconciliation")
def reconciliation() -> ResponseReturnValue:
    """Show the three sums and every released line on which they differ."""
    regions, after, aside = current_actor().regions, fields.cursor("after"), fields.cursor("aside")
    with the_door().read() as session:
        return render_template(
            "finance/reconciliation.html",
            sums=_add_up(session, regions),
            differing=queries.sum_differences(session, regions),
            no_difference=tell_no_difference(queries.sum_bounced(session, regions)),
            differences=queries.reconcile(session, regions, after_id=after, limit=PER_PAGE),
            after=after,
            aside_open=count_set_aside(session, regions)[1],
            set_aside=list_set_aside(session, regions, settled=False, after_id=aside, limit=PER_PAGE),
            aside=aside,
            per_page=PER_PAGE,
        )


@finance.get("/clawbacks")
def clawbacks() -> ResponseReturnValue:
    """Show the receivables."""
    return _show_clawbacks()


@finance.post("/clawbacks/<int:clawback_id>/repayments")
def repay(clawback_id: int) -> ResponseReturnValue:
    """Register money that came back; another person books it."""

    def call(work: Work) -> Done:
        amount_fen = fields.fen("amount", "收回金额")
        document = fields.text("document", "凭证", limit=120)
        why = fields.text("why", "为什么是另一笔", required=False, limit=200)
        found = repaying.repay(work, clawback_id, amount_fen, document, why)
        told = "已由两人确认收回" if found.decision else "等待另一人确认后入账：已登记收回"
        return Done(f"{told} {format_yuan(amount_fen)} 元", url_for("web.finance.bank_credits"))

    return submit(call, _show_clawbacks)


@finance.post("/clawbacks/<int:clawback_id>/offset-stays")
def ask_offset_stay(clawback_id: int) -> ResponseReturnValue:
    """Ask that a receivable be kept out of offsets, or let back in."""

    def call(work: Work) -> Done:
        stays = request.form.get("stays") == "1"
        offset_stays.ask_stay(work, clawback_id, fields.text("why", "原因", limit=200), stays=stays)
        words = f"已提出{'暂缓' if stays else '恢复'}抵扣，等待另一人确认"
        return Done(words, _same_list())

    return submit(call, _show_clawbacks)


@finance.post("/clawbacks/<int:clawback_id>/offset-stays/agreements")
def agree_offset_stay(clawback_id: int) -> ResponseReturnValue:
    """Agree, as another person, to what was asked about a receivable and offsets."""

    def call(work: Work) -> Done:
        agreed = offset_stays.agree_stay(work, clawback_id)
        words = "已由两人暂缓抵扣" if agreed.stays else "已由两人恢复抵扣，从下个文件起"
        return Done(words, _same_list())

    return submit(call, _show_clawbacks)


def _same_list() -> str:
    """Return the receivables as they were chosen when the form was sent."""
    return url_for(
        "web.finance.clawbacks",
        state=fields.asked("state"),
        payee=fields.asked("payee"),
        region=fields.asked("region"),
        before=fields.asked("before"),
    )


def _show_clawbacks() -> str:
    before, names = fields.cursor("before"), STATE_NAMES[Thing.CLAWBACK]
    state, payee = fields.asked("state", names), fields.asked("payee")
    regions = current_actor().regions
    region = fields.asked("region", regions)
    with the_door().read() as session:
        rows = queries.list_clawbacks(
            session,
            regions if region is None else [region],
            state=state,
            payee_name=payee,
            before_id=before or None,
            limit=PER_PAGE,
        )
        ids = [clawback.id for clawback, _, _ in rows]
        stays = list_stays(session, ids)
        due = list_due_days(session, [(clawback, claim) for clawback, claim, _ in rows])
        waiting = list_returns(session, regions)
        return render_template(
            "finance/clawbacks.html",
            rows=rows,
            states=names.items(),
            regions=list_regions(session, regions),
            chosen={"state": state, "payee": payee, "region": region},
            due=due,
            waiting=waiting,
            in_vain=list_paid_in_vain(session, regions),
            contested=list_paid_in_vain(session, regions, Doubt.CONTESTED),
            today=the_door().today,
            back=list_came_back(session, ids),
            stays=stays,
            names=name_people(session, [each.asked_by_person_id for some in stays.values() for each in some]),
            me=current_actor().person_id,
            before=before,
            # the one whose form was refused, with what was typed still in it
            tried=(request.view_args or {}).get("clawback_id"),
            per_page=PER_PAGE,
        )


def _add_up(session: Session, regions: frozenset[str]) -> ThreeSums:
    ours = sorted(regions)
    system = session.scalar(
        select(func.coalesce(func.sum(Claim.amount_fen), 0))
        .join(Budget, Budget.id == Claim.budget_id)
        .where(Budget.region_code.in_(ours), Claim.state.in_(("paid", "recovering", "recovered")))
    )
    # what came back was spent before it was returned
    spent = session.scalar(
        select(func.coalesce(func.sum(Budget.spent_fen + Budget.returned_fen), 0)).where(
            Budget.region_code.in_(ours)
        )
    )
    lines = (
        select(func.coalesce(func.sum(PaymentLine.amount_fen), 0))
        .join(PaymentFile, PaymentFile.id == PaymentLine.payment_file_id)
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .where(Budget.region_code.in_(ours), PaymentFile.released_at.is_not(None))
    )
    confirmed = lines.join(BankResult, BankResult.payment_line_id == PaymentLine.id).where(
        BankResult.outcome == "succeeded"
    )
    # part of a claim that was paid, and yet no bank was asked for it
    offset = (
        select(func.coalesce(func.sum(Payment.offset_fen), 0))
        .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .where(Budget.region_code.in_(ours), Payment.state == "succeeded")
    )
    return ThreeSums(
        system_fen=int(system or 0),
        finance_fen=int(spent or 0),
        bank_fen=int(session.scalar(confirmed) or 0),
        offset_fen=int(session.scalar(offset) or 0),
        released_fen=int(session.scalar(lines) or 0),
    )
