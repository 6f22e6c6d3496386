"""What the register itself said of certificates: its newest word, who still waits for one, every question."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of, end_of
from voucher.registry import tables
from voucher.registry.people import Person
from voucher.registry.subjects import SubjectKey
from voucher.rules.outside import list_rests
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_look_ups import DEFINITIVE, RegisterLookUp, RegisterSystem
from voucher.stages.certify.queries.register import LOOKUP_CHUNK

FRESH = "register_fresh_days"
RESTS_FIRST, RESTS_MOST = "register_rest_minutes", "register_rest_minutes_most"
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
OUTCOME_NAMES: dict[str, str] = {
    "found": "查到本人的证书",
    "absent": "登记中没有这个编号",
    "other_person": "登记的是另一人",
    "unreachable": "联系不上",
    "refused": "对方不予受理",
    "malformed": "答复无法识别",
    "resting": "暂停联系（连续失败）",
    "unaskable": "没有查询：编号中的证件号码不是持证人现在或以前的，请由两人凭原件人工核验",
}
# what a look-up stood on, where no register answered it itself
SOURCE_NAMES: dict[str, str] = {"register_extract": "本系统登记摘录", "office": "人社部门撤销、恢复"}


def find_register(session: Session, on: date) -> RegisterSystem | None:
    """Return the register that is asked on a day, or None where the extracts of this house answer."""
    newest = session.scalars(
        select(RegisterSystem)
        .where(RegisterSystem.since <= on)
        .order_by(RegisterSystem.since.desc())
        .limit(1)
    ).first()
    return newest if newest is not None and newest.address is not None else None


def read_word_since(session: Session, at: datetime) -> datetime:
    """Return since when a register's word counts for a payment at a moment, by the dated parameter."""
    days = tables.read_parameter_number(session, FRESH, day_of(at), ()) or 0
    return end_of(day_of(at) - timedelta(days=days + 1))


def find_newest_words(session: Session, certificate_ids: Collection[int]) -> dict[int, RegisterLookUp]:
    """Return, per certificate, the newest look-up that brought the register's word."""
    newest = (
        select(func.max(RegisterLookUp.id))
        .where(
            among(session, RegisterLookUp.certificate_id, certificate_ids),
            RegisterLookUp.outcome.in_(DEFINITIVE),
        )
        .group_by(RegisterLookUp.certificate_id)
    )
    rows = session.scalars(select(RegisterLookUp).where(RegisterLookUp.id.in_(newest)))
    return {each.certificate_id: each for each in rows}


def was_asked_in_vain(session: Session, certificate_id: int, since: datetime) -> bool:
    """Return whether a connected register was asked about a certificate since a moment and did not answer.

    Or could not be asked, because the number carries one that is not its holder's.
    """
    return (
        session.scalars(
            select(RegisterLookUp.id)
            .where(
                RegisterLookUp.certificate_id == certificate_id,
                RegisterLookUp.way == "http",
                RegisterLookUp.outcome.not_in(DEFINITIVE),
                RegisterLookUp.asked_at >= since,
            )
            .limit(1)
        ).first()
        is not None
    )


def list_unanswered(
    session: Session,
    certificate_ids: Collection[int],
    since: datetime,
    ways: Collection[str] = ("http", "by_hand"),
) -> list[int]:
    """Return the certificates of whom the register has said nothing since a moment in one of these ways.

    A 培训合格证书 stands in no register and is never asked about.
    """
    waiting: list[int] = []
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        chunk = ordered[start : start + LOOKUP_CHUNK]
        answered = select(RegisterLookUp.certificate_id).where(
            RegisterLookUp.certificate_id.in_(chunk),
            RegisterLookUp.outcome.in_(DEFINITIVE),
            RegisterLookUp.way.in_(ways),
            RegisterLookUp.asked_at >= since,
        )
        waiting += session.scalars(
            select(Certificate.id)
            .where(
                Certificate.id.in_(chunk), Certificate.filing_id.is_not(None), Certificate.id.not_in(answered)
            )
            .order_by(Certificate.id)
        )
    return waiting


