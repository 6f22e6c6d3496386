"""告知: whoever is due is told by message; whom none reaches the office writes to, or they are not erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry import correcting
from voucher.registry.catalogue import Region
from voucher.registry.letters import RETENTION_SOON, Notice, write_to_people
from voucher.registry.people import Person, read_people
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.privacy import mask_free_text, mask_identity
from voucher.rules.retention import SOURCE, check_told
from voucher.rules.words import check_why
from voucher.stages.oversee.retention.asking import RUN_NOT_LISTED, THING, lock_run
from voucher.stages.oversee.retention.models import RetentionItem, RetentionRun

NOTICE_DAYS, TOLD_DAYS = "retention_notice_days", "retention_told_days"
UNSENT_DAYS = "retention_unsent_days"
PERSON = "person"
LOOK = "look_to_tell"

NOBODY_UNTOLD = reason(
    "retention_nobody_untold",
    "名单上没有还要书面告知的人",
    "请刷新看名单；要换告知方式的，先作废名单重新列",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Untold:
    """A line of whom no message reaches, and why not."""

    item_id: int
    person_id: int
    region_code: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody the office writes to: the name in full, the number masked; None where both are unreadable."""

    item_id: int
    name: str
    masked_number: str
    region_name: str
    why: str


def letter_key(run_id: int, person_id: int) -> str:
    """Return the key of the message of one run to one person, which is written once."""
    return f"retention:{run_id}:{person_id}"


def tell_piece(work: Work, run: RetentionRun, limit: int) -> int:
    """Write to the next of those due who have a number, and return how many lines that were.

    Whom the office told for an earlier run is told already. Raises Refused parameter_missing.
    """
    due = work.session.execute(
        select(RetentionItem.id, RetentionItem.object_id, Person.mobile_sealed.is_not(None))
        .join(Person, Person.id == RetentionItem.object_id)
        .where(*_due_people(run.id), RetentionItem.id > run.listed_id)
        .order_by(RetentionItem.id)
        .limit(limit)
    ).all()
    if run.tell_from_on is None:
        # nobody to tell, nothing to wait for
        days = require_parameter_number(work.session, NOTICE_DAYS, run.on_day, ()) if due else 0
        run.tell_from_on = work.today + timedelta(days=days)
    told = {"from_on": run.tell_from_on.isoformat()}
    write_to_people(
        work,
        [
            Notice(letter_key(run.id, person_id), person_id, RETENTION_SOON, told)
            for _, person_id, has_number in due
            if has_number
        ],
    )
    if due:
        _carry_over(work, [item_id for item_id, _, _ in due])
        run.listed_id = due[-1].id
    return len(due)


def _carry_over(work: Work, item_ids: list[int]) -> None:
    """Take over what the office wrote down of these people for a run not too long ago: one letter does."""
    days = require_parameter_number(work.session, TOLD_DAYS, work.today, ())
    now, earlier = aliased(RetentionItem), aliased(RetentionItem)
    told = work.session.execute(
        select(now, earlier)
        .join(RetentionRun, RetentionRun.id < now.run_id)
        .join(
            earlier,
            (earlier.run_id == RetentionRun.id)
            & (earlier.kind == PERSON)
            & (earlier.object_id == now.object_id),
        )
        .where(now.id.in_(item_ids), earlier.told_at >= work.at - timedelta(days=days))
        .order_by(earlier.told_at)
    ).all()
    for item, before in {item.id: (item, before) for item, before in told}.values():
        item.told_at, item.told_words = before.told_at, before.told_words
        item.told_by_person_id = before.told_by_person_id


def check_item_told(work: Work, item: RetentionItem) -> None:
    """Refuse to erase the person of a line whom nothing reached long enough ago.

    Raises Refused retention_untold, retention_told_lately, parameter_missing.
    """
    sent_at = work.session.scalar(
        select(Letter.sent_at).where(Letter.key == letter_key(item.run_id, item.object_id))
    )
    days = [day_of(each) for each in (sent_at, item.told_at) if each is not None]
    notice = require_parameter_number(work.session, NOTICE_DAYS, work.today, ())
    check_told(min(days, default=None), notice, work.today)


def count_untold(session: Session, run_id: int, at: datetime) -> int:
    """Return how many of those due no message reaches, and the office has not told either.

    Raises Refused parameter_missing.
    """
    return session.scalar(select(func.count()).where(*_untold(session, run_id, at))) or 0


