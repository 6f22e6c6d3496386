"""A worker objects to an entry of the own record, or asks for a correction of what else is held (更正权).

The office of the place answers by a day, with its reason. An answer changes nothing itself: what is wrong is
corrected by the act it came from, and stays, marked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects, tables
from voucher.registry.catalogue import Region, list_ancestry
from voucher.registry.retention import list_retention
from voucher.registry.standards import ANYWHERE
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.archive import SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.pace import promised_on
from voucher.rules.privacy import mask_name
from voucher.rules.retention import DataKind
from voucher.rules.words import check_why
from voucher.stages.oversee.archive.entries import list_entries
from voucher.stages.oversee.archive.models import SAID_CONTEXT, ArchiveObjection

THING = "archive_objection"
HELD = "held:"  # before a kind of data, where no single entry is meant
DECIDERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
OBJECTION_SOURCE = f"{SOURCE}; 个人信息保护法 第四十六条; 【设】期限"

ENTRY_MISSING = reason(
    "archive_entry_missing",
    "档案里没有这一条",
    "请从“电子档案”里重新选择",
    OBJECTION_SOURCE,
    Family.MISSING,
)
OBJECTED_ALREADY = reason(
    "archive_objected_already",
    "对这一条的异议 {number} 正在办理",
    "请等待答复，最迟 {due_on}；有新的情况请拨打 12333，说明异议编号",
    OBJECTION_SOURCE,
    Family.CONFLICT,
)
OBJECTION_MISSING = reason(
    "archive_objection_missing",
    "没有找到这件档案异议",
    "请从“档案异议”列表重新进入",
    OBJECTION_SOURCE,
    Family.MISSING,
)
OBJECTION_ANSWERED = reason(
    "archive_objection_answered",
    "这件档案异议已经答复",
    "答复不能更改；本人不服的，可再次提出异议并说明新的情况",
    OBJECTION_SOURCE,
    Family.CONFLICT,
)
OWN_OBJECTION = reason(
    "archive_objection_own",
    "不能答复自己提出的档案异议",
    "请由另一位工作人员答复",
    "S2-Z1 经办与当事人分离",
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection in words, the person masked; `said` is None once the person's key is destroyed."""

    id: int
    number: str
    ref: str
    title: str
    region_code: str
    masked_name: str
    said: str | None
    filed_at: datetime
    due_on: date
    is_late: bool
    upheld: bool | None
    answer: str | None
    answered_at: datetime | None

    @property
    def of_identity(self) -> bool:
        """Return whether it says that the name or the number itself is wrong."""
        return self.ref == f"{HELD}{DataKind.IDENTITY}"


def object_to(work: Work, ref: str, said: str) -> ArchiveObjection:
    """Object to an entry of the own record, or to what is held of a kind, and return it with its last day.

    Raises Refused role_missing, archive_entry_missing, archive_objected_already, why_missing,
    parameter_missing, calendar_year_missing.
    """
    check_role(work.actor, Role.WORKER)
    words = check_why(said)
    person = people.hold_person(work, work.actor.person_id)
    title, place = _find_subject(work, person, ref)
    waiting = work.session.scalars(
        select(ArchiveObjection).where(
            ArchiveObjection.person_id == person.id,
            ArchiveObjection.ref == ref,
            ArchiveObjection.answered_at.is_(None),
        )
    ).first()
    if waiting is not None:
        raise OBJECTED_ALREADY.refused(number=waiting.number, due_on=waiting.due_on.isoformat())
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    days = tables.require_parameter_number(work.session, "archive_objection_workdays", work.today, [ANYWHERE])
    filed = ArchiveObjection(
        person_id=person.id,
        ref=ref,
        title=title,
        region_code=_find_office(work.session, place),
        said_sealed=work.keyring.seal(key, SAID_CONTEXT, words),
        filed_at=work.at,
        due_on=promised_on(work.today, days, tables.read_calendar(work.session)),
    )
    work.session.add(filed)
    work.session.flush()
    audit.record_one(work, THING, filed.id, "file", person=person.id, ref=ref)
    return filed


def _find_subject(work: Work, person: people.Person, ref: str) -> tuple[str, str | None]:
    """Return what is objected to in words, and the region it belongs to.

    What is held belongs to the home, and where that is not known to where the newest entry came from.
    """
    entries = list_entries(work.session, work.keyring, person.id)
    if ref.startswith(HELD):
        kinds = {each.kind: each.name for each in list_retention(work.session, work.today)}
        name = kinds.get(ref.removeprefix(HELD))
        if name is None:
            raise ENTRY_MISSING.refused()
        newest = max((each for each in entries if each.region_code), key=lambda each: each.at, default=None)
        return f"保存的信息：{name}", person.region_code or (newest.region_code if newest else None)
    entry = next((each for each in entries if each.ref == ref), None)
    if entry is None:
        raise ENTRY_MISSING.refused()
    return entry.title, entry.region_code


