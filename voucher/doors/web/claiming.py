"""Claiming at the pages: the rules' answer per person first, then the promise, the count and the sum."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import OUTCOME_NAMES, Outcome, SubsidyKind
from voucher.stages.settle.claim_drafts import (
    DRAFT_MISSING,
    LONGEST_NOTE,
    end_draft,
    save_draft,
    submit_draft,
)
from voucher.stages.settle.models.claim_drafts import ClaimDraft
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.previewing import Preview, preview_claims
from voucher.stages.settle.queries.claim_drafts import TakenUp, count_lines, find_draft, list_drafts
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.terms import NOTHING_SAID, Declared, Terms, read_pledge
from voucher.stages.settle.withdraw import withdraw

# before the money has left, a payee may take a claim back
TAKEN_BACK = frozenset(
    {"draft", "submitted", "manual", "returned", "first_reviewed", "second_reviewed", "noticed", "cleared"}
)
MOST_URGENT = (Outcome.REFUSED, Outcome.MANUAL, Outcome.PAYABLE)


def show_preview(
    kind: SubsidyKind,
    chosen: Sequence[int],
    *,
    action: str,
    field: str,
    back: str,
    taken_up: TakenUp | None = None,
) -> str:
    """Return the page that says of each person what would be claimed and why, before anything is.

    What needs a look stands first; of a draft it says what fell out. Raises Refused as claiming does.
    """
    door = the_door()
    # a draft of which nothing can be claimed any more has nothing to judge
    is_empty = taken_up is not None and not taken_up.still and not chosen
    preview = (
        Preview(()) if is_empty else perform(lambda work: preview_claims(work, kind, chosen), keep=False)
    )
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
        taken_up=taken_up,
        chosen=chosen,
        drafts=f"{action}/drafts",
        longest_note=LONGEST_NOTE,
    )


def show_draft(
    kind: SubsidyKind,
    houses: Collection[int],
    draft_id: int,
    show: Callable[[Sequence[int], TakenUp], str],
) -> str:
    """Return the page of a draft taken up, its lines judged as of now. Raises Refused claim_draft_missing."""
    with the_door().read() as session:
        found = find_draft(session, kind, houses, draft_id)
        if found is None:
            raise DRAFT_MISSING.refused()
        session.expunge(found.draft)
    return show(found.still, found)


def keep_draft(
    kind: SubsidyKind, chosen: Sequence[int], location: str, again: Callable[[], str]
) -> ResponseReturnValue:
    """Put the chosen vouchers aside, in place of the draft they were taken up from."""

    def call(work: Work) -> Done:
        note = fields.text("note", "备注", required=False, limit=LONGEST_NOTE)
        kept = save_draft(work, kind, chosen, note, former_id=read_draft_id())
        words = f"已存为草稿：{len(set(chosen)):,} 张。草稿不占资格和预算，本机构的人都能取用"
        return Done(words, f"{location}#draft-{kept.id}")

    return submit(call, again)


def discard_draft(
    kind: SubsidyKind, draft_id: int, location: str, again: Callable[[], str]
) -> ResponseReturnValue:
    """Drop a draft; the vouchers stay as they are."""

    def call(work: Work) -> Done:
        end_draft(work, kind, draft_id, "discarded")
        return Done("草稿已删除，券没有变化", location)

    return submit(call, again)


def read_draft_id() -> int | None:
    """Return the draft a form was taken up from, if any. Raises form_field_unreadable."""
    return fields.whole("draft_id", "草稿") if request.form.get("draft_id") else None


def find_taken_up(kind: SubsidyKind, houses: Collection[int]) -> TakenUp | None:
    """Return the draft a form was taken up from as of now, so that the page shown next goes on with it.

    Raises form_field_unreadable.
    """
    draft_id = read_draft_id()
    if draft_id is None:
        return None
    with the_door().read() as session:
        found = find_draft(session, kind, houses, draft_id)
        if found is not None:
            session.expunge(found.draft)
        return found


def find_picked(session: Session, kind: SubsidyKind, houses: Collection[int]) -> TakenUp | None:
    """Return the draft whose vouchers the list is to tick: the one asked for, or that of a refused form."""
    return find_draft(session, kind, houses, fields.cursor("draft") or read_draft_id() or 0)


def end_taken_up(work: Work, kind: SubsidyKind) -> str:
    """End the draft of the form with the claims filed and return what is said of its other vouchers.

    Raises form_field_unreadable, Refused claim_draft_missing.
    """
    draft_id = read_draft_id()
    rest = submit_draft(work, kind, draft_id) if draft_id is not None else 0
    return f"；草稿里另 {rest:,} 张没有申领，仍留在申领草稿里" if rest else ""


def tell_drafts(
    session: Session, kind: SubsidyKind, houses: Collection[int]
) -> list[tuple[ClaimDraft, int, str]]:
    """Return the kept drafts with how many vouchers each holds and who saved it."""
    drafts = list_drafts(session, kind, houses)
    counts = count_lines(session, [each.id for each in drafts])
    names = name_people(session, [each.saved_by_person_id for each in drafts])
    return [(each, counts[each.id], names.get(each.saved_by_person_id, "")) for each in drafts]


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