def list_untold(
    session: Session, run_id: int, at: datetime, *, after_id: int | None = None, limit: int | None = None
) -> list[Untold]:
    """Return whom no message reaches and the office has not told, in the order of the list.

    Whose message is still on its way is not among them, unless it has been for too long.
    Raises Refused parameter_missing.
    """
    query = _select_untold(session, run_id, at).order_by(RetentionItem.id).limit(limit)
    if after_id:
        query = query.where(RetentionItem.id > after_id)
    return [
        Untold(item_id, person_id, region, _say_why(posted=posted, given_up=given_up, numbered=numbered))
        for item_id, person_id, region, numbered, posted, given_up in session.execute(query)
    ]


def last_told_on(session: Session, run_id: int) -> date | None:
    """Return the day on which the office last told somebody of a run."""
    at = session.scalar(select(func.max(RetentionItem.told_at)).where(RetentionItem.run_id == run_id))
    return day_of(at) if at is not None else None


def hand_out_addressees(
    work: Work, run_id: int, *, after_id: int | None = None, limit: int
) -> tuple[list[Addressee], int | None]:
    """Return a page of whom the office has to write to, by name, and the line the next page begins after.

    Leaves a trace of the look at each of them. Raises Refused role_missing, retention_run_missing,
    retention_run_not_listed, retention_run_confirmed, retention_nobody_untold, parameter_missing.
    """
    run = _lock_listed(work, run_id)
    listed = list_untold(work.session, run.id, work.at, after_id=after_id, limit=limit + 1)
    found = listed[:limit]
    if not found:
        raise NOBODY_UNTOLD.refused()
    named = read_people(work.session, work.keyring, [each.person_id for each in found])
    regions = dict(work.session.execute(select(Region.code, Region.name)).all())
    audit.record(work, [audit.Entry("person", each.person_id, LOOK, {"run": run.id}) for each in found])
    addressees = [
        Addressee(
            each.item_id,
            who.name,
            mask_identity(who.number) if who.number else "",
            regions.get(each.region_code or "", ""),
            each.why,
        )
        for each in found
        if (who := named.get(each.person_id)) is not None
    ]
    return addressees, found[-1].item_id if len(listed) > limit else None


def record_told(work: Work, run_id: int, words: str, *, item_id: int | None = None) -> int:
    """Keep how the office told whom no message reaches, one of them or all, and return how many that were.

    Raises Refused role_missing, retention_run_missing, retention_run_not_listed, retention_run_confirmed,
    why_missing, retention_nobody_untold, parameter_missing.
    """
    said = mask_free_text(check_why(words))
    run = _lock_listed(work, run_id)
    only = () if item_id is None else (RetentionItem.id == item_id,)
    told = work.session.scalars(
        update(RetentionItem)
        .where(*_untold(work.session, run.id, work.at), *only)
        .values(told_at=work.at, told_words=said, told_by_person_id=work.actor.person_id)
        .returning(RetentionItem.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not told:
        raise NOBODY_UNTOLD.refused()
    audit.record_one(work, THING, run.id, "tell", count=len(told), words=said)
    return len(told)


def _lock_listed(work: Work, run_id: int) -> RetentionRun:
    check_role(work.actor, *correcting.DECIDERS)
    run = lock_run(work, run_id)
    if run.listed_at is None:
        raise RUN_NOT_LISTED.refused()
    return run


def _due_people(run_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        RetentionItem.run_id == run_id,
        RetentionItem.kind == PERSON,
        RetentionItem.code.is_(None),
        RetentionItem.outcome.is_(None),
    )


def _untold(session: Session, run_id: int, at: datetime) -> tuple[ColumnElement[bool], ...]:
    days = require_parameter_number(session, UNSENT_DAYS, day_of(at), ())
    letter = aliased(Letter)
    on_its_way = letter.given_up_at.is_(None) & (letter.posted_at > at - timedelta(days=days))
    reaches = exists().where(letter.key == _key(run_id), letter.sent_at.is_not(None) | on_its_way)
    return (*_due_people(run_id), RetentionItem.told_at.is_(None), ~reaches)


def _key(run_id: int) -> ColumnElement[str]:
    return literal(letter_key(run_id, 0)[:-1]).concat(cast(RetentionItem.object_id, Text))


def _select_untold(
    session: Session, run_id: int, at: datetime
) -> Select[int, int, str | None, bool, bool, bool]:
    return (
        select(
            RetentionItem.id,
            RetentionItem.object_id,
            RetentionItem.region_code,
            Person.mobile_sealed.is_not(None),
            Letter.id.is_not(None),
            Letter.given_up_at.is_not(None),
        )
        .join(Person, Person.id == RetentionItem.object_id)
        .outerjoin(Letter, Letter.key == _key(run_id))
        .where(*_untold(session, run_id, at))
    )


def _say_why(*, posted: bool, given_up: bool, numbered: bool) -> str:
    if not numbered:
        return "没有登记手机号"
    if given_up:
        return "短信没有送达"
    return "短信还没有送出" if posted else "列名单时没有登记手机号"
