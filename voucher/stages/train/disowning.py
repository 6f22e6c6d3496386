"""不是我: somebody on the intake of a class says that he never asked for it; his line waits for the office.

Nobody is enrolled by that line and its institution does not strike it off meanwhile, so that what the office
looks into stays as it was written. What is true strikes the line off for good; what is not lets it go on.
Locks are taken in the order person, class, case.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people, subjects, tables
from voucher.registry.letters import INTAKE_ANSWERED, INTAKE_DENIED, Notice, write_to_people
from voucher.registry.standards import PARAMETER_MISSING
from voucher.rules.actor import Role, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.calendar import CALENDAR_YEAR_MISSING
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.intakes import STRUCK_TRUE
from voucher.rules.lifecycle import Thing
from voucher.rules.pace import promised_on
from voucher.rules.words import check_why
from voucher.stages.train.intake_checks import is_seated
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.intake_denials import (
    INTAKE_DENIAL_ANSWER,
    INTAKE_DENIED_ALREADY,
    SOURCE,
    IntakeDenial,
)
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.naming import tell_class
from voucher.stages.train.reading import OFFICERS, load_class, reaches_class

ANSWER_WORKDAYS = "denial_answer_workdays"
# a draft is nobody's business yet; once a class is over, nobody comes in by its intake
NAMED_IN = ("filed", "returned", "approved", "running")

ENTRY_NOT_MINE = reason(
    "class_intake_not_mine",
    "这个班的开班名册上没有您，或者已经去掉",
    "不用办理；请刷新页面查看",
    SOURCE,
    Family.MISSING,
)
SEATED_MYSELF = reason(
    "class_intake_denial_seated",
    "您的券已经报了这个班",
    "不是您本人报的，请打开那张券，在最下面点“反映”，券先停下来核查",
    SOURCE,
    Family.CONFLICT,
)
DENIAL_PLACED = reason(
    "class_intake_denial_placed",
    "这个人的券已经报了这个班，不能只从名册去掉",
    "请先在券的页面转班、作废或撤证，再答复属实；确是本人报的，答复不属实",
    SOURCE,
    Family.CONFLICT,
)
DENIAL_MISSING = reason(
    "class_intake_denial_missing",
    "没有找到这件名册反映",
    "请从“名册上有我”或“名册反映”列表重新进入",
    SOURCE,
    Family.MISSING,
)
DENIAL_ENDED = reason(
    "class_intake_denial_ended",
    "这件名册反映已经答复或者撤回",
    "请刷新页面查看；仍有问题的，本人可以再点一次“不是我”",
    SOURCE,
    Family.CONFLICT,
)


def disown(work: Work, entry_id: int) -> IntakeDenial:
    """Say that one never asked for a class whose intake names one; the line stands still, a case is opened.

    Raises Refused role_missing, class_intake_not_mine (also for somebody else's), class_intake_denial_seated,
    class_intake_denied_already.
    """
    check_role(work.actor, Role.WORKER)
    entry = work.session.get(ClassIntake, entry_id)
    if entry is None or entry.person_id != work.actor.person_id:
        raise ENTRY_NOT_MINE.refused()
    people.lock_people(work, [entry.person_id])
    found = load_class(work.session, entry.class_id, lock=True)
    work.session.refresh(entry)
    if entry.removed_at is not None or found.state not in NAMED_IN:
        raise ENTRY_NOT_MINE.refused()
    if is_seated(work.session, found.id, entry.person_id):
        raise SEATED_MYSELF.refused()
    open_case = select(IntakeDenial.id).where(
        IntakeDenial.entry_id == entry.id,
        IntakeDenial.answered_at.is_(None),
        IntakeDenial.taken_back_at.is_(None),
    )
    if work.session.scalar(open_case) is not None:
        raise INTAKE_DENIED_ALREADY.refused()
    opened = IntakeDenial(
        entry_id=entry.id,
        class_id=found.id,
        person_id=entry.person_id,
        opened_at=work.at,
        answer_by=_answer_by(work, found),
    )
    work.session.add(opened)
    work.session.flush()
    audit.record_one(work, str(Thing.CLASS), found.id, "disown", entry=entry.id, denial=opened.id)
    told = {
        "number": opened.number,
        "training": tell_class(work.session, found),
        "answer_by": tell_day(opened),
    }
    notice = Notice(f"intake-denial-{opened.id}", opened.person_id, INTAKE_DENIED, told)
    write_to_people(work, [notice])
    return opened


def take_back(work: Work, denial_id: int) -> IntakeDenial:
    """Say that one was mistaken: the line goes on at once.

    Raises Refused role_missing, class_intake_denial_missing (also for somebody else's),
    class_intake_denial_ended.
    """
    check_role(work.actor, Role.WORKER)
    found, _ = _lock(work, denial_id)
    if found.person_id != work.actor.person_id:
        raise DENIAL_MISSING.refused()
    if not found.is_open:
        raise DENIAL_ENDED.refused()
    found.taken_back_at = work.at
    work.session.flush()
    audit.record_one(work, str(Thing.CLASS), found.class_id, "take_back_disowning", denial=found.id)
    return found


def answer(work: Work, denial_id: int, *, upheld: bool, words: str) -> IntakeDenial:
    """Say what the office found: what is true strikes the line off for good, what is not lets it go on.

    Whose voucher sits in the class all the same leaves it first. Raises Refused role_missing, why_missing,
    class_intake_denial_missing (also for one of elsewhere), second_person_needed, class_intake_denial_ended,
    class_intake_denial_placed.
    """
    check_role(work.actor, *OFFICERS)
    said = check_why(words)
    found, training = _lock(work, denial_id)
    if not reaches_class(work.actor, training):
        raise DENIAL_MISSING.refused()
    check_two_people(found.person_id, work.actor.person_id)
    if not found.is_open:
        raise DENIAL_ENDED.refused()
    if upheld and is_seated(work.session, found.class_id, found.person_id):
        raise DENIAL_PLACED.refused()
    index = people.hold_person(work, found.person_id).blind_index
    sealed = work.keyring.seal(subjects.open_keys(work, [index])[index], INTAKE_DENIAL_ANSWER, said)
    found.upheld, found.answer_sealed = upheld, sealed
    found.answered_at, found.answered_by_person_id = work.at, work.actor.person_id
    entry = work.session.get_one(ClassIntake, found.entry_id, populate_existing=True)
    if upheld and entry.removed_at is None:
        entry.removed_at, entry.removed_by_person_id = work.at, work.actor.person_id
        entry.removed_why = STRUCK_TRUE
    work.session.flush()
    audit.record_one(work, str(Thing.CLASS), training.id, "answer_disowning", denial=found.id, upheld=upheld)
    outcome = "属实，已从名册去掉" if upheld else "不属实，名册保留"
    told = {"number": found.number, "outcome": outcome}
    notice = Notice(f"intake-denial-{found.id}-answered", found.person_id, INTAKE_ANSWERED, told)
    write_to_people(work, [notice])
    return found


def tell_day(case: IntakeDenial) -> str:
    """Return the day by which a case is answered, in words for the person."""
    return f"{case.answer_by:%Y-%m-%d} 前答复" if case.answer_by is not None else "答复期限待定"


def _lock(work: Work, denial_id: int) -> tuple[IntakeDenial, TrainingClass]:
    known = work.session.get(IntakeDenial, denial_id)
    if known is None:
        raise DENIAL_MISSING.refused()
    people.lock_people(work, [known.person_id])
    training = load_class(work.session, known.class_id, lock=True)
    locked = (
        select(IntakeDenial)
        .where(IntakeDenial.id == denial_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return work.session.scalars(locked).one(), training


def _answer_by(work: Work, found: TrainingClass) -> date | None:
    """Return the day of the answer; a line never waits for a calendar or a limit nobody has set."""
    regions = catalogue.list_ancestry(work.session, found.region_code)
    try:
        workdays = tables.require_parameter_number(work.session, ANSWER_WORKDAYS, work.today, regions)
        return promised_on(work.today, workdays, tables.read_calendar(work.session))
    except Refused as refused:
        if refused.refusal.code not in (CALENDAR_YEAR_MISSING.code, PARAMETER_MISSING.code):
            raise
        return None
