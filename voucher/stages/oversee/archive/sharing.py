"""Showing a record to somebody, an employer above all: by a code its owner hands over, for a time, revocable.

Who has the code and says who they are may look; every look is kept and its owner reads of it. A code that
is unknown, over or ended gets one answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects, tables
from voucher.registry.standards import ANYWHERE
from voucher.rules.actor import Role, check_role
from voucher.rules.archive import (
    EXTENT_NAMES,
    SHARING_SOURCE,
    Entry,
    Extent,
    check_share_number,
    choose_share_term,
    choose_shown,
)
from voucher.rules.errors import Family, reason
from voucher.rules.spelling import fold_spelling
from voucher.stages.oversee.archive.entries import Archive, open_archive
from voucher.stages.oversee.archive.models import (
    CODE_CONTEXT,
    VIEWER_CONTEXT,
    ArchiveLook,
    ArchiveShare,
)

THING = "archive_share"
LOOKS_SHOWN = 20
# 66 bits: guessed by nobody, read aloud in five groups of four
CODE_DIGITS = 20
CODE_DOMAIN = "archive_share"

SHARE_MISSING = reason(
    "archive_share_missing",
    "没有找到这份出示",
    "请从“出示档案”里重新选择",
    SHARING_SOURCE,
    Family.MISSING,
)
SHARE_OVER = reason(
    "archive_share_over",
    "这份出示已经停止或过期",
    "不必再停；要再出示的，请另做一份",
    SHARING_SOURCE,
    Family.CONFLICT,
)
CODE_UNKNOWN = reason(
    "archive_code_unknown",
    "没有这个出示码，或已停止、过期",
    "请核对 20 位数字；仍看不到的，请本人重新出示一份",
    SHARING_SOURCE,
    Family.MISSING,
)
VIEWER_MISSING = reason(
    "archive_viewer_missing",
    "没有写明是谁查看",
    "请写明单位名称；本人会看到谁在什么时候看过",
    SHARING_SOURCE,
)


@dataclass(frozen=True, slots=True)
class LookView:
    """One look as the owner of the record reads of it."""

    at: datetime
    viewer: str


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share as its owner sees it: the code in groups of four, the newest looks and how many there were."""

    id: int
    code: str
    extent: str
    extent_name: str
    until_on: date
    shared_at: datetime
    ended_at: datetime | None
    lives: bool
    looks: list[LookView]
    looks_count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody with a code sees: the name, the number masked, and the entries its owner chose."""

    name: str
    masked_number: str
    extent_name: str
    until_on: date
    as_of: datetime
    entries: list[Entry]


def share(work: Work, extent: Extent, until_on: date | None = None) -> ArchiveShare:
    """Let whoever has the code look at the own record, and return the share.

    Raises Refused role_missing, archive_share_term_unfit, archive_shares_most_reached, parameter_missing.
    """
    check_role(work.actor, Role.WORKER)
    person = people.hold_person(work, work.actor.person_id)
    days, days_most, most = (
        tables.require_parameter_number(work.session, name, work.today, [ANYWHERE])
        for name in ("archive_share_days", "archive_share_days_most", "archive_shares_most")
    )
    last_on = choose_share_term(until_on, work.today, days, days_most)
    standing = select(func.count()).where(
        ArchiveShare.person_id == person.id,
        ArchiveShare.ended_at.is_(None),
        ArchiveShare.until_on >= work.today,
    )
    check_share_number(work.session.scalar(standing) or 0, most)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    made = ArchiveShare(
        person_id=person.id,
        extent=str(extent),
        code_index=work.keyring.blind_index(CODE_DOMAIN, code),
        code_sealed=work.keyring.seal(key, CODE_CONTEXT, code),
        until_on=last_on,
        shared_at=work.at,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(
        work, THING, made.id, "share", person=person.id, extent=str(extent), until=last_on.isoformat()
    )
    return made


def end_share(work: Work, share_id: int) -> ArchiveShare:
    """End a share of the own record at once.

    Raises Refused role_missing, archive_share_missing (also for somebody else's), archive_share_over.
    """
    check_role(work.actor, Role.WORKER)
    found = work.session.scalars(
        select(ArchiveShare)
        .where(ArchiveShare.id == share_id, ArchiveShare.person_id == work.actor.person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise SHARE_MISSING.refused()
    if found.ended_at is not None or found.until_on < work.today:
        raise SHARE_OVER.refused()
    found.ended_at = work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, "end")
    return found


def look(work: Work, code: str, viewer: str) -> Shown:
    """Return what a code shows now; the look is kept with who said to be looking.

    Raises Refused archive_viewer_missing, archive_code_unknown (also for one that is over).
    """
    said = viewer.strip()
    if not said:
        raise VIEWER_MISSING.refused()
    digits = fold_spelling(code).replace("-", "").replace(" ", "")
    found = work.session.scalars(
        select(ArchiveShare)
        .where(ArchiveShare.code_index == work.keyring.blind_index(CODE_DOMAIN, digits))
        .with_for_update(read=True, key_share=True)
    ).first()
    if found is None or found.ended_at is not None or found.until_on < work.today:
        raise CODE_UNKNOWN.refused()
    person = people.hold_person(work, found.person_id)
    key = subjects.find_keys(work.session, work.keyring, [person.blind_index]).get(person.blind_index)
    if key is None:
        raise CODE_UNKNOWN.refused()
    seen = ArchiveLook(
        share_id=found.id,
        person_id=person.id,
        viewer_sealed=work.keyring.seal(key, VIEWER_CONTEXT, said),
        looked_at=work.at,
    )
    work.session.add(seen)
    work.session.flush()
    audit.record_one(work, THING, found.id, "look", look=seen.id)
    archive = open_archive(work.session, work.keyring, person.id)
    return _show(archive, found, work.at)


def _show(archive: Archive, found: ArchiveShare, at: datetime) -> Shown:
    extent = Extent(found.extent)
    return Shown(
        name=archive.name,
        masked_number=archive.masked_number,
        extent_name=EXTENT_NAMES[extent],
        until_on=found.until_on,
        as_of=at,
        entries=choose_shown(archive.entries, extent),
    )


def list_shares(
    session: Session, person_id: int, *, before_id: int | None = None, limit: int = 20
) -> list[ArchiveShare]:
    """Return the newest shares of a person."""
    query = select(ArchiveShare).where(ArchiveShare.person_id == person_id)
    if before_id is not None:
        query = query.where(ArchiveShare.id < before_id)
    return list(session.scalars(query.order_by(ArchiveShare.id.desc()).limit(limit)))


def view_shares(
    session: Session, keyring: Keyring, rows: Sequence[ArchiveShare], today: date
) -> list[ShareView]:
    """Return shares of one person in words, in the order given, each with its newest looks.

    However many there are, the statements are the same few.
    """
    if not rows:
        return []
    person = people.get_person(session, rows[0].person_id)
    key = subjects.find_keys(session, keyring, [person.blind_index]).get(person.blind_index)
    if key is None:
        raise subjects.SUBJECT_ERASED.refused()
    place = func.row_number().over(partition_by=ArchiveLook.share_id, order_by=ArchiveLook.id.desc())
    count = func.count().over(partition_by=ArchiveLook.share_id)
    ranked = (
        select(ArchiveLook.id.label("id"), place.label("place"), count.label("count"))
        .where(ArchiveLook.share_id.in_([each.id for each in rows]))
        .subquery()
    )
    looks: dict[int, list[LookView]] = {}
    counts: dict[int, int] = {}
    for seen, number in session.execute(
        select(ArchiveLook, ranked.c.count)
        .join(ranked, ranked.c.id == ArchiveLook.id)
        .where(ranked.c.place <= LOOKS_SHOWN)
        .order_by(ArchiveLook.id.desc())
    ):
        viewer = keyring.unseal(key, VIEWER_CONTEXT, seen.viewer_sealed)
        looks.setdefault(seen.share_id, []).append(LookView(seen.looked_at, viewer))
        counts[seen.share_id] = number
    return [
        ShareView(
            id=each.id,
            code=group_digits(keyring.unseal(key, CODE_CONTEXT, each.code_sealed)),
            extent=each.extent,
            extent_name=EXTENT_NAMES[Extent(each.extent)],
            until_on=each.until_on,
            shared_at=each.shared_at,
            ended_at=each.ended_at,
            lives=each.ended_at is None and each.until_on >= today,
            looks=looks.get(each.id, []),
            looks_count=counts.get(each.id, 0),
        )
        for each in rows
    ]


def group_digits(code: str) -> str:
    """Return a code in groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
