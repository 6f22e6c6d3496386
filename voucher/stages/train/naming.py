"""Telling people that a class is to be opened for them, so that whoever never asked for it may say so.

The letters go out in the name of the office: what an institution calls its class stands in none of them. How
many a person gets on a day is limited, or whoever files many small classes writes to anybody as often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.institutions import Institution
from voucher.registry.letters import INTAKE_NAMED, Notice, write_to_people
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.intakes import ClassIntake

DAILY = "class_intake_letters_daily"


def tell_named(work: Work, found: TrainingClass, person_ids: Collection[int]) -> int:
    """Write once to each of these people that a filed class names them; return how many letters are new.

    Whoever had as many today as one may get reads it only where the intakes that name him are shown.
    """
    if not person_ids:
        return 0
    told = {
        "institution": work.session.get_one(Institution, found.institution_id).name,
        "training": tell_class(work.session, found),
        "starts_on": f"{found.starts_on:%Y-%m-%d}",
    }
    regions = catalogue.list_ancestry(work.session, found.region_code)
    most = tables.read_parameter_number(work.session, DAILY, work.today, regions)
    had = _count_today(work, person_ids)
    return write_to_people(
        work,
        [
            Notice(_key_of(found.id, each), each, INTAKE_NAMED, told)
            for each in sorted(person_ids)
            if most is None or had[each] < most
        ],
    )


def tell_class(session: Session, found: TrainingClass) -> str:
    """Return what a class is called in a letter: what it teaches and its number, e.g. 电工（班号 BJ-…）."""
    trade = catalogue.name_trades(session, [found.trade_code]).get(found.trade_code, "职业技能培训")
    return f"{trade}（班号 {found.number}）"


def _count_today(work: Work, person_ids: Collection[int]) -> Counter[int]:
    """Return how many letters of this kind were written to each of these people today."""
    named = select(ClassIntake.class_id, ClassIntake.person_id).where(
        among(work.session, ClassIntake.person_id, person_ids)
    )
    keys = {_key_of(*row): row.person_id for row in work.session.execute(named)}
    posted = select(Letter.key).where(
        among(work.session, Letter.key, keys),
        Letter.posted_at >= datetime.combine(work.today, time(), SHANGHAI),
    )
    return Counter(keys[each] for each in work.session.scalars(posted))


def _key_of(class_id: int, person_id: int) -> str:
    return f"intake-{class_id}-{person_id}"
