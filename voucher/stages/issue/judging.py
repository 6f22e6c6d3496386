"""What the rules say of a person under a programme: may have a voucher, may not, or an officer decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.entitlements import CONSUMED, TAKEN, Entitlement
from voucher.ledger.holders import Holder, find_holders
from voucher.ledger.vouchers import GIVES_ROOM, SECOND_OF_PROGRAMME, Voucher
from voucher.plumbing.bulk import among
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue
from voucher.registry.dictionaries import name_words
from voucher.registry.facts import read_person_facts
from voucher.registry.tables import read_age_limits
from voucher.rules.dictionaries import Dictionary
from voucher.rules.eligibility import AgeLimits, PersonFacts, TagKind, judge_eligibility
from voucher.rules.errors import Refusal, Refused
from voucher.rules.issuing import (
    KEY_HELD,
    PROGRAMME_NOT_PUBLISHED,
    SECOND_OF_SUBJECT,
    WAITING_ALREADY,
    check_groups,
    check_in_period,
)
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.periods import in_force
from voucher.rules.vocabulary import Outcome
from voucher.stages.issue.models import Issue, IssueLine, Programme, ProgrammeGroup
from voucher.stages.issue.outside import Outside, judge_people_outside
from voucher.stages.issue.precedence import judge_precedence
from voucher.stages.issue.subject_keys import find_alike, keys_of

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
    alike: dict[int, str] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)
    keys: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    holding: frozenset[int] = frozenset()
    holders: dict[str, Holder] = field(default_factory=dict)
    barred: dict[int, tuple[Outcome, Refusal]] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)


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
    numbers: Mapping[int, str] | None = None,
) -> dict[int, Verdict]:
    """Return the verdict on each person on a day, money and quantity aside.

    `replaced` names, by person, the voucher a new one stands for: what that one holds does not count.
    `own_lines` are the lines being judged again: their own places in the queue do not count either.
    `numbers` are the identity numbers a roster has named these people by. A roster of a million is judged
    here: whatever is read is read for all of `person_ids` at once.
    """
    facts = read_person_facts(session, keyring, person_ids, numbers)
    known = _read(session, facts, programme, person_ids, own_lines)
    known.barred = judge_precedence(session, programme, person_ids, known.keys, on)
    known.outside = judge_people_outside(session, programme, person_ids, on)
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
        told = SECOND_OF_PROGRAMME.refusal(voucher=known.vouchers[person_id])
        return Verdict(replace(told, title=f"{told.title}：{known.vouchers[person_id]}"))
    if person_id in known.alike:
        return Verdict(SECOND_OF_SUBJECT.refusal(voucher=known.alike[person_id]))
    if person_id in known.waiting:
        return Verdict(WAITING_ALREADY.refusal(issue=known.waiting[person_id]))
    facts = known.facts[person_id]
    judged = judge_eligibility(facts, on, limits, strict=True)
    if judged.outcome is Outcome.REFUSED:
        return Verdict(judged.refusal)
    try:
        check_groups(groups, [*_categories(facts, on), *known.outside.groups.get(person_id, ())])
    except Refused as refused:
        return Verdict(refused.refusal)
    for key in known.keys[person_id] if person_id in known.holding else ():
        holder = known.holders.get(key)
        if holder is not None and (replaced_id is None or holder.voucher_id != replaced_id):
            return Verdict(KEY_HELD.refusal(earlier=holder.number))
    return _join(person_id, known, judged.refusal)


def _join(person_id: int, known: _Known, doubt: Refusal | None) -> Verdict:
    """Join what was had before, what other systems say and what is in doubt; consent clears doubts only."""
    outcome, refusal = known.barred.get(person_id, (Outcome.PAYABLE, None))
    if outcome is Outcome.REFUSED:
        return Verdict(refusal)
    barring = known.outside.barred.get(person_id)
    if barring is not None:
        return Verdict(barring)
    if person_id in known.outside.consented:
        return Verdict(doubt=doubt)
    # what a promise of the person's own could not settle goes before what it could
    return Verdict(doubt=refusal or doubt)


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
    facts: dict[int, PersonFacts],
    programme: Programme,
    person_ids: Sequence[int],
    own_lines: Sequence[int],
) -> _Known:
    known = _Known(facts)
    own = frozenset(own_lines)
    held = select(Voucher).where(
        Voucher.programme_id == programme.id,
        among(session, Voucher.holder_person_id, person_ids),
        GIVES_ROOM,
    )
    known.vouchers = {each.holder_person_id: each.number for each in session.scalars(held)}
    queued = (
        select(IssueLine.id, IssueLine.person_id, Issue)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .where(
            Issue.programme_id == programme.id,
            among(session, IssueLine.person_id, person_ids),
            IssueLine.outcome == "waiting",
        )
    )
    for line_id, person_id, issue in session.execute(queued):
        if line_id not in own:
            known.waiting[person_id] = issue.number
    known.keys = keys_of(session, programme, person_ids)
    known.alike = find_alike(session, programme, person_ids, known.keys)
    if known.keys:
        # a key names its person, so that whoever holds none at all holds none of these
        live = Entitlement.state.in_((TAKEN, CONSUMED))
        asked = among(session, Entitlement.person_id, person_ids)
        known.holding = frozenset(session.scalars(select(Entitlement.person_id).where(asked, live)))
        known.holders = find_holders(session, [key for i in known.holding for key in known.keys[i]])
    return known
