"""The public directory of institutions: who may train or evaluate, and who may not any more, with why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.registry.catalogue import Region, list_ancestry, name_trades
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope, Institution, InstitutionListing
from voucher.registry.listing import IN_GOOD_STANDING
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_free_text
from voucher.rules.vocabulary import EVALUATOR_KIND_NAMES, EvaluatorKind

# an application is nobody's business before it is granted (LIFECYCLE: 列入、移出、黑名单 are made public)
NOT_PUBLIC = ("applied", "refused")


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """An institution as anybody may see it; `why` is the reason of the last sanction where one stands."""

    institution: Institution
    region_name: str
    is_standing: bool
    is_trainer: bool
    is_evaluator: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A region with institutions in it, for choosing from; deeper ones lie below the one before."""

    code: str
    name: str
    depth: int


@dataclass(frozen=True, slots=True)
class Filing:
    """What an evaluator is filed for on a day: each trade with its levels in words."""

    number: str
    kind_name: str
    since: date
    until: date | None
    trades: tuple[tuple[str, str], ...]


def list_directory(
    session: Session,
    on: date,
    *,
    regions: Collection[str] | None = None,
    kind: str | None = None,
    words: str | None = None,
    year: int | None = None,
    after_id: int = 0,
    limit: int = 20,
) -> list[DirectoryRow]:
    """Return institutions after an id; struck off ones too, so that nobody takes them for standing.

    `year` asks for those that stand on the list of that year.
    """
    query = (
        select(Institution)
        .where(Institution.id > after_id, Institution.state.not_in(NOT_PUBLIC))
        .order_by(Institution.id)
        .limit(limit)
    )
    if regions is not None:
        query = query.where(Institution.region_code.in_(sorted(regions)))
    if kind is not None:
        query = query.where(Institution.kind == kind)
    if year is not None:
        listed = select(InstitutionListing.institution_id).where(InstitutionListing.year == year)
        query = query.where(Institution.id.in_(listed))
    if words is not None:
        query = query.where(
            or_(Institution.name.contains(words, autoescape=True), Institution.code == words.upper())
        )
    return view_directory(session, on, list(session.scalars(query)))


def show_institution(session: Session, on: date, institution_id: int) -> DirectoryRow:
    """Return one institution of the directory. Raises Refused institution_absent."""
    found = session.get(Institution, institution_id)
    if found is None or found.state in NOT_PUBLIC:
        raise INSTITUTION_ABSENT.refused()
    return view_directory(session, on, [found])[0]


def list_listed_years(session: Session) -> list[int]:
    """Return the years there are lists of, the newest first."""
    years = select(InstitutionListing.year).distinct().order_by(InstitutionListing.year.desc())
    return list(session.scalars(years))


def list_seats(session: Session) -> list[Seat]:
    """Return the regions institutions sit in, with those above them."""
    seated = session.scalars(
        select(Institution.region_code).where(Institution.state.not_in(NOT_PUBLIC)).distinct()
    )
    return list_tree(session, list(seated))


def list_tree(session: Session, region_codes: Collection[str]) -> list[Seat]:
    """Return regions and those above them, each below the one it belongs to."""
    chains = {tuple(reversed(list_ancestry(session, code))) for code in region_codes}
    ways = sorted({chain[:depth] for chain in chains for depth in range(1, len(chain) + 1)})
    codes = [way[-1] for way in ways]
    names = dict(session.execute(select(Region.code, Region.name).where(Region.code.in_(codes))).all())
    return [Seat(way[-1], names[way[-1]], len(way) - 1) for way in ways]


def list_listings(session: Session, institution_id: int) -> list[InstitutionListing]:
    """Return the yearly lists an institution stands on, the newest first."""
    return list(
        session.scalars(
            select(InstitutionListing)
            .where(InstitutionListing.institution_id == institution_id)
            .order_by(InstitutionListing.year.desc())
        )
    )


def list_filings(session: Session, institution_id: int, on: date) -> list[Filing]:
    """Return what an institution is filed to evaluate on a day, in the order of its filings."""
    filings = session.scalars(
        select(EvaluatorFiling)
        .where(
            EvaluatorFiling.institution_id == institution_id,
            EvaluatorFiling.since <= on,
            EvaluatorFiling.until.is_(None) | (EvaluatorFiling.until >= on),
        )
        .order_by(EvaluatorFiling.id)
    ).all()
    return [
        Filing(
            each.filing_number,
            EVALUATOR_KIND_NAMES[EvaluatorKind(each.kind)],
            each.since,
            each.until,
            _read_trades(session, each.id, on),
        )
        for each in filings
    ]


def _read_trades(session: Session, filing_id: int, on: date) -> tuple[tuple[str, str], ...]:
    rows = session.execute(
        select(EvaluatorScope.trade_code, EvaluatorScope.level)
        .where(
            EvaluatorScope.filing_id == filing_id,
            EvaluatorScope.since <= on,
            EvaluatorScope.until.is_(None) | (EvaluatorScope.until >= on),
        )
        .order_by(EvaluatorScope.trade_code, EvaluatorScope.level)
    ).all()
    levels: dict[str, list[str]] = {}
    for code, level in rows:
        levels.setdefault(code, []).append(name_level(Level(level)) if level else "不分等级")
    names = name_trades(session, list(levels))
    return tuple((names.get(code, code), "、".join(found)) for code, found in levels.items())


def view_directory(session: Session, on: date, institutions: Sequence[Institution]) -> list[DirectoryRow]:
    """Return institutions as the directory shows them, in the given order."""
    ids = [each.id for each in institutions]
    codes = {each.region_code for each in institutions}
    regions = dict(session.execute(select(Region.code, Region.name).where(Region.code.in_(codes))).all())
    listed = set(
        session.scalars(
            select(InstitutionListing.institution_id).where(
                InstitutionListing.institution_id.in_(ids), InstitutionListing.year == on.year
            )
        )
    )
    filed = set(
        session.scalars(
            select(EvaluatorFiling.institution_id).where(
                EvaluatorFiling.institution_id.in_(ids),
                EvaluatorFiling.since <= on,
                EvaluatorFiling.until.is_(None) | (EvaluatorFiling.until >= on),
            )
        )
    )
    reasons = _read_reasons(session, [each.id for each in institutions if each.state not in IN_GOOD_STANDING])
    return [
        DirectoryRow(
            institution=each,
            region_name=regions.get(each.region_code, each.region_code),
            is_standing=each.state in IN_GOOD_STANDING,
            is_trainer=each.id in listed,
            is_evaluator=each.id in filed,
            why=reasons.get(each.id),
        )
        for each in institutions
    ]


def _read_reasons(session: Session, ids: Sequence[int]) -> dict[int, str]:
    newest = (
        select(StateEvent.object_id, func.max(StateEvent.seq).label("seq"))
        .where(StateEvent.thing == str(Thing.INSTITUTION), StateEvent.object_id.in_(ids))
        .group_by(StateEvent.object_id)
        .subquery()
    )
    rows = session.execute(
        select(StateEvent.object_id, StateEvent.reason)
        .join(newest, (newest.c.object_id == StateEvent.object_id) & (newest.c.seq == StateEvent.seq))
        .where(StateEvent.thing == str(Thing.INSTITUTION))
    )
    return {institution_id: mask_free_text(why) for institution_id, why in rows if why}
