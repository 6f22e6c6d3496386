"""What the person does with photographs and PDFs: upload one by one, then hand them in with the words.

An upload stands by itself until it is handed in, so that a poor network repeats one photograph and not all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.reading import UploadLimits, read_upload
from voucher.registry import people, subjects
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.attachments import ATTACHMENT_MISSING, ATTACHMENT_USED, check_count, check_unused
from voucher.stages.issue.models_applications import ApplicationItem, ApplicationQuestion
from voucher.stages.issue.models_attachments import Attachment, AttachmentContent, seal_context

THING = "attachment"
BYTES, PIXELS = "attachment_bytes_most", "attachment_pixels_most"
UNUSED, PER_ITEM = "attachments_unused_most", "attachments_per_item"


def upload(work: Work, content: bytes) -> Attachment:
    """Keep a file of the actor's own, sealed; the same one again, before it is handed in, is the same upload.

    Raises Refused role_missing, attachment_empty, attachment_too_large, attachment_kind_unknown,
    attachment_heic, attachment_damaged, attachment_pixels_excessive, attachment_locked, attachment_active,
    attachments_unused_too_many, subject_erased.
    """
    check_role(work.actor, Role.WORKER)
    limits = UploadLimits(_limit(work, BYTES), _limit(work, PIXELS))
    read = read_upload(content, limits)
    person = people.hold_person(work, work.actor.person_id)
    mine = (
        Attachment.person_id == person.id,
        Attachment.item_id.is_(None),
        Attachment.removed_at.is_(None),
    )
    same = work.session.scalars(select(Attachment).where(*mine, Attachment.sha256 == read.sha256)).first()
    if same is not None:
        return same
    count = work.session.scalar(select(func.count()).where(*mine)) or 0
    check_unused(count, _limit(work, UNUSED))
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    sealed = work.keyring.seal(key, seal_context(read.sha256), read.content)
    return _keep(work, person.id, str(read.kind), read.sha256, len(read.content), sealed)


def attach_to_items(
    work: Work, items: Sequence[ApplicationItem], wanted: Mapping[int, Sequence[int]]
) -> None:
    """Hand in the actor's own uploads with an application, by the position of the item.

    Raises Refused attachment_missing, attachment_used, attachments_too_many.
    """
    by_position, handed_in = {each.position: each for each in items}, set[int]()
    for position, ids in sorted(wanted.items()):
        if ids:
            if position not in by_position:
                raise ATTACHMENT_MISSING.refused()
            _attach(work, by_position[position], None, ids, handed_in)


def attach_to_answers(
    work: Work, questions: Sequence[ApplicationQuestion], wanted: Mapping[int, Sequence[int]]
) -> None:
    """Hand in the actor's own uploads with the answers, by the question's id.

    Raises Refused attachment_missing, attachment_used, attachments_too_many.
    """
    by_id, handed_in = {each.id: each for each in questions}, set[int]()
    for question_id, ids in sorted(wanted.items()):
        if ids:
            if question_id not in by_id:
                raise ATTACHMENT_MISSING.refused()
            item = work.session.get_one(ApplicationItem, by_id[question_id].item_id)
            _attach(work, item, question_id, ids, handed_in)


def _attach(
    work: Work, item: ApplicationItem, question_id: int | None, ids: Sequence[int], handed_in: set[int]
) -> None:
    """Hand in uploads at one item; one that proves two things of the same form is kept twice."""
    chosen = sorted(set(ids))
    found = work.session.scalars(
        select(Attachment)
        .where(Attachment.id.in_(chosen), Attachment.person_id == work.actor.person_id)
        .where(Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(found) < len(chosen):
        raise ATTACHMENT_MISSING.refused()
    if any(each.item_id is not None and each.id not in handed_in for each in found):
        raise ATTACHMENT_USED.refused()
    standing = work.session.scalar(
        select(func.count()).where(Attachment.item_id == item.id, Attachment.removed_at.is_(None))
    )
    check_count(item.label, (standing or 0) + len(found), _limit(work, PER_ITEM))
    told = {"application": item.application_id, "item": item.id, "question": question_id}
    for each in found:
        own = _keep_again(work, each) if each.id in handed_in else each
        own.item_id, own.question_id, own.attached_at = item.id, question_id, work.at
        work.session.flush()
        handed_in.add(own.id)
        audit.record_one(work, THING, own.id, "attach", **told)


def _keep_again(work: Work, first: Attachment) -> Attachment:
    sealed = work.session.get_one(AttachmentContent, first.id).sealed
    return _keep(work, first.person_id, first.kind, first.sha256, first.size_bytes, sealed)


def _keep(work: Work, person_id: int, kind: str, sha256: str, size_bytes: int, sealed: bytes) -> Attachment:
    made = Attachment(
        person_id=person_id, kind=kind, sha256=sha256, size_bytes=size_bytes, uploaded_at=work.at
    )
    work.session.add(made)
    work.session.flush()
    work.session.add(AttachmentContent(attachment_id=made.id, sealed=sealed))
    work.session.flush()
    audit.record_one(work, THING, made.id, "upload", sha256=sha256, size=size_bytes)
    return made


def _limit(work: Work, name: str) -> int:
    return require_parameter_number(work.session, name, work.today, ())
