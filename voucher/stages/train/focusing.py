"""Whether somebody is at the page of an online lesson (页面操作): what it says while a segment is played.

A page that says nothing (no script, no network, a telephone asleep) leaves no row, and nothing follows from
that: only a page that was heard all along (`is_heard_throughout`) and saw nobody speaks against anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.lessons import TICK
from voucher.stages.train.models.lessons import Study, StudyFocus
from voucher.stages.train.studying import SEGMENT_MISSING

KEPT_DAYS = "study_focus_kept_days"
MOST_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Focus:
    """What a page has seen since it was opened: minutes in sight, and touches, keys, scrolls."""

    study_id: int
    open_minutes: int
    acts: int


def note_focus(work: Work, seen: Focus) -> Study:
    """Keep the most a page has seen while the actor plays a segment; said twice it is the same.

    More minutes than have passed are none. What is said of a segment that has ended is too late and not kept.
    Raises Refused role_missing, lesson_segment_missing (also for somebody else's).
    """
    check_role(work.actor, Role.WORKER)
    study = work.session.get(Study, seen.study_id, with_for_update=True)
    if study is None or study.person_id != work.actor.person_id:
        raise SEGMENT_MISSING.refused()
    if study.ended_at is not None:
        return study
    passed = (work.at - study.started_at) // TICK
    minutes = min(seen.open_minutes, passed)
    held = work.session.get(StudyFocus, study.id)
    if held is None:
        held = StudyFocus(study_id=study.id, open_minutes=0, acts=0, ticks=1, first_heard_at=work.at)
        work.session.add(held)
    elif passed > (held.heard_at - study.started_at) // TICK:
        # two pages at once, or one that says it again, are heard once
        held.ticks += 1
    held.open_minutes, held.acts = max(held.open_minutes, minutes), max(held.acts, seen.acts)
    held.heard_at = work.at
    work.session.flush()
    return study


def forget_focus(work: Work) -> int:
    """Delete a portion of what pages were last heard of long ago and return how many; the log itself stays.

    Raises Refused role_missing, parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    days = require_parameter_number(work.session, KEPT_DAYS, work.today, ())
    oldest = (
        select(StudyFocus.study_id)
        .where(StudyFocus.heard_at < work.at - timedelta(days=days))
        .order_by(StudyFocus.heard_at)
        .limit(MOST_AT_ONCE)
    )
    gone = work.session.scalars(
        delete(StudyFocus)
        .where(StudyFocus.study_id.in_(oldest))
        .returning(StudyFocus.study_id)
        .execution_options(synchronize_session=False)
    )
    count = len(gone.all())
    if count:
        audit.record_one(work, "study_focus", 0, "forget", count=count)
    return count
