"""What other systems and an officer's consent say of people under a programme, before a voucher is issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.plumbing.bulk import among
from voucher.registry import catalogue
from voucher.registry.outside.models import OutsideAnswer
from voucher.registry.outside.reading import read_outside, read_parameters
from voucher.registry.outside.systems import list_systems
from voucher.rules.applications import PROOF_WANTED, Demand, list_wanting
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Refusal
from voucher.rules.levels import Level
from voucher.rules.outside import (
    FactKind,
    OutsideFact,
    OutsideParameters,
    is_fresh,
    judge_outside,
    proven_groups,
    wanted_facts,
)
from voucher.rules.vocabulary import FundSource, Outcome
from voucher.stages.issue.models import Programme, ProgrammeGroup
from voucher.stages.issue.models_applications import Application, ProgrammeDemand


@dataclass(slots=True)
class Outside:
    """What is known from outside of the people of one judging, by person.

    `barred` is what stands in the way, `groups` what other systems prove; consent leaves nothing in doubt.
    """

    barred: dict[int, Refusal] = field(default_factory=dict)
    groups: dict[int, tuple[str, ...]] = field(default_factory=dict)
    consented: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a programme asks of everybody: facts of other systems and proofs, for which trade and level."""

    wanted: tuple[FactKind, ...]
    demands: tuple[Demand, ...]
    group_codes: frozenset[str]
    trade: tuple[str, Level] | None
    parameters: OutsideParameters | None


def read_asked(session: Session, programme: Programme, on: date) -> Asked:
    """Return what a programme asks of everybody on a day. Raises Refused parameter_missing."""
    fund = session.scalar(select(Budget.source).where(Budget.id == programme.budget_id))
    groups = frozenset(
        session.scalars(select(ProgrammeGroup.group_code).where(ProgrammeGroup.programme_id == programme.id))
    )
    wanted = wanted_facts(FundSource(fund or ""), groups, frozenset(list_systems(session, on)))
    demands = tuple(
        Demand(each.label, FactKind(each.fact) if each.fact else None)
        for each in session.scalars(
            select(ProgrammeDemand)
            .where(ProgrammeDemand.programme_id == programme.id)
            .order_by(ProgrammeDemand.position)
        )
    )
    answered = session.scalar(select(OutsideAnswer.id).limit(1)) is not None
    regions = catalogue.list_ancestry(session, programme.region_code)
    trade = None
    if programme.trade_code is not None and programme.level:
        aliases = catalogue.read_aliases(session)
        trade = (canonical_occupation(programme.trade_code, aliases), Level(programme.level))
    needed = bool(wanted or demands or answered)
    return Asked(wanted, demands, groups, trade, read_parameters(session, on, regions) if needed else None)


def judge_people_outside(
    session: Session, programme: Programme, person_ids: Sequence[int], on: date
) -> Outside:
    """Return what other systems say of people, and who has an officer's consent. Raises parameter_missing."""
    asked = read_asked(session, programme, on)
    consented = _read_consented(session, programme.id, person_ids)
    if asked.parameters is None:
        return Outside(consented=consented)
    known = read_outside(session, person_ids)
    told = Outside(consented=consented)
    # where nothing is asked of everybody, only those somebody has said something of
    for person_id in person_ids if asked.wanted or asked.demands else known:
        facts = known.get(person_id, {})
        groups = proven_groups(facts, on)
        if groups:
            told.groups[person_id] = groups
        if FactKind.INSURANCE not in asked.wanted:
            # a question of one fund only: known for its sake, it bars nobody from another
            facts = {kind: said for kind, said in facts.items() if kind is not FactKind.INSURANCE}
        judged = judge_outside(asked.wanted, facts, asked.trade, asked.group_codes, on, asked.parameters)
        refusal = judged.refusal
        if judged.outcome is not Outcome.REFUSED:
            refusal = None if person_id in consented else refusal or _want(asked, facts, on)
        if refusal is not None:
            # nobody is passed for want of an answer: a roster refuses the line, a person may apply
            told.barred[person_id] = refusal
    return told


def list_known(asked: Asked, facts: dict[FactKind, list[OutsideFact]], on: date) -> frozenset[FactKind]:
    """Return which facts other systems have said to hold, lately enough to count."""
    fresh_days = asked.parameters.fresh_days if asked.parameters else 0
    return frozenset(
        kind
        for kind, told in facts.items()
        if any(each.held and is_fresh(each.told_on, on, fresh_days) for each in told)
    )


def _want(asked: Asked, facts: dict[FactKind, list[OutsideFact]], on: date) -> Refusal | None:
    wanting = list_wanting(asked.demands, list_known(asked, facts, on))
    return PROOF_WANTED.refusal(what="、".join(each.label for each in wanting)) if wanting else None


def _read_consented(session: Session, programme_id: int, person_ids: Sequence[int]) -> frozenset[int]:
    """Return whose application for this programme was approved."""
    any_filed = select(Application.id).where(Application.programme_id == programme_id).limit(1)
    if session.scalar(any_filed) is None:
        return frozenset()
    return frozenset(
        session.scalars(
            select(Application.person_id).where(
                Application.programme_id == programme_id,
                among(session, Application.person_id, person_ids),
                Application.state == "approved",
            )
        )
    )
