"""持证统计 and 高技能人才库 as of any day, derived from the certificates that stood; nothing is kept apart.

A certificate counts from its day of issue once the register has confirmed it, until the day it is revoked;
a certificate that stands again counts again. Regions are those of who issued it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.states import StateEvent
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.levels import Level
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_identity
from voucher.rules.shares import shown_share
from voucher.rules.talents import (
    find_next_level,
    list_high_levels,
    list_middle_levels,
    makes_skilled,
    stands_on_ladder,
)
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, METHOD_NAMES, CertificateKind, Method
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.archive import (
    CertificateView,
    list_archive,
    select_narrowed,
    select_within,
    view_certificates,
)
from voucher.stages.certify.queries.register import level_of

COUNTED = tuple(kind for kind in CertificateKind if makes_skilled(kind))


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many certificates of a kind stood, and how many people held one."""

    kind: str
    name: str
    certificates: int
    people: int


@dataclass(frozen=True, slots=True)
class TalentFigures:
    """Certificates and people as of a day: whoever holds several is one person in every total.

    `middle_bp` is the share of 中高级 among 技能人才 in basis points, None where there are none.
    """

    on: date
    kinds: list[KindCount]
    certificates: int
    people: int
    middle_people: int
    high_people: int

    @property
    def middle_bp(self) -> int | None:
        """Return the share of 中高级 among 技能人才 in basis points."""
        return shown_share(self.middle_people, self.people) if self.people else None


@dataclass(frozen=True, slots=True)
class Talent:
    """One certificate of a 高技能人才 as the list shows it, the person masked."""

    view: CertificateView
    masked_number: str
    method_name: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a person holds in one occupation and the level after it; None at the top."""

    trade_code: str
    trade_name: str
    level: Level
    next_level: Level | None


def read_figures(
    session: Session,
    regions: Collection[str],
    on: date,
    *,
    trade_code: str | None = None,
    level: int | None = None,
) -> TalentFigures:
    """Return how many certificates of the five kinds stood in these regions at the end of a day.

    Where an occupation or a level is named, certificates of it only.
    """
    standing = (*select_standing(regions, on), *select_narrowed(trade_code, level))
    rows = session.execute(
        select(Certificate.kind, func.count(), func.count(Certificate.person_id.distinct()))
        .where(*standing)
        .group_by(Certificate.kind)
    )
    counted = {kind: (certificates, holders) for kind, certificates, holders in rows}
    kinds = [
        KindCount(str(kind), CERTIFICATE_KIND_NAMES[kind], *counted.get(str(kind), (0, 0)))
        for kind in COUNTED
    ]
    return TalentFigures(
        on=on,
        kinds=kinds,
        certificates=sum(each.certificates for each in kinds),
        people=_count_people(session, standing),
        middle_people=_count_people(session, standing, list_middle_levels()),
        high_people=_count_people(session, standing, list_high_levels()),
    )


def list_talents(
    session: Session,
    regions: Collection[str],
    on: date,
    *,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Certificate]:
    """Return the certificates that made somebody a 高技能人才 at the end of a day, the newest first."""
    query = select(Certificate).where(*select_standing(regions, on), _of_levels(list_high_levels()))
    if before_id is not None:
        query = query.where(Certificate.id < before_id)
    return list(session.scalars(query.order_by(Certificate.id.desc()).limit(limit)))


def view_talents(session: Session, keyring: Keyring, found: Sequence[Certificate]) -> list[Talent]:
    """Return certificates of the list in words, in the order given, the people masked."""
    named = people.read_people(session, keyring, [each.person_id for each in found])
    made = []
    for row, view in zip(found, view_certificates(session, keyring, found), strict=True):
        holder = named.get(row.person_id)
        number = mask_identity(holder.number) if holder is not None and holder.number else ""
        made.append(Talent(view, number, METHOD_NAMES[Method(row.method)]))
    return made


def list_next_steps(session: Session, keyring: Keyring, person_id: int) -> list[NextStep]:
    """Return, per occupation a person stands on the ladder of, the highest level held and the next one."""
    held: dict[str, tuple[str, set[Level]]] = {}
    for each in list_archive(session, keyring, person_id):
        level = level_of(each.level)
        if each.state == "valid" and level and stands_on_ladder(CertificateKind(each.kind), level):
            held.setdefault(each.trade_code, (each.trade_name, set()))[1].add(level)
    return [
        NextStep(code, name, max(levels), find_next_level(levels))
        for code, (name, levels) in sorted(held.items())
    ]


def select_standing(regions: Collection[str], on: date) -> tuple[ColumnElement[bool], ...]:
    """Return what a certificate has to be to count in these regions at the end of a day."""
    end = datetime.combine(on + timedelta(days=1), time.min, SHANGHAI).astimezone(UTC)
    revoked, again = aliased(StateEvent), aliased(StateEvent)
    thing = str(Thing.CERTIFICATE)
    stands_again = exists().where(
        again.thing == thing,
        again.object_id == revoked.object_id,
        again.event == "reinstate",
        again.seq > revoked.seq,
        again.at < end,
    )
    fallen = exists().where(
        revoked.thing == thing,
        revoked.object_id == Certificate.id,
        revoked.event == "revoke",
        revoked.at < end,
        ~stands_again,
    )
    confirmed = exists().where(
        StateEvent.thing == thing,
        StateEvent.object_id == Certificate.id,
        StateEvent.to_state == "valid",
    )
    return (
        Certificate.kind.in_([str(kind) for kind in COUNTED]),
        Certificate.issued_on <= on,
        Certificate.id.in_(select_within(regions)),
        confirmed,
        ~fallen,
    )


def _of_levels(levels: Sequence[Level]) -> ColumnElement[bool]:
    return Certificate.level.in_([int(level) for level in levels])


def _count_people(
    session: Session, standing: Sequence[ColumnElement[bool]], levels: Sequence[Level] = ()
) -> int:
    query: Select[int] = select(func.count(Certificate.person_id.distinct())).where(*standing)
    if levels:
        query = query.where(and_(_of_levels(levels)))
    return session.scalar(query) or 0