def answer_objection(work: Work, objection_id: int, *, upheld: bool, answer: str) -> ArchiveObjection:
    """Answer an objection, once, with the reason its owner reads.

    Raises Refused role_missing, archive_objection_missing (also for a foreign one),
    archive_objection_answered, archive_objection_own, why_missing.
    """
    check_role(work.actor, *DECIDERS)
    found = work.session.scalars(
        select(ArchiveObjection)
        .where(ArchiveObjection.id == objection_id, ArchiveObjection.region_code.in_(work.actor.regions))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise OBJECTION_MISSING.refused()
    check_reach(work.actor, found.region_code, *DECIDERS)
    words = check_why(answer)
    if found.person_id == work.actor.person_id:
        raise OWN_OBJECTION.refused()
    if found.answered_at is not None:
        raise OBJECTION_ANSWERED.refused()
    found.upheld, found.answer = upheld, words
    found.answered_at, found.answered_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, THING, found.id, "answer", upheld=upheld)
    return found


def list_objections(
    session: Session,
    regions: Collection[str],
    *,
    person_id: int | None = None,
    waiting: bool | None = None,
    held_only: bool = False,
    before_id: int | None = None,
    limit: int = 20,
) -> list[ArchiveObjection]:
    """Return objections of these regions or of one person, the newest first, all or those chosen."""
    reached = (
        ArchiveObjection.person_id == person_id
        if person_id is not None
        else ArchiveObjection.region_code.in_(sorted(regions))
    )
    query = select(ArchiveObjection).where(reached)
    if waiting is not None:
        unanswered = ArchiveObjection.answered_at.is_(None)
        query = query.where(unanswered if waiting else ~unanswered)
    if held_only:
        query = query.where(ArchiveObjection.ref.startswith(HELD, autoescape=True))
    if before_id is not None:
        query = query.where(ArchiveObjection.id < before_id)
    return list(session.scalars(query.order_by(ArchiveObjection.id.desc()).limit(limit)))


def count_waiting(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many objections of these regions wait for an answer, and since when."""
    row = session.execute(
        select(func.count(), func.min(ArchiveObjection.filed_at)).where(
            ArchiveObjection.region_code.in_(sorted(regions)), ArchiveObjection.answered_at.is_(None)
        )
    ).one()
    return int(row[0]), row[1]


def get_objection(session: Session, objection_id: int, regions: Collection[str]) -> ArchiveObjection:
    """Return an objection of these regions. Raises Refused archive_objection_missing, also for others'."""
    found = session.get(ArchiveObjection, objection_id)
    if found is None or found.region_code not in regions:
        raise OBJECTION_MISSING.refused()
    return found


def view_objections(
    session: Session, keyring: Keyring, rows: Sequence[ArchiveObjection], today: date
) -> list[ObjectionView]:
    """Return objections in words, in the order given."""
    ids = sorted({each.person_id for each in rows})
    named, indexes = people.read_people(session, keyring, ids), people.find_subject_indexes(session, ids)
    keys = subjects.find_keys(session, keyring, list(indexes.values()))
    made = []
    for each in rows:
        key, person = keys.get(indexes[each.person_id]), named.get(each.person_id)
        made.append(
            ObjectionView(
                id=each.id,
                number=each.number,
                ref=each.ref,
                title=each.title,
                region_code=each.region_code,
                masked_name=mask_name(person.name) if person is not None else "（已注销）",
                said=keyring.unseal(key, SAID_CONTEXT, each.said_sealed) if key is not None else None,
                filed_at=each.filed_at,
                due_on=each.due_on,
                is_late=each.answered_at is None and each.due_on < today,
                upheld=each.upheld,
                answer=each.answer,
                answered_at=each.answered_at,
            )
        )
    return made


def _find_office(session: Session, region_code: str | None) -> str:
    """Return the region that answers: where an entry belongs, or the province for what lies elsewhere.

    Other provinces are there for people's homes only: nothing lies below them.
    """
    province = session.scalars(
        select(Region.code).where(
            Region.parent_code.is_(None), Region.code.in_(select(Region.parent_code).distinct())
        )
    ).one()
    if region_code is None or province not in list_ancestry(session, region_code):
        return province
    return region_code
