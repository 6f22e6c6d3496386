"""What is to be shown to everybody, written by one officer and released, or not, by another."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.rules.errors import Family, reason
from voucher.rules.measures import EXPOSURE_SOURCE
from voucher.rules.words import check_why
from voucher.stages.oversee.measures.exposing import check_may_expose, load_to_expose, publish
from voucher.stages.oversee.measures.models import Exposure, ExposureDraft

DRAFT_OPEN = reason(
    "exposure_draft_open",
    "这项处置已有一份待发布的曝光内容",
    "请由另一人发布或退回那一份，再重新填写",
    EXPOSURE_SOURCE,
    Family.CONFLICT,
)
DRAFT_MISSING = reason(
    "exposure_draft_missing",
    "没有待发布的曝光内容",
    "请刷新页面查看；已经发布或退回的不再办理",
    EXPOSURE_SOURCE,
    Family.MISSING,
)


def draft_exposure(work: Work, measure_id: int, words: str, from_on: date, until_on: date) -> ExposureDraft:
    """Write what is to be shown of a final measure; nobody sees it before another officer has released it.

    Raises Refused as showing does, and exposure_draft_open.
    """
    said = check_why(words)
    measure = load_to_expose(work, measure_id)
    check_may_expose(work, measure, said, from_on, until_on)
    if find_draft(work.session, measure_id) is not None:
        raise DRAFT_OPEN.refused()
    draft = ExposureDraft(
        measure_id=measure_id, words=said, from_on=from_on, until_on=until_on,
        drafted_by_person_id=work.actor.person_id, drafted_at=work.at,
    )  # fmt: skip
    work.session.add(draft)
    work.session.flush()
    told = {"from": from_on.isoformat(), "until": until_on.isoformat(), "words": said}
    audit.record_one(work, "measure", measure_id, "draft_exposure", **told)
    return draft


def release_exposure(work: Work, measure_id: int) -> Exposure:
    """Show to everybody what another officer has written, from today where its first day has passed.

    Raises Refused as showing does, exposure_draft_missing, second_person_needed, second_person_reset_lately.
    """
    measure = load_to_expose(work, measure_id)
    draft = _lock_draft(work, measure_id)
    check_second_hand(work, draft.drafted_by_person_id)
    from_on = max(draft.from_on, work.today)
    check_may_expose(work, measure, draft.words, from_on, draft.until_on)
    draft.ending, draft.ended_at, draft.ended_by_person_id = "released", work.at, work.actor.person_id
    work.session.flush()
    return publish(work, measure_id, draft.words, from_on, draft.until_on)


def decline_exposure(work: Work, measure_id: int, why: str) -> ExposureDraft:
    """Take a draft back, or turn it down, with the reason; it may be written anew.

    Raises Refused measure_missing, role_missing, measure_own_institution, why_missing,
    exposure_draft_missing.
    """
    said = check_why(why)
    load_to_expose(work, measure_id)
    draft = _lock_draft(work, measure_id)
    draft.ending, draft.why = "declined", said
    draft.ended_at, draft.ended_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, "measure", measure_id, "decline_exposure", why=said)
    return draft


def find_draft(session: Session, measure_id: int) -> ExposureDraft | None:
    """Return what waits to be released of a measure."""
    return session.scalars(_select_open(measure_id)).first()


def _lock_draft(work: Work, measure_id: int) -> ExposureDraft:
    found = work.session.scalars(_select_open(measure_id).with_for_update()).first()
    if found is None:
        raise DRAFT_MISSING.refused()
    return found


def _select_open(measure_id: int) -> Select[ExposureDraft]:
    return select(ExposureDraft).where(
        ExposureDraft.measure_id == measure_id, ExposureDraft.ended_at.is_(None)
    )
