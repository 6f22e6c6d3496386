"""评价目录清单 as anybody reads it: who may evaluate what, by which standard; and what nobody evaluates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import Occupation, Region, name_trades
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope, Institution
from voucher.registry.listing import IN_GOOD_STANDING
from voucher.rules.evaluators import STANDARD_KIND_NAMES, StandardKind
from voucher.rules.levels import Level, name_level
from voucher.rules.vocabulary import EVALUATOR_KIND_NAMES, EvaluatorKind

UNSAID = "未核"


@dataclass(frozen=True, slots=True)
class Listed:
    """One evaluator's filing for one occupation or item at one level, in words."""

    scope_id: int
    institution_id: int
    institution_name: str
    kind_name: str
    region_name: str
    filing_number: str
    trade_code: str
    trade_name: str
    level_name: str
    standard_name: str
    standard_document: str | None
    list_year: int | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Covered:
    """How many occupations of the table somebody evaluates on a day, of how many."""

    occupations: int
    covered: int

    @property
    def uncovered(self) -> int:
        """Return how many nobody evaluates."""
        return self.occupations - self.covered


def list_scopes(
    session: Session,
    on: date,
    *,
    regions: Collection[str] | None = None,
    kind: str | None = None,
    level: int | None = None,
    year: int | None = None,
    words: str | None = None,
    after_id: int = 0,
    limit: int = 20,
) -> list[Listed]:
    """Return what stands on the list on a day after an id; `words` are of a name or a code."""
    query = (
        select(EvaluatorScope, EvaluatorFiling, Institution, Region.name)
        .join(EvaluatorFiling, EvaluatorFiling.id == EvaluatorScope.filing_id)
        .join(Institution, Institution.id == EvaluatorFiling.institution_id)
        .join(Region, Region.code == EvaluatorFiling.region_code)
        .where(_stands(on), EvaluatorScope.id > after_id)
        .order_by(EvaluatorScope.id)
        .limit(limit)
    )
    if regions is not None:
        query = query.where(EvaluatorFiling.region_code.in_(sorted(regions)))
    if kind is not None:
        query = query.where(EvaluatorFiling.kind == kind)
    if level is not None:
        query = query.where(EvaluatorScope.level == level)
    if year is not None:
        query = query.where(EvaluatorScope.list_year == year)
    if words is not None:
        query = query.where(_says(words))
    rows = session.execute(query).all()
    trades = name_trades(session, sorted({scope.trade_code for scope, _, _, _ in rows}))
    return [
        Listed(
            scope_id=scope.id,
            institution_id=house.id,
            institution_name=house.name,
            kind_name=EVALUATOR_KIND_NAMES[EvaluatorKind(filing.kind)],
            region_name=region_name,
            filing_number=filing.filing_number,
            trade_code=scope.trade_code,
            trade_name=trades.get(scope.trade_code, scope.trade_code),
            level_name=name_level(Level(scope.level)) if scope.level else "不分等级",
            standard_name=STANDARD_KIND_NAMES[StandardKind(scope.standard_kind)]
            if scope.standard_kind
            else UNSAID,
            standard_document=scope.standard_document,
            list_year=scope.list_year,
            since=scope.since,
            until=scope.until,
        )
        for scope, filing, house, region_name in rows
    ]


def list_years(session: Session) -> list[int]:
    """Return the years evaluators are listed for, the newest first."""
    years = select(EvaluatorScope.list_year).where(EvaluatorScope.list_year.is_not(None)).distinct()
    return sorted((each for each in session.scalars(years) if each is not None), reverse=True)


def list_uncovered(
    session: Session,
    on: date,
    *,
    regions: Collection[str] | None = None,
    level: int | None = None,
    after_code: str = "",
    limit: int = 50,
) -> list[Occupation]:
    """Return the occupations nobody evaluates on a day in these regions, at a level or at all, by code."""
    return list(
        session.scalars(
            select(Occupation)
            .where(
                Occupation.code > after_code,
                _in_force(on),
                Occupation.code.not_in(_evaluated(on, regions, level)),
            )
            .order_by(Occupation.code)
            .limit(limit)
        )
    )


def count_coverage(
    session: Session, on: date, *, regions: Collection[str] | None = None, level: int | None = None
) -> Covered:
    """Return how many occupations of the table somebody evaluates on a day in these regions."""
    every = select(func.count()).select_from(Occupation).where(_in_force(on))
    covered = every.where(Occupation.code.in_(_evaluated(on, regions, level)))
    return Covered(session.scalar(every) or 0, session.scalar(covered) or 0)


def _evaluated(on: date, regions: Collection[str] | None, level: int | None) -> Select[str]:
    query = (
        select(EvaluatorScope.trade_code)
        .join(EvaluatorFiling, EvaluatorFiling.id == EvaluatorScope.filing_id)
        .join(Institution, Institution.id == EvaluatorFiling.institution_id)
        .where(_stands(on))
    )
    if regions is not None:
        query = query.where(EvaluatorFiling.region_code.in_(sorted(regions)))
    return query if level is None else query.where(EvaluatorScope.level == level)


def _in_force(on: date) -> ColumnElement[bool]:
    return and_(
        or_(Occupation.since.is_(None), Occupation.since <= on),
        or_(Occupation.until.is_(None), Occupation.until >= on),
    )


def _stands(on: date) -> ColumnElement[bool]:
    return and_(
        EvaluatorScope.since <= on,
        or_(EvaluatorScope.until.is_(None), EvaluatorScope.until >= on),
        EvaluatorFiling.since <= on,
        or_(EvaluatorFiling.until.is_(None), EvaluatorFiling.until >= on),
        Institution.state.in_(sorted(IN_GOOD_STANDING)),
    )


def _says(words: str) -> ColumnElement[bool]:
    named = select(Occupation.code).where(Occupation.name.contains(words, autoescape=True))
    return or_(
        EvaluatorScope.trade_code == words.upper(),
        EvaluatorScope.trade_code.in_(named),
        EvaluatorFiling.filing_number == words.upper(),
        Institution.name.contains(words, autoescape=True),
    )
