"""结算申请: certified vouchers claimed for, the own claims with their reasons and days, and what was paid."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK, PAYEE_STAFF
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.claiming import (
    TAKEN_BACK,
    come_back,
    discard_draft,
    end_taken_up,
    find_picked,
    find_taken_up,
    keep_draft,
    read_terms,
    show_again,
    show_draft,
    show_preview,
    take_back,
    tell_drafts,
)
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.registry.accounts import find_accounts_in_use
from voucher.registry.institutions import Institution
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle import queries, receipting
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.queries import payees
from voucher.stages.settle.queries.cases import list_cases
from voucher.stages.settle.queries.claim_drafts import TakenUp
from voucher.stages.settle.queries.claim_paces import list_claim_paces, list_paces_of
from voucher.stages.settle.queries.letters import list_due_days
from voucher.stages.settle.queries.offsets import list_came_back, list_payments_of_claim
from voucher.stages.settle.queries.receipts import find_receipts
from voucher.stages.settle.searching import ClaimSearch, find_claims, view_claims
from voucher.stages.settle.voucher_claims import file_claims as claim_for

PAGE = 50
STATES = list(STATE_NAMES[Thing.CLAIM].items())
REASONS_TOLD = 3
PAID_OUTCOMES = {"succeeded": "已到账", "failed": "退票", payees.WAITING: "等银行回单"}
CLAWBACKS_SHOWN = 50


@institution.get("/institution/claims")
def claims() -> ResponseReturnValue:
    """Show what may be claimed, and the claims made so far."""
    return _page()


@institution.post("/institution/claims")
def file_claims() -> ResponseReturnValue:
    """Say of each person what the rules say; promised and confirmed, claim exactly that."""
    chosen = fields.wholes("voucher_id", "要申领的券")
    if request.form.get("sure") != "1" and chosen:
        return _preview(chosen)

    def call(work: Work) -> Done:
        filed = claim_for(work, SubsidyKind.TRAINING, chosen, read_terms())
        rest = end_taken_up(work, SubsidyKind.TRAINING)
        return Done(_tell(filed.verdicts) + rest, url_for("web.institution.claims"))

    return submit(call, lambda: show_again(lambda: _go_on(chosen), _page))


@institution.post("/institution/claims/drafts")
def save_claim_draft() -> ResponseReturnValue:
    """Put chosen vouchers aside."""
    chosen = fields.wholes("voucher_id", "要申领的券")
    return keep_draft(SubsidyKind.TRAINING, chosen, url_for("web.institution.claims"), _page)


@institution.get("/institution/claims/drafts/<int:draft_id>")
def claim_draft(draft_id: int) -> ResponseReturnValue:
    """Take a draft up again: every line judged as of now."""
    return show_draft(SubsidyKind.TRAINING, my_houses(INSTITUTION_DESK), draft_id, _show_chosen)


@institution.post("/institution/claims/drafts/<int:draft_id>/endings")
def discard_claim_draft(draft_id: int) -> ResponseReturnValue:
    """Drop a draft."""
    return discard_draft(SubsidyKind.TRAINING, draft_id, url_for("web.institution.claims"), _page)


@institution.post("/institution/claims/resubmissions")
def resubmit_claims() -> ResponseReturnValue:
    """File chosen returned claims again."""
    return come_back(url_for("web.institution.claims"), _page)


@institution.post("/institution/claims/withdrawals")
def withdraw_claims() -> ResponseReturnValue:
    """Take chosen claims back."""
    return take_back(url_for("web.institution.claims"), _page)


@institution.get("/institution/claims/<int:claim_id>")
def claim(claim_id: int) -> ResponseReturnValue:
    """Show one claim: how its amount came about, every check, and everything that happened to it."""
    door, houses = the_door(), my_houses(INSTITUTION_DESK)
    with door.read() as session:
        found = queries.get_claim(session, claim_id, (), houses)
        payee = session.get_one(Institution, found.institution_id)
        return render_template(
            "institution/claim.html",
            view=view_claims(session, door.keyring, [(found, payee.code, payee.name)])[0],
            line=queries.get_claim_line(session, door.keyring, found),
            may_take_back=found.state in TAKEN_BACK,
            paces=list(list_claim_paces(session, [found], door.today).values()),
            happenings=queries.claim_timeline(session, claim_id),
            payments=list_payments_of_claim(session, claim_id),
        )


@institution.get("/institution/payments")
def payments() -> ResponseReturnValue:
    """Show what was sent to the bank for this institution, whether it arrived, and its receipt."""
    return _show_payments()


@institution.post("/institution/payments/receipts")
def write_receipt() -> ResponseReturnValue:
    """Write the number of the receipt given for chosen payments that arrived."""

    def call(work: Work) -> Done:
        chosen = fields.wholes("line", "款项")
        number = receipting.write_receipt(work, chosen, fields.text("number", "票据号", limit=60))
        words = f"已登记票据号 {number}：{len(chosen):,} 笔"
        return Done(words, url_for("web.institution.payments"))

    return submit(call, _show_payments)


def _show_payments() -> str:
    houses = my_houses(PAYEE_STAFF)
    outcome, before = fields.asked("outcome", PAID_OUTCOMES), fields.cursor("before")
    with the_door().read() as session:
        paid = payees.list_paid(session, houses, outcome=outcome, before_id=before or None, limit=PAGE + 1)
        owed = queries.list_clawbacks(session, (), payees=houses, limit=CLAWBACKS_SHOWN)
        return render_template(
            "institution/payments.html",
            paid=paid[:PAGE],
            receipts=find_receipts(session, [each.line_id for each in paid[:PAGE]]),
            still=queries.read_owed_still(
                session, [each.line_id for each in paid[:PAGE] if each.outcome == "failed"]
            ),
            outcomes=PAID_OUTCOMES.items(),
            outcome=outcome,
            before=before,
            next_before=paid[PAGE - 1].line_id if len(paid) > PAGE else None,
            owed=owed,
            cases=list_cases(session, (), houses),
            back=list_came_back(session, [clawback.id for clawback, _, _ in owed]),
            due=list_due_days(session, [(clawback, claim) for clawback, claim, _ in owed]),
            today=the_door().today,
            accounts=list(find_accounts_in_use(session, houses).values()),
        )


def _tell(verdicts: Sequence[Verdict]) -> str:
    """Return in one sentence what came of it, the reasons of what was not taken included."""
    taken = [each for each in verdicts if each.claim_id is not None]
    left = [each for each in verdicts if each.claim_id is None]
    words = f"已申领 {len(taken)} 条，合计 {format_yuan(sum(each.amount_fen for each in taken))} 元"
    if left:
        told = sorted({each.refusal.title for each in left if each.refusal is not None})
        words += f"；{len(left)} 条不予受理：{'；'.join(told[:REASONS_TOLD])}"
    return words


def _preview(chosen: list[int]) -> ResponseReturnValue:
    try:
        return _go_on(chosen)
    except Refused as refused:
        return refuse(refused.refusal, _page)


def _go_on(chosen: Sequence[int]) -> str:
    return _show_chosen(chosen, find_taken_up(SubsidyKind.TRAINING, my_houses(INSTITUTION_DESK)))


def _show_chosen(chosen: Sequence[int], taken_up: TakenUp | None = None) -> str:
    own = url_for("web.institution.claims")
    return show_preview(
        SubsidyKind.TRAINING, chosen, action=own, field="voucher_id", back=own, taken_up=taken_up
    )


def _page() -> str:
    door, houses = the_door(), my_houses(INSTITUTION_DESK)
    state, before = fields.asked("state", STATE_NAMES[Thing.CLAIM]), fields.cursor("before")
    line = fields.cursor("line") or None
    with door.read() as session:
        found = find_claims(
            session,
            door.keyring,
            (),
            ClaimSearch(state=state, payment_line_id=line),
            payees=houses,
            before_id=before or None,
            limit=PAGE + 1,
        )
        shown = found[:PAGE]
        picked = find_picked(session, SubsidyKind.TRAINING, houses)
        chosen = picked.still if picked is not None else ()
        ready = payees.list_claimable(session, door.keyring, houses, limit=PAGE * 10, chosen=chosen)
        return render_template(
            "institution/claims.html",
            ready=ready,
            drafts=tell_drafts(session, SubsidyKind.TRAINING, houses),
            picked=picked,
            ready_fen=sum(each.amount_fen for each in ready if not each.on_hold),
            claims=shown,
            said=payees.newest_words(session, [each.id for each in shown]),
            paces=list_paces_of(session, [each.id for each in shown], door.today),
            states=STATES,
            state=state,
            line=line,
            before=before,
            next_before=shown[-1].id if len(found) > PAGE else None,
        )
