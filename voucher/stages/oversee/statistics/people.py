"""The lowest level: one row per voucher, its holder masked, and a row in the trail for every look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.oversee.statistics.models import STEPS, StatisticFact
from voucher.stages.oversee.statistics.reading import Wish, match_facts

LOOK = "statistic_look"  # no object of the ledger: looking changes nothing that is counted


@dataclass(frozen=True, slots=True)
class StatisticPerson:
    """One voucher with the day of each step it reached; its holder masked."""

    voucher_id: int
    voucher_number: str
    person_id: int
    masked_name: str
    masked_number: str
    days: Mapping[str, date]
    state: str


def list_statistic_people(
    session: Session,
    keyring: Keyring,
    place: tuple[str, int, int],
    wish: Wish,
    *,
    after_id: int = 0,
    limit: int = 50,
) -> list[StatisticPerson]:
    """Return the vouchers of one class (region, institution, class) in the order of their ids."""
    region_code, institution_id, class_id = place
    rows = session.execute(
        select(StatisticFact, Voucher)
        .join(Voucher, Voucher.id == StatisticFact.object_id)
        .where(
            StatisticFact.thing == str(Thing.VOUCHER),
            StatisticFact.region_code == region_code,
            StatisticFact.institution_id == institution_id,
            StatisticFact.class_id == class_id,
            StatisticFact.object_id > after_id,
            *match_facts(wish),
        )
        .order_by(StatisticFact.object_id)
        .limit(limit)
    ).all()
    named = people.read_people(session, keyring, [fact.person_id for fact, _ in rows])
    found = []
    for fact, voucher in rows:
        who = named.get(fact.person_id)
        days = {step: getattr(fact, f"{step}_on") for step in STEPS}
        found.append(
            StatisticPerson(
                voucher.id,
                voucher.number,
                fact.person_id,
                mask_name(who.name) if who else "（已注销）",
                mask_identity(who.number) if who and who.number else "",
                {step: day for step, day in days.items() if day is not None},
                voucher.state,
            )
        )
    return found


def note_look(work: Work, *, place: tuple[str, int, int], people: int) -> None:
    """Write down that somebody looked at the people of a class, and how many."""
    region_code, institution_id, class_id = place
    audit.record_one(
        work, LOOK, class_id, "look", region=region_code, institution=institution_id, people=people
    )