def read_rests(session: Session, on: date) -> tuple[timedelta, ...]:
    """Return how long a certificate rests after each try in vain, by the dated parameters."""
    first, most = (
        tables.require_parameter_number(session, name, on, ()) for name in (RESTS_FIRST, RESTS_MOST)
    )
    return list_rests(first, most)


def list_due(session: Session, certificate_ids: Collection[int], at: datetime) -> list[int]:
    """Return those of some certificates that have rested since the register last did not answer.

    Never asked come first, then those asked longest ago, so that who never answers keeps nobody waiting.
    """
    rests, due = read_rests(session, day_of(at)), []
    for certificate_id, (tried_at, in_vain) in find_tries(session, certificate_ids).items():
        if tried_at is None or not in_vain or tried_at <= at - rests[min(in_vain, len(rests)) - 1]:
            due.append((tried_at or BEFORE_ALL, certificate_id))
    return [certificate_id for _, certificate_id in sorted(due)]


def find_tries(session: Session, certificate_ids: Collection[int]) -> dict[int, tuple[datetime | None, int]]:
    """Return, per certificate, when a register was last asked, and how often in vain since its last word."""
    word = (
        select(func.max(RegisterLookUp.id))
        .where(RegisterLookUp.certificate_id == Certificate.id, RegisterLookUp.outcome.in_(DEFINITIVE))
        .correlate(Certificate)
        .scalar_subquery()
    )
    in_vain = case((RegisterLookUp.id > func.coalesce(word, 0), 1), else_=0)
    rows = session.execute(
        select(Certificate.id, func.max(RegisterLookUp.asked_at), func.coalesce(func.sum(in_vain), 0))
        .outerjoin(
            RegisterLookUp,
            (RegisterLookUp.certificate_id == Certificate.id) & (RegisterLookUp.way == "http"),
        )
        .where(among(session, Certificate.id, certificate_ids))
        .group_by(Certificate.id)
    )
    return {certificate_id: (tried_at, int(count)) for certificate_id, tried_at, count in rows}


def list_never_confirmed(session: Session, at: datetime, limit: int) -> list[int]:
    """Return recorded certificates nobody could confirm whose rest is over, asked longest ago first.

    Of erased people nothing could be asked: their certificates stand in nobody's way.
    """
    tries = select(
        RegisterLookUp.certificate_id.label("certificate_id"),
        func.max(RegisterLookUp.asked_at).label("tried_at"),
        func.count().label("tries"),
    ).where(RegisterLookUp.way == "http")
    tried = tries.group_by(RegisterLookUp.certificate_id).subquery()
    rests = read_rests(session, day_of(at))
    rested = [
        and_(tried.c.tries == count, tried.c.tried_at <= at - rest)
        for count, rest in enumerate(rests[:-1], start=1)
    ]
    erased = select(SubjectKey.blind_index).where(SubjectKey.wrapped_key.is_(None))
    return list(
        session.scalars(
            select(Certificate.id)
            .join(Person, Person.id == Certificate.person_id)
            .outerjoin(tried, tried.c.certificate_id == Certificate.id)
            .where(
                Certificate.state == "recorded",
                Certificate.filing_id.is_not(None),
                Person.blind_index.not_in(erased),
                or_(
                    tried.c.tried_at.is_(None),
                    *rested,
                    and_(tried.c.tries >= len(rests), tried.c.tried_at <= at - rests[-1]),
                ),
            )
            .order_by(tried.c.tried_at.nulls_first(), Certificate.id)
            .limit(limit)
        )
    )


def list_questions(session: Session, certificate_id: int) -> list[RegisterLookUp]:
    """Return every time the register was asked about a certificate, the newest first."""
    return list(
        session.scalars(
            select(RegisterLookUp)
            .where(RegisterLookUp.certificate_id == certificate_id)
            .order_by(RegisterLookUp.id.desc())
        )
    )
