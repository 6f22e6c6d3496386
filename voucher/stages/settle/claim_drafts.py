"""Claims put aside and taken up again: saved, saved anew, discarded, or submitted with what was claimed.

A draft takes nothing: no key, no money. Whoever takes it up sees every line judged as of that day.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.institutions import Institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.privacy import mask_free_text, mask_name
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.models.claim_drafts import ClaimDraft, ClaimDraftLine
from voucher.stages.settle.queries.claim_drafts import list_drafts, list_unclaimed
from voucher.stages.settle.reading import STAFF_OF_PAYEE
from voucher.stages.settle.voucher_claims import NO_VOUCHER_CHOSEN
from voucher.stages.settle.voucher_judging import find_payees

SOURCE = "LIFECYCLE Claim draft; 【设】草稿不占资格和预算，取用时按当日重新核对"
MOST, LINES_MOST = "claim_drafts_most", "claim_draft_lines_most"
LONGEST_NOTE = 200

DRAFT_MISSING = reason(
    "claim_draft_missing",
    "没有找到这份申领草稿",
    "可能已经提交、另存或删除；请从“结算申请”页面的草稿列表重新选择",
    SOURCE,
    Family.MISSING,
)
DRAFT_OF_SEVERAL = reason(
    "claim_draft_of_several",
    "所选的券分属 {count} 家机构，一份草稿只放一家的",
    "请按机构分别勾选，各存一份",
    SOURCE,
)
DRAFT_TOO_LONG = reason(
    "claim_draft_too_long",
    "所选 {count} 张，超过一份草稿的 {most} 张；备注最多 {longest} 字",
    "请分成几份草稿，或缩短备注后再存",
    SOURCE,
)
DRAFTS_FULL = reason(
    "claim_drafts_full",
    "本机构已有 {most} 份申领草稿，不能再存",
    "请先提交或删除不再用的草稿",
    SOURCE,
    Family.CONFLICT,
)


def save_draft(
    work: Work, kind: SubsidyKind, voucher_ids: Sequence[int], note: str = "", *, former_id: int | None = None
) -> ClaimDraft:
    """Put chosen vouchers aside for an institution, in place of a former draft of it, and return the draft.

    Numbers of people and accounts in the note are masked, and the names of who is in the draft: what it says
    stands for ever.

    Raises Refused role_missing, no_voucher_chosen, voucher_missing (also for a foreign one),
    claim_draft_of_several, claim_draft_too_long, claim_drafts_full, claim_draft_missing, parameter_missing.
    """
    check_role(work.actor, *STAFF_OF_PAYEE[kind])
    wanted = sorted(set(voucher_ids))
    if not wanted:
        raise NO_VOUCHER_CHOSEN.refused()
    most = require_parameter_number(work.session, LINES_MOST, work.today, [])
    note = mask_free_text(note)
    if note and len(wanted) <= most:
        note = _mask_names(work, wanted, note)
    if len(wanted) > most or len(note) > LONGEST_NOTE:
        raise DRAFT_TOO_LONG.refused(count=len(wanted), most=most, longest=LONGEST_NOTE)
    vouchers = work.session.scalars(select(Voucher).where(Voucher.id.in_(wanted))).all()
    payees = find_payees(work, kind, vouchers)
    served = [each for each in wanted if work.actor.serves(payees.get(each, 0), *STAFF_OF_PAYEE[kind])]
    if served != wanted:
        raise VOUCHER_MISSING.refused()
    houses = sorted({payees[each] for each in wanted})
    if len(houses) > 1:
        raise DRAFT_OF_SEVERAL.refused(count=len(houses))
    # two saved at once by one institution are counted one after the other
    work.session.execute(select(Institution.id).where(Institution.id == houses[0]).with_for_update())
    if former_id is not None:
        # whoever works for two institutions may come with the draft of the other one
        if _lock_draft(work, kind, former_id).institution_id != houses[0]:
            raise DRAFT_MISSING.refused()
        end_draft(work, kind, former_id, "replaced")
    room = require_parameter_number(work.session, MOST, work.today, [])
    if len(list_drafts(work.session, kind, houses)) >= room:
        raise DRAFTS_FULL.refused(most=room)
    return _write_down(work, kind, houses[0], wanted, note)


def _mask_names(work: Work, voucher_ids: Sequence[int], note: str) -> str:
    """Return a note in which the holders of these vouchers are named by their masked names alone."""
    holders = work.session.scalars(select(Voucher.holder_person_id).where(Voucher.id.in_(voucher_ids))).all()
    for each in people.read_people(work.session, work.keyring, sorted(set(holders))).values():
        note = note.replace(each.name, mask_name(each.name))
    return note


def _write_down(
    work: Work, kind: SubsidyKind, institution_id: int, wanted: Sequence[int], note: str
) -> ClaimDraft:
    draft = ClaimDraft(
        kind=str(kind),
        institution_id=institution_id,
        note=note,
        saved_by_person_id=work.actor.person_id,
        saved_at=work.at,
        ended_at=None,
        ending=None,
        ended_by_person_id=None,
    )
    work.session.add(draft)
    work.session.flush()
    work.session.add_all(ClaimDraftLine(draft_id=draft.id, voucher_id=each) for each in wanted)
    work.session.flush()
    audit.record_one(work, "claim_draft", draft.id, "save", count=len(wanted))
    return draft


def end_draft(work: Work, kind: SubsidyKind, draft_id: int, ending: str) -> ClaimDraft:
    """End a kept draft of an institution one works for: submitted, replaced or discarded.

    Raises Refused role_missing, claim_draft_missing (also for a foreign or an ended one).
    """
    draft = _lock_draft(work, kind, draft_id)
    draft.ended_at, draft.ending, draft.ended_by_person_id = work.at, ending, work.actor.person_id
    work.session.flush()
    audit.record_one(work, "claim_draft", draft.id, ending)
    return draft


def submit_draft(work: Work, kind: SubsidyKind, draft_id: int) -> int:
    """End a draft with the claims just filed and return how many of its vouchers have none.

    Those stay a draft in its place, with the same word to colleagues. Raises Refused role_missing,
    claim_draft_missing (also for a foreign or an ended one).
    """
    former = end_draft(work, kind, draft_id, "submitted")
    rest = list_unclaimed(work.session, former)
    if rest:
        _write_down(work, kind, former.institution_id, rest, former.note)
    return len(rest)


def _lock_draft(work: Work, kind: SubsidyKind, draft_id: int) -> ClaimDraft:
    """Return a kept draft of an institution one works for, locked.

    Raises Refused role_missing, claim_draft_missing.
    """
    check_role(work.actor, *STAFF_OF_PAYEE[kind])
    draft = work.session.scalars(
        select(ClaimDraft).where(ClaimDraft.id == draft_id, ClaimDraft.kind == str(kind)).with_for_update()
    ).first()
    if (
        draft is None
        or draft.ended_at is not None
        or not work.actor.serves(draft.institution_id, *STAFF_OF_PAYEE[kind])
    ):
        raise DRAFT_MISSING.refused()
    return draft
