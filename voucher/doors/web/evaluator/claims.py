"""评价补贴: certified vouchers nobody has claimed for yet, own claims with their states, one claim's way."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
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
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.settle import queries
from voucher.stages.settle.queries import payees
from voucher.stages.settle.queries.claim_drafts import TakenUp
from voucher.stages.settle.queries.claim_paces import list_claim_paces, list_paces_of
from voucher.stages.settle.queries.evaluations import count_evaluations, list_evaluations
from voucher.stages.settle.queries.offsets import list_payments_of_claim
from voucher.stages.settle.searching import ClaimSearch, find_claims
from voucher.stages.settle.voucher_claims import file_claims

PAGE, AT_ONCE = 20, 200
REASONS_SAID = 5  # what is said back travels in a cookie


@evaluator.get("/evaluator/claims")
def claims() -> ResponseReturnValue:
    """Show what may be claimed now and what became of what was claimed."""
    return _show()


def _show() -> str:
    door, mine = the_door(), my_evaluators(Role.EVALUATOR_ADMIN)
    state = fields.asked("state", STATE_NAMES[Thing.CLAIM])
    before, line = fields.cursor("before"), fields.cursor("line") or None
    with door.read() as session:
        count, total_fen = count_evaluations(session, mine)
        found = find_claims(
            session,
            door.keyring,
            (),
            ClaimSearch(state=state, payment_line_id=line),
            payees=mine,
            before_id=before or None,
            limit=PAGE + 1,
        )
        picked = find_picked(session, SubsidyKind.EVALUATION, mine)
        chosen = picked.still if picked is not None else ()
        return render_template(
            "evaluator/claims.html",
            offered=list_evaluations(session, door.keyring, mine, limit=AT_ONCE, chosen=chosen),
            drafts=tell_drafts(session, SubsidyKind.EVALUATION, mine),
            picked=picked,
            count=count,
            total_fen=total_fen,
            rows=found[:PAGE],
            said=payees.newest_words(session, [each.id for each in found[:PAGE]]),
            paces=list_paces_of(session, [each.id for each in found[:PAGE]], door.today),
            more=len(found) > PAGE,
            states=list(STATE_NAMES[Thing.CLAIM].items()),
            state=state,
            line=line,
            before=before,
        )


@evaluator.post("/evaluator/claims")
def file() -> ResponseReturnValue:
    """Say of each person what the rules say; promised and confirmed, claim exactly that."""
    chosen = fields.wholes("voucher", "培训券")
    if request.form.get("sure") != "1" and chosen:
        return _preview(chosen)
    refused_words: list[str] = []

    def call(work: Work) -> Done:
        refused_words.clear()  # the whole act may be tried again
        filed = file_claims(work, SubsidyKind.EVALUATION, chosen, read_terms())
        rest = end_taken_up(work, SubsidyKind.EVALUATION)
        payable = [each for each in filed.verdicts if each.outcome is Outcome.PAYABLE]
        refused_words.extend(
            f"{each.refusal.title}：{each.refusal.next_step}"
            for each in filed.verdicts
            if each.refusal is not None
        )
        total = format_yuan(sum(each.total_fen for each in filed.batches))
        words = f"已申领 {len(payable)} 张券，合计 {total} 元，等待人社部门初审"
        others = len(filed.verdicts) - len(payable)
        if others:
            words += f"；{others} 张没有通过核对，原因见下"
        return Done(words + rest, url_for("web.evaluator.claims"))

    answer = submit(call, lambda: show_again(lambda: _go_on(chosen), _show))
    for each in refused_words[:REASONS_SAID]:
        flash(each, "mind")
    return answer


def _preview(chosen: list[int]) -> ResponseReturnValue:
    try:
        return _go_on(chosen)
    except Refused as refused:
        return refuse(refused.refusal, _show)


def _go_on(chosen: Sequence[int]) -> str:
    return _show_chosen(chosen, find_taken_up(SubsidyKind.EVALUATION, my_evaluators(Role.EVALUATOR_ADMIN)))


def _show_chosen(chosen: Sequence[int], taken_up: TakenUp | None = None) -> str:
    own = url_for("web.evaluator.claims")
    return show_preview(
        SubsidyKind.EVALUATION, chosen, action=own, field="voucher", back=own, taken_up=taken_up
    )


@evaluator.post("/evaluator/claims/drafts")
def save_claim_draft() -> ResponseReturnValue:
    """Put chosen vouchers aside."""
    chosen = fields.wholes("voucher", "培训券")
    return keep_draft(SubsidyKind.EVALUATION, chosen, url_for("web.evaluator.claims"), _show)


@evaluator.get("/evaluator/claims/drafts/<int:draft_id>")
def claim_draft(draft_id: int) -> ResponseReturnValue:
    """Take a draft up again: every line judged as of now."""
    return show_draft(SubsidyKind.EVALUATION, my_evaluators(Role.EVALUATOR_ADMIN), draft_id, _show_chosen)


@evaluator.post("/evaluator/claims/drafts/<int:draft_id>/endings")
def discard_claim_draft(draft_id: int) -> ResponseReturnValue:
    """Drop a draft."""
    return discard_draft(SubsidyKind.EVALUATION, draft_id, url_for("web.evaluator.claims"), _show)


@evaluator.post("/evaluator/claims/resubmissions")
def resubmit_claims() -> ResponseReturnValue:
    """File chosen returned claims again."""
    return come_back(url_for("web.evaluator.claims"), _show)


@evaluator.post("/evaluator/claims/withdrawals")
def withdraw_claims() -> ResponseReturnValue:
    """Take chosen claims back."""
    return take_back(url_for("web.evaluator.claims"), _show)


@evaluator.get("/evaluator/claims/<int:claim_id>")
def claim(claim_id: int) -> ResponseReturnValue:
    """Show one claim of this evaluator: amount, reasons, its way."""
    door = the_door()
    with door.read() as session:
        found = queries.get_claim(session, claim_id, (), my_evaluators(Role.EVALUATOR_ADMIN))
        return render_template(
            "evaluator/claim.html",
            claim=found,
            line=queries.get_claim_line(session, door.keyring, found),
            may_take_back=found.state in TAKEN_BACK,
            payments=list_payments_of_claim(session, claim_id),
            paces=list(list_claim_paces(session, [found], door.today).values()),
            happenings=queries.claim_timeline(session, claim_id),
        )
