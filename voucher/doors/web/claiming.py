"""Claiming at the pages: the rules' answer per person first, then the promise, the count and the sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import OUTCOME_NAMES, Outcome, SubsidyKind
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.previewing import preview_claims
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.terms import NOTHING_SAID, Declared, Terms, read_pledge
from voucher.stages.settle.withdraw import withdraw

# before the money has left, a payee may take a claim back
TAKEN_BACK = frozenset(
    {"draft", "submitted", "manual", "returned", "first_reviewed", "second_reviewed", "noticed", "cleared"}
)
MOST_URGENT = (Outcome.REFUSED, Outcome.MANUAL, Outcome.PAYABLE)


def show_preview(kind: SubsidyKind, chosen: Sequence[int], *, action: str, field: str, back: str) -> str:
    """Return the page that says of each person what would be claimed and why, before anything is.

    What needs a look stands first. Raises Refused as claiming does.
    """
    door = the_door()
    preview = perform(lambda work: preview_claims(work, kind, chosen), keep=False)
    with door.read() as session:
        pledge = read_pledge(session, kind, door.today)
    order = [str(each) for each in MOST_URGENT]
    return render_template(
        "claiming/confirm.html",
        subsidy=str(kind),
        preview=preview,
        lines=sorted(preview.lines, key=lambda each: order.index(each.outcome)),
        submitted=[each.voucher_id for each in preview.lines if each.may_submit],
        outcomes=[(str(each), OUTCOME_NAMES[each], len(preview.with_outcome(each))) for each in Outcome],
        pledge=pledge,
        action=action,
        field=field,
        back=back,
    )


def show_again(preview: Callable[[], str], page: Callable[[], str]) -> str:
    """Return beneath a refusal what would be claimed now; the page itself where that cannot be said."""
    try:
        return preview()
    except Refused:
        return page()


def read_terms() -> Terms:
    """Return what was promised and declared on the page that was shown; nothing where none was.

    Raises Refused form_field_unreadable.
    """
    if request.form.get("sure") != "1":
        return NOTHING_SAID
    return Terms(
        pledged=request.form.get("pledged") == "1",
        declared=Declared(fields.whole("count", "条数"), fields.whole("total_fen", "金额")),
    )


def come_back(location: str, again: Callable[[], str]) -> ResponseReturnValue:
    """File the chosen returned claims again, each as its next revision; batches of their own."""

    def call(work: Work) -> Done:
        made = [resubmit(work, ids).number for ids in _by_batch(work, _read_claims())]
        return Done(f"已补正重报，转入批次 {'、'.join(made)}，等待初审", location)

    return submit(call, again)


def take_back(location: str, again: Callable[[], str]) -> ResponseReturnValue:
    """Take the chosen claims back, with the reason."""

    def call(work: Work) -> Done:
        count = withdraw(work, _read_claims(), fields.text("why", "撤回原因", limit=200))
        return Done(f"已撤回 {count:,} 条，占用的资金和资格已释放", location)

    return submit(call, again)


def _read_claims() -> list[int]:
    chosen = fields.wholes("claim", "申领")
    if not chosen:
        raise FIELD_UNREADABLE.refused(field="claim", label="申领", problem="没有勾选")
    return sorted(set(chosen))


def _by_batch(work: Work, claim_ids: Sequence[int]) -> list[list[int]]:
    """Return the claims by the batch they stand in; one that is not there stands by itself."""
    rows = work.session.execute(select(Claim.id, Claim.batch_id).where(Claim.id.in_(claim_ids)))
    batches = dict(rows.all())
    groups: dict[int, list[int]] = {}
    for claim_id in claim_ids:
        groups.setdefault(batches.get(claim_id, 0), []).append(claim_id)
    return [groups[each] for each in sorted(groups)]
