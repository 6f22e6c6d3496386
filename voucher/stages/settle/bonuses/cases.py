"""What is known of every line of an application before it is judged: people, records, what was claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people, tables
from voucher.registry.bonus_standards import read_bonus_standards
from voucher.registry.outside.reading import FRESH, Facts, read_outside
from voucher.rules.bonus_judges import AwardRecord, BonusCase
from voucher.rules.bonus_kinds import KINDS, BonusKind
from voucher.rules.bonuses import BonusStandard, FirmSize, bonus_key, find_bonus_standard
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.outside import FactKind, is_fresh
from voucher.stages.certify.queries.certified import list_certified_people
from voucher.stages.settle.bonuses.earlier import ENDED, Earlier, read_earlier
from voucher.stages.settle.bonuses.recorded import read_recorded
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import Claim

PREPAY = "apprentice_prepay"
APART = "award_apart_months"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as it was typed: who, what for, when, by which document; amounts in fen.

    `occasion` names the contest, the employer or the agreement; see `voucher.rules.bonuses`.
    """

    number: str
    name: str
    item_code: str
    happened_on: date
    document: str
    occasion: str = ""
    asked_fen: int | None = None
    heads: int | None = None
    completed: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its person, its case for the judge, its key, who has that already, the advance it settles.

    `typed` is the key by what was typed alone, whatever the office has entered of it.
    """

    entry: Entry
    case: BonusCase
    key: str
    typed: str
    earlier: str | None
    advance: BonusBasis | None


def read_lines(
    work: Work,
    kind: BonusKind,
    region_code: str,
    payee_id: int,
    firm_size: FirmSize | None,
    entries: Sequence[tuple[Entry, int]],
) -> list[Line]:
    """Return the lines of an application, each entry with its person, in order.

    Raises Refused bonus_standard_missing, parameter_missing.
    """
    session, today = work.session, work.today
    regions = catalogue.list_ancestry(session, region_code)
    person_ids = [person_id for _, person_id in entries]
    standards, certified = read_bonus_standards(session), list_certified_people(session, person_ids)
    facts = read_outside(session, person_ids)
    fresh_days = tables.read_parameter_number(session, FRESH, today, regions) or 0
    claimed_fen = sum_claimed(session, kind, payee_id)
    before = read_earlier(session, kind, payee_id, person_ids)
    recorded = read_recorded(session, kind, person_ids, today, work.actor.person_id)
    days = [entry.happened_on for entry, _ in entries]
    points, apart = (tables.read_numbers_on(session, name, days, regions) for name in (PREPAY, APART))
    lines: list[Line] = []
    for entry, person_id in entries:
        standard = find_bonus_standard(standards, kind, entry.item_code, entry.happened_on, regions)
        record = recorded.find(standard, person_id, entry.occasion, entry.happened_on)
        typed, key = _read_keys(kind, entry, person_id, payee_id, record)
        half, others = _find_halves(kind, payee_id, entry, before)
        other = half.claim if half is not None else None
        paid = kind == BonusKind.APPRENTICESHIP_SETTLEMENT and other is not None and other.state == "paid"
        advance = half.basis if paid and half is not None else None
        case = BonusCase(
            standard=standard,
            person_id=person_id,
            payee_id=payee_id,
            occasion=entry.occasion,
            happened_on=entry.happened_on,
            filed_on=today,
            asked_fen=entry.asked_fen,
            firm_size=firm_size,
            certified_on=certified.get(person_id),
            insured_months=_read_insured(facts.get(person_id, {}), today, fresh_days),
            claimed_fen=claimed_fen,
            other_days=_list_other_days(kind, person_id, before),
            heads=entry.heads,
            completed=entry.completed,
            advanced_fen=other.amount_fen if advance is not None and other is not None else 0,
            advanced_heads=advance.heads if advance is not None else None,
            other_agreements=tuple(_describe_other(each, entry.occasion, standards) for each in others),
            other_half=None
            if other is None or advance is not None
            else STATE_NAMES[Thing.CLAIM][other.state],
            advance_points=points[entry.happened_on] or 0,
            recorded=record,
            apart_months=apart[entry.happened_on],
        )
        lines.append(Line(entry, case, key, typed, _find_number(before, typed), advance))
    return lines


def _read_keys(
    kind: BonusKind, entry: Entry, person_id: int, payee_id: int, record: AwardRecord | None
) -> tuple[str, str]:
    """Return the key by what was typed alone, and the one by what the office has entered of it."""
    asked = (kind, entry.item_code, person_id, payee_id, entry.occasion)
    return bonus_key(*asked), bonus_key(*asked, record.record_id if record is not None else None)


def _list_other_days(kind: BonusKind, person_id: int, before: Sequence[Earlier]) -> tuple[date, ...]:
    """Return the days of what else a person has of a kind; an agreement is nobody's own."""
    if KINDS[kind].other_half is not None:
        return ()
    return tuple(each.basis.happened_on for each in before if each.claim.person_id == person_id)


