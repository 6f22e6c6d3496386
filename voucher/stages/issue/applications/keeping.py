"""Who may look at what was attached, taking it back, and how long it is kept; content goes, its row stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.states import StateEvent
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.attachments import (
    ATTACHMENT_MISSING,
    FRUITLESS,
    check_may_take_back,
    ended_before,
    unused_before,
)
from voucher.rules.lifecycle import Thing
from voucher.stages.issue.applications.attaching import THING
from voucher.stages.issue.applications.filing import lock_own
from voucher.stages.issue.models_applications import Application, ApplicationItem
from voucher.stages.issue.models_attachments import Attachment, AttachmentContent, seal_context
from voucher.stages.issue.reading import OFFICERS

UNUSED_HOURS, KEPT_DAYS = "attachment_unused_hours", "attachment_kept_days"
TAKEN_BACK, UNUSED, ENDED = "taken_back", "unused", "ended"
LOOK = "look"
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Opened:
    """One file as it is shown: what it is, and its bytes."""

    attachment: Attachment
    content: bytes


def look_at(work: Work, attachment_id: int) -> Opened:
    """Return a file of the actor's own, or of an application the actor decides; the office's look is kept.

    Raises Refused attachment_missing for everybody else and where the content is gone, subject_erased,
    secret_unreadable.
    """
    found = get_reachable(work.session, work.actor, attachment_id)
    sealed = work.session.scalar(
        select(AttachmentContent.sealed).where(AttachmentContent.attachment_id == found.id)
    )
    if sealed is None:
        raise ATTACHMENT_MISSING.refused()
    index = people.get_person(work.session, found.person_id).blind_index
    key = subjects.find_keys(work.session, work.keyring, [index]).get(index)
    if key is None:
        raise subjects.SUBJECT_ERASED.refused()
    content = work.keyring.unseal_bytes(key, seal_context(found.sha256), sealed)
    if found.person_id != work.actor.person_id:
        audit.record_one(work, THING, found.id, LOOK)
    return Opened(found, content)


def get_reachable(session: Session, actor: Actor, attachment_id: int) -> Attachment:
    """Return what is known of a file of the actor's own, or of an application the actor decides.

    Raises Refused attachment_missing, also for a foreign one.
    """
    found = session.get(Attachment, attachment_id)
    if found is None:
        raise ATTACHMENT_MISSING.refused()
    if actor.has(Role.WORKER) and found.person_id == actor.person_id:
        return found
    region_code = session.scalar(
        select(Application.region_code)
        .join(ApplicationItem, ApplicationItem.application_id == Application.id)
        .where(ApplicationItem.id == found.item_id)
    )
    if not any(region_code in actor.reach.get(role, frozenset()) for role in OFFICERS):
        raise ATTACHMENT_MISSING.refused()
    return found


def take_back(work: Work, attachment_id: int) -> Attachment:
    """Take back one's own file before the decision: its content goes, its row and its looks stay.

    Raises Refused role_missing, attachment_missing, attachment_decided.
    """
    check_role(work.actor, Role.WORKER)
    item_id = work.session.scalar(
        select(Attachment.item_id).where(
            Attachment.id == attachment_id, Attachment.person_id == work.actor.person_id
        )
    )
    state = None
    if item_id is not None:
        application_id = work.session.get_one(ApplicationItem, item_id).application_id
        state = lock_own(work, application_id).state
    found = work.session.scalars(
        select(Attachment)
        .where(
            Attachment.id == attachment_id,
            Attachment.person_id == work.actor.person_id,
            Attachment.removed_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None or found.item_id != item_id:
        raise ATTACHMENT_MISSING.refused()
    check_may_take_back(state)
    _remove(work, [found], TAKEN_BACK)
    return found


def sweep_attachments(work: Work) -> int:
    """Delete the content of what nobody handed in, and of what was shown in vain long ago.

    Returns how many, at most so many at once. Raises Refused role_missing, parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    hours = require_parameter_number(work.session, UNUSED_HOURS, work.today, ())
    days = require_parameter_number(work.session, KEPT_DAYS, work.today, ())
    unused = (Attachment.item_id.is_(None), Attachment.uploaded_at < unused_before(work.at, hours))
    long_ended = (
        select(ApplicationItem.id)
        .join(Application, Application.id == ApplicationItem.application_id)
        .join(
            StateEvent,
            (StateEvent.thing == str(Thing.APPLICATION))
            & (StateEvent.object_id == Application.id)
            & (StateEvent.seq == Application.seq),
        )
        .where(ApplicationItem.id == Attachment.item_id, Application.state.in_(FRUITLESS))
        .where(StateEvent.at < ended_before(work.at, days))
    )
    return _sweep(work, UNUSED, *unused) + _sweep(work, ENDED, exists(long_ended))


def _sweep(work: Work, why: str, *which: ColumnElement[bool]) -> int:
    found = work.session.scalars(
        select(Attachment)
        .where(*which, Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    _remove(work, found, why)
    return len(found)


def _remove(work: Work, rows: Sequence[Attachment], why: str) -> None:
    work.session.execute(
        delete(AttachmentContent).where(AttachmentContent.attachment_id.in_([each.id for each in rows]))
    )
    for each in rows:
        each.removed_at, each.removed_why = work.at, why
    work.session.flush()
    audit.record(work, [audit.Entry(THING, each.id, "remove", {"why": why}) for each in rows])
