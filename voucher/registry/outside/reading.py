"""The outside facts of people as the rules read them, and what is asked for a programme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from voucher.registry.corrections import NumberCorrection
from voucher.registry.outside.models import OutsideAnswer
from voucher.registry.people import LOOKUP_CHUNK
from voucher.registry.tables import read_flag, read_parameter_number
from voucher.rules.corrections import FormerUse
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.rules.outside import BY_HAND, PERSON_DECEASED, FactKind, OutsideFact, OutsideParameters

Facts = dict[FactKind, list[OutsideFact]]
FRESH, MONTHS = "outside_fresh_days", "insured_months_minimum"


def read_parameters(session: Session, on: date, regions: Sequence[str]) -> OutsideParameters:
    """Return the dated choices about outside facts. Raises Refused parameter_missing."""
    return OutsideParameters(
        fresh_days=read_parameter_number(session, FRESH, on, regions) or 0,
        insured_months_minimum=read_parameter_number(session, MONTHS, on, regions) or 0,
        student_bars=read_flag(session, "student_bars", on, regions),
    )


_OF_ANOTHER = exists().where(
    NumberCorrection.person_id == OutsideAnswer.person_id,
    NumberCorrection.kind == FormerUse.WRONG,
    NumberCorrection.approved.in_((True,)),
    NumberCorrection.decided_at >= OutsideAnswer.told_at,
)


def read_deceased(session: Session, person_id: int, *, by_hand_only: bool) -> Refused | None:
    """Return the refusal of a person who is recorded as deceased; by hand only what an officer verified."""
    for fact in read_outside(session, [person_id]).get(person_id, {}).get(FactKind.DECEASED, ()):
        if fact.held and (not by_hand_only or fact.system == BY_HAND):
            return PERSON_DECEASED.refused(system=fact.system, told_on=fact.told_on.isoformat())
    return None


def read_deaths(session: Session, person_ids: Iterable[int]) -> dict[int, OutsideFact]:
    """Return the recorded death of each person who has one."""
    found = {
        person_id: [each for each in facts.get(FactKind.DECEASED, ()) if each.held]
        for person_id, facts in read_outside(session, person_ids).items()
    }
    return {person_id: deaths[0] for person_id, deaths in found.items() if deaths}


def read_outside(session: Session, person_ids: Iterable[int]) -> dict[int, Facts]:
    """Return the newest answer of each kind about each person; lines told together stand together.

    What a system said of a number that never was the person's spoke of somebody else, and is left out.
    """
    found: dict[int, Facts] = {}
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.scalars(
            select(OutsideAnswer)
            .where(
                OutsideAnswer.person_id.in_(ordered[start : start + LOOKUP_CHUNK]),
                or_(OutsideAnswer.verified_by_person_id.is_not(None), ~_OF_ANOTHER),
            )
            .order_by(OutsideAnswer.id.desc())
        )
        newest: dict[tuple[int, str], object] = {}
        for row in rows:
            told = newest.setdefault((row.person_id, row.kind), row.told_at)
            if row.told_at == told:
                found.setdefault(row.person_id, {}).setdefault(FactKind(row.kind), []).append(_fact(row))
    return found


def _fact(row: OutsideAnswer) -> OutsideFact:
    return OutsideFact(
        kind=FactKind(row.kind),
        held=row.held,
        told_on=row.as_of,
        system=row.system,
        since=row.since,
        until=row.until,
        amount=row.amount,
        occupation_code=row.trade_code,
        level=Level(row.level) if row.level else None,
        number=row.number,
    )