def _find_number(before: Sequence[Earlier], key: str) -> str | None:
    return next((each.claim.number for each in before if each.key == key), None)


def sum_claimed(session: Session, kind: BonusKind, payee_id: int) -> int:
    """Return what a payee has claimed of a kind in fen, whatever came of it short of ending unpaid.

    What is still left to two people counts in full, since it may be cleared up to its standard.
    """
    total = session.scalar(
        select(func.coalesce(func.sum(Claim.proposed_fen), 0)).where(
            Claim.kind == str(kind), Claim.institution_id == payee_id, Claim.state.not_in(ENDED)
        )
    )
    return int(total or 0)


def _read_insured(facts: Facts, on: date, fresh_days: int) -> int | None:
    """Return the insured months a fresh answer speaks of; none where nobody has answered."""
    for fact in facts.get(FactKind.INSURANCE, ()):
        if is_fresh(fact.told_on, on, fresh_days):
            return (fact.amount or 0) if fact.held else 0
    return None


def _find_halves(
    kind: BonusKind, payee_id: int, entry: Entry, before: Sequence[Earlier]
) -> tuple[Earlier | None, list[Earlier]]:
    """Return the other half of an agreement, and what else of the payee's may be the same agreement.

    A settlement that has found its one advance has no other; everything else is weighed by two people.
    """
    other_half = KINDS[kind].other_half
    if other_half is None:
        return None, []
    key = bonus_key(other_half, entry.item_code, 0, payee_id, entry.occasion)
    halves = [each for each in before if each.key == key]
    if halves and kind == BonusKind.APPRENTICESHIP_SETTLEMENT:
        return halves[0], halves[1:]
    return (halves[0] if halves else None), [each for each in before if each not in halves]


def _describe_other(other: Earlier, occasion: str, standards: Sequence[BonusStandard]) -> str:
    """Return another claim of the payee's in words: its number as typed, its level, which half, its state.

    One number may be filed once a level: that it is the same number is said, not left to be guessed.
    """
    basis = other.basis
    kind = BonusKind(basis.kind)
    level = next(
        (each.name for each in standards if (each.kind, each.item_code) == (kind, basis.item_code)),
        basis.item_code,
    )
    said = bonus_key(kind, basis.item_code, basis.person_id, basis.institution_id, occasion)
    same = "同一备案编号，" if said == other.key else ""
    state = STATE_NAMES[Thing.CLAIM][other.claim.state]
    return f"{basis.occasion}（{same}{level}，{KINDS[kind].name}{state}）"


def list_people(work: Work, entries: Sequence[Entry]) -> list[tuple[Entry, int]]:
    """Return each entry with its person, opened where nobody knows them yet.

    Raises Refused subject_erased.
    """
    opened = people.open_people(work, [people.Newcomer(each.number, each.name) for each in entries])
    return [(each, opened[people.index_of(work.keyring, each.number)]) for each in entries]
