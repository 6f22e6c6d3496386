"""What the rules say of a person under a programme: may have a voucher, may not, or an officer decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.holders import Holder, find_holders
from voucher.ledger.vouchers import GIVES_ROOM, SECOND_OF_PROGRAMME, Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue
from voucher.registry.dictionaries import name_words
from voucher.registry.facts import read_person_facts
from voucher.registry.people import LOOKUP_CHUNK
from voucher.registry.tables import read_age_limits
from voucher.rules.dictionaries import Dictionary
from voucher.rules.duplicates import entitlement_key
from voucher.rules.eligibility import AgeLimits, PersonFacts, TagKind, judge_eligibility
from voucher.rules.errors import Refusal, Refused
from voucher.rules.issuing import (
    KEY_HELD,
    PROGRAMME_NOT_PUBLISHED,
    WAITING_ALREADY,
    check_groups,
    check_in_period,
)
from voucher.rules.levels import Level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.periods import in_force
from voucher.rules.vocabulary import CertificateKind, Outcome, SubsidyKind
from voucher.stages.issue.models import Issue, IssueLine, Programme, ProgrammeGroup

COUNTED = ("issued", "waiting")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say: a refusal, or None; `doubt` is what nobody recorded and an officer decides."""

    refusal: Refusal | None = None
    doubt: Refusal | None = None


@dataclass(slots=True)
class _Known:
    """Everything read once for the people of one judging."""

    facts: dict[int, PersonFacts] = field(default_factory=dict)
    vouchers: dict[int, str] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)
    keys: dict[int, tuple[str, ...]] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)


def check_issuing(programme: Programme, on: date) -> None:
    """Refuse issuing under a programme that is not published, or not on this day.

    Raises Refused programme_not_published, programme_not_begun, programme_over.
    """
    if programme.state != "published":
        state = STATE_NAMES[Thing.PROGRAMME][programme.state]
        raise PROGRAMME_NOT_PUBLISHED.refused(programme=programme.name, state=state)
    check_in_period(programme.name, programme.from_on, programme.until_on, on)


def count_room(session: Session, programme: Programme) -> int:
    """Return how many more vouchers may be promised; replacements take nobody's place."""
    promised = session.scalar(
        select(func.count())
        .select_from(IssueLine)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .where(
            Issue.programme_id == programme.id,
            IssueLine.outcome.in_(COUNTED),
            IssueLine.replaces_voucher_id.is_(None),
        )
    )
    return programme.quantity - (promised or 0)


def judge_people(
    session: Session,
    keyring: Keyring,
    programme: Programme,
    person_ids: Sequence[int],
    on: date,
    *,
    replaced: Mapping[int, int] | None = None,
    own_lines: Sequence[int] = (),
) -> dict[int, Verdict]:
    """Return the verdict on each person on a day, money and quantity aside.

    `replaced` names, by person, the voucher a new one stands for: what that one holds does not count.
    `own_lines` are the lines being judged again: their own places in the queue do not count either.
    """
    known = _read(session, keyring, programme, person_ids, own_lines)
    regions = catalogue.list_ancestry(session, programme.region_code)
    limits = read_age_limits(session, on, regions)
    groups = _read_groups(session, programme)
    return {
        person_id: _judge(person_id, known, limits, groups, on, (replaced or {}).get(person_id))
        for person_id in person_ids
    }


def _judge(
    person_id: int,
    known: _Known,
    limits: AgeLimits,
    groups: Sequence[tuple[str, str]],
    on: date,
    replaced_id: int | None,
) -> Verdict:
    if person_id in known.vouchers:
        return Verdict(SECOND_OF_PROGRAMME.refusal(voucher=known.vouchers[person_id]))
    if person_id in known.waiting:
        return Verdict(WAITING_ALREADY.refusal(issue=known.waiting[person_id]))
    facts = known.facts[person_id]
    judged = judge_eligibility(facts, on, limits, strict=True)
    if judged.outcome is Outcome.REFUSED:
        return Verdict(judged.refusal)
    try:
        check_groups(groups, _categories(facts, on))
    except Refused as refused:
        return Verdict(refused.refusal)
    for key in known.keys.get(person_id, ()):
        holder = known.holders.get(key)
        if holder is not None and (replaced_id is None or holder.voucher_id != replaced_id):
            return Verdict(KEY_HELD.refusal(earlier=holder.number))
    return Verdict(doubt=judged.refusal)


def _categories(facts: PersonFacts, on: date) -> list[str]:
    return [
        tag.value for tag in facts.tags if tag.kind == TagKind.CATEGORY and in_force(on, tag.since, tag.until)
    ]


def _read_groups(session: Session, programme: Programme) -> list[tuple[str, str]]:
    codes = session.scalars(
        select(ProgrammeGroup.group_code)
        .where(ProgrammeGroup.programme_id == programme.id)
        .order_by(ProgrammeGroup.group_code)
    ).all()
    names = name_words(session, Dictionary.PERSON_GROUP) if codes else {}
    return [(code, names.get(code, code)) for code in codes]


def _read(
    session: Session,
    keyring: Keyring,
    programme: Programme,
    person_ids: Sequence[int],
    own_lines: Sequence[int],
) -> _Known:
    known = _Known(facts=read_person_facts(session, keyring, person_ids))
    own = frozenset(own_lines)
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        chunk = ordered[start : start + LOOKUP_CHUNK]
        held = select(Voucher).where(
            Voucher.programme_id == programme.id, Voucher.holder_person_id.in_(chunk), GIVES_ROOM
        )
        known.vouchers |= {each.holder_person_id: each.number for each in session.scalars(held)}
        queued = (
            select(IssueLine, Issue)
            .join(Issue, Issue.id == IssueLine.issue_id)
            .where(
                Issue.programme_id == programme.id,
                IssueLine.person_id.in_(chunk),
                IssueLine.outcome == "waiting",
            )
        )
        for line, issue in session.execute(queued):
            if line.id not in own:
                known.waiting[line.person_id] = issue.number
    known.keys = _keys_of(session, programme, ordered)
    known.holders = find_holders(session, [key for keys in known.keys.values() for key in keys])
    return known


def _keys_of(session: Session, programme: Programme, person_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the keys vouchers of a fixed trade would take; where the holder chooses there are none yet."""
    if programme.trade_code is None or programme.cap_fen == 0:
        return {}
    caps_fen = {
        SubsidyKind.TRAINING: programme.training_cap_fen,
        SubsidyKind.EVALUATION: programme.evaluation_cap_fen,
    }
    kind = CertificateKind(programme.certificate_kind)
    item = session.get(catalogue.SpecialItem, programme.trade_code)
    aliases = catalogue.read_aliases(session)
    project = session.get_one(catalogue.Project, programme.project_id)
    return {
        person_id: tuple(
            entitlement_key(
                subsidy,
                person_id,
                certificate_kind=kind,
                occupation_code=programme.trade_code if item is None else None,
                level=Level(programme.level) if programme.level else None,
                item_code=programme.trade_code if item is not None else None,
                project_code=project.code,
                aliases=aliases,
            )
            for subsidy, cap_fen in caps_fen.items()
            if cap_fen
        )
        for person_id in person_ids
    }
