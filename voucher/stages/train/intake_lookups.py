"""What an institution learns of people by naming them for a class (开班名册): so much a day, and kept.

That somebody is taught elsewhere at an hour is told to whoever names him; asked often enough, for one hour
after another, it would tell where a person is all week.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.audit import AuditRow
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.institutions import Institution
from voucher.rules.intakes import LOOKUPS_USED_UP
from voucher.rules.lifecycle import Thing
from voucher.stages.train.models.classes import TrainingClass

DAILY, ACT = "class_intake_lookups_daily", "look_up_learners"


def lock_lookups(work: Work, institution_id: int) -> None:
    """Let one of an institution's people at a time look people up: what is counted is not counted twice."""
    mine = select(Institution.id).where(Institution.id == institution_id)
    work.session.execute(mine.with_for_update(key_share=True)).one()


def note_lookups(work: Work, found: TrainingClass, known: Collection[int]) -> None:
    """Write down for whom it is asked whether they are taught elsewhere, while the day still allows.

    Raises Refused class_intake_lookups_used_up.
    """
    regions = catalogue.list_ancestry(work.session, found.region_code)
    most = tables.read_parameter_number(work.session, DAILY, work.today, regions)
    if most is not None and (done := _count_today(work, found.institution_id)) + len(known) > most:
        raise LOOKUPS_USED_UP.refused(most=most, done=done)
    _record(work, found.institution_id, found.id, known)


def keep_lookups(work: Work, found: TrainingClass, known: Collection[int]) -> None:
    """Let go of everything an act has done but its look-ups: what they told is known."""
    institution_id, class_id = found.institution_id, found.id
    work.give_up()
    lock_lookups(work, institution_id)
    _record(work, institution_id, class_id, known)


def _record(work: Work, institution_id: int, class_id: int, known: Collection[int]) -> None:
    if known:
        told = {"class_id": class_id, "count": len(known), "people": sorted(known)}
        audit.record_one(work, str(Thing.INSTITUTION), institution_id, ACT, **told)


def _count_today(work: Work, institution_id: int) -> int:
    rows = select(AuditRow.content).where(
        AuditRow.thing == str(Thing.INSTITUTION),
        AuditRow.object_id == institution_id,
        AuditRow.act == ACT,
        AuditRow.at >= datetime.combine(work.today, time(), SHANGHAI),
    )
    return sum(each["count"] for each in work.session.scalars(rows))
