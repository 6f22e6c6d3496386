"""Inspecting classes on site: opened by draw or with a reason, concluded in the room, answered, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from voucher.ledger import audit, holds
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.rules.actor import REGION_FOREIGN, check_role
from voucher.rules.draws import draw
from voucher.rules.errors import Family, reason
from voucher.rules.inspections import (
    SOURCE,
    Conclusion,
    Mark,
    check_checklist,
    check_conclusion,
    check_present,
)
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.words import check_why
from voucher.stages.train.inspection_seeds import INSPECTORS, take_seed, use_seed
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.inspections import Inspection, InspectionDraw
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.reading import CLASS_MISSING, DESK, SEATED, load_class

INSPECTED = ("approved", "running")
THING = "inspection"

INSPECTION_MISSING = reason(
    "inspection_missing",
    "没有找到这次检查",
    "请从“现场检查”列表重新选择",
    SOURCE,
    Family.MISSING,
)
NOT_INSPECTABLE = reason(
    "class_not_inspectable",
    "班级当前为“{state}”，不能检查",
    "请选择准予开班、正在上课的班级",
    SOURCE,
    Family.CONFLICT,
)
INSPECTION_OPEN = reason(
    "inspection_open",
    "这个班级已有一次检查等待填写",
    "请先填写那一次检查的结果",
    SOURCE,
    Family.CONFLICT,
)
NO_CLASS_TO_INSPECT = reason(
    "no_class_to_inspect",
    "这个地区没有可以抽取的班级",
    "请改选地区；已有检查等待填写的班级不再抽取",
    SOURCE,
    Family.CONFLICT,
)
DRAW_SIZE_MALFORMED = reason(
    "inspection_draw_size_malformed",
    "抽取 {size} 个班级，不能抽取",
    "抽取的班级数请填 1 或更大的整数",
    SOURCE,
)
NOTHING_TO_ANSWER = reason(
    "inspection_not_done_yet",
    "这次检查还没有结果，现在不用说明",
    "请等检查当天；有问题要说明的，结果填写后会列在“现场检查”里，写明期限",
    SOURCE,
    Family.CONFLICT,
)
STEP_WRONG = reason(
    "inspection_step_wrong",
    "这次检查{what}",
    "请刷新页面，查看办到哪一步",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on site."""

    people_present: int
    marks: Mapping[str, Mark]
    findings: str
    conclusion: Conclusion
    answer_by: date | None


def open_inspection(work: Work, class_id: int, planned_on: date, announced: bool, why: str) -> Inspection:
    """Open an inspection of a class chosen with a reason.

    Raises Refused role_missing, class_missing (also for one of elsewhere), why_missing,
    class_not_inspectable, inspection_open.
    """
    check_role(work.actor, *INSPECTORS)
    words = check_why(why)
    found = load_class(work.session, class_id, lock=True)
    if not may_inspect(work, found.region_code):
        raise CLASS_MISSING.refused()
    if found.state not in INSPECTED:
        raise NOT_INSPECTABLE.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    waiting = select(Inspection.id).where(Inspection.class_id == class_id, Inspection.concluded_at.is_(None))
    if work.session.scalar(waiting) is not None:
        raise INSPECTION_OPEN.refused()
    return _open(work, found, planned_on, announced, why=words)


def draw_inspections(work: Work, region_code: str, size: int, planned_on: date) -> list[Inspection]:
    """Draw classes of a region that are taught on or after a day, and open unannounced inspections of them.

    The seed was fixed and its hash shown before; the numbers drawn from are kept (rule DRW-04). Raises
    Refused role_missing, region_foreign, inspection_draw_size_malformed,
    inspection_seed_not_committed, no_class_to_inspect, changed_meanwhile.
    """
    check_role(work.actor, *INSPECTORS)
    if not may_inspect(work, region_code):
        raise REGION_FOREIGN.refused(region=region_code)
    if size < 1:
        raise DRAW_SIZE_MALFORMED.refused(size=size)
    fixed = take_seed(work, region_code)
    waiting = select(Inspection.class_id).where(Inspection.concluded_at.is_(None))
    wanted = select(TrainingClass).where(
        TrainingClass.region_code.in_(list_subtree(work.session, region_code)),
        TrainingClass.state.in_(INSPECTED),
        TrainingClass.ends_on >= planned_on,
        TrainingClass.id.not_in(waiting),
    )
    classes = {each.number: each for each in work.session.scalars(wanted)}
    if not classes:
        raise NO_CLASS_TO_INSPECT.refused()
    seed, subject = fixed.seed, f"现场检查 {region_code} {planned_on.isoformat()}"
    drawn = InspectionDraw(
        region_code=region_code,
        seed=seed,
        subject=subject,
        numbers=sorted(classes),
        size=size,
        drawn_at=work.at,
        drawn_by_person_id=work.actor.person_id,
    )
    work.session.add(drawn)
    work.session.flush()
    use_seed(work, fixed, drawn)
    chosen = draw(seed, subject, classes, size)
    # only what is drawn is locked: the other classes of the region go on meanwhile
    for class_id in sorted(classes[each].id for each in chosen):
        if load_class(work.session, class_id, lock=True).state not in INSPECTED:
            raise CHANGED_MEANWHILE.refused()
    return [_open(work, classes[each], planned_on, announced=False, draw_id=drawn.id) for each in chosen]


def conclude(work: Work, inspection_id: int, report: Report) -> Inspection:
    """Write down what was found on site; a serious finding holds everybody who sits in the class.

    Raises Refused role_missing, inspection_missing, inspection_step_wrong, checklist_incomplete,
    people_present_malformed, conclusion_disagrees, findings_missing.
    """
    found, taught, vouchers = _take_up(work, inspection_id)
    if found.concluded_at is not None:
        raise STEP_WRONG.refused(what="的结果已经填写，不再更改")
    check_checklist(report.marks)
    check_present(report.people_present, len(vouchers))
    check_conclusion(report.conclusion, report.marks, report.findings, report.answer_by, work.today)
    found.people_present, found.people_seated = report.people_present, len(vouchers)
    found.marks = {each: str(mark) for each, mark in sorted(report.marks.items())}
    found.findings, found.conclusion = report.findings.strip() or None, str(report.conclusion)
    found.answer_by = None if report.conclusion is Conclusion.IN_ORDER else report.answer_by
    found.concluded_at, found.concluded_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(
        work, THING, found.id, "conclude", conclusion=str(report.conclusion), present=report.people_present
    )
    if report.conclusion is Conclusion.SERIOUS:
        why = f"{_mark_of(found.id)}（班级 {taught.number}）"
        for each in vouchers:
            holds.open_hold(work, Thing.VOUCHER, each.id, why)
    return found


def answer(work: Work, inspection_id: int, words: str) -> Inspection:
    """Say what the institution has to say to the findings.

    Raises Refused role_missing, inspection_missing (also for a foreign one, and one not announced),
    inspection_not_done_yet, inspection_step_wrong, why_missing.
    """
    check_role(work.actor, *DESK)
    said = check_why(words)
    found = lock_inspection(work, inspection_id)
    taught = load_class(work.session, found.class_id)
    is_known = found.announced or found.concluded_at is not None
    if not work.actor.serves(taught.institution_id, *DESK) or not is_known:
        raise INSPECTION_MISSING.refused()
    if found.concluded_at is None:
        raise NOTHING_TO_ANSWER.refused()
    if found.answer_by is None or found.answered_at is not None or found.closed_at is not None:
        raise STEP_WRONG.refused(what="不需要机构说明，或机构已经说明")
    found.answer, found.answered_at, found.answered_by_person_id = said, work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, THING, found.id, "answer")
    return found


def close(work: Work, inspection_id: int, words: str) -> Inspection:
    """Close an inspection with a conclusion; what it held goes on.

    What is still asked for is waited for until its day. Raises Refused role_missing, inspection_missing,
    inspection_step_wrong, why_missing.
    """
    said = check_why(words)
    found, _, _ = _take_up(work, inspection_id)
    if found.concluded_at is None or found.closed_at is not None:
        raise STEP_WRONG.refused(what="还没有填写结果，或已经办结")
    if found.answer_by is not None and found.answered_at is None and work.today <= found.answer_by:
        raise STEP_WRONG.refused(what=f"等机构在 {found.answer_by.isoformat()} 前说明")
    found.closing, found.closed_at, found.closed_by_person_id = said, work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, THING, found.id, "close")
    for each in work.session.scalars(
        select(Hold)
        .where(Hold.closed_at.is_(None), Hold.why.startswith(f"{_mark_of(found.id)}（", autoescape=True))
        .order_by(Hold.id)
    ):
        holds.close_hold(work, each, said)
    return found


def _open(
    work: Work,
    found: TrainingClass,
    planned_on: date,
    announced: bool,
    *,
    why: str | None = None,
    draw_id: int | None = None,
) -> Inspection:
    opened = Inspection(
        class_id=found.id,
        draw_id=draw_id,
        why=why,
        announced=announced,
        planned_on=planned_on,
        opened_at=work.at,
        opened_by_person_id=work.actor.person_id,
    )
    work.session.add(opened)
    work.session.flush()
    audit.record_one(work, THING, opened.id, "open", training=found.id, draw=draw_id)
    return opened


def _take_up(work: Work, inspection_id: int) -> tuple[Inspection, TrainingClass, list[Voucher]]:
    """Return an inspection with its class and the locked vouchers that sit in it, for who inspects there."""
    check_role(work.actor, *INSPECTORS)
    known = work.session.get(Inspection, inspection_id)
    if known is None:
        raise INSPECTION_MISSING.refused()
    seated = select(Enrolment.voucher_id).where(
        Enrolment.class_id == known.class_id, Enrolment.ended_at.is_(None)
    )
    vouchers = lock_vouchers(work, Voucher.id.in_(seated), Voucher.state.in_(SEATED))
    taught = load_class(work.session, known.class_id)
    if not may_inspect(work, taught.region_code):
        raise INSPECTION_MISSING.refused()
    return lock_inspection(work, inspection_id), taught, vouchers


def lock_inspection(work: Work, inspection_id: int) -> Inspection:
    """Return an inspection, locked. Raises Refused inspection_missing."""
    found = work.session.scalars(
        select(Inspection)
        .where(Inspection.id == inspection_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise INSPECTION_MISSING.refused()
    return found


def may_inspect(work: Work, region_code: str) -> bool:
    """Return whether who acts inspects in a region."""
    return any(region_code in work.actor.reach.get(role, frozenset()) for role in INSPECTORS)


def _mark_of(inspection_id: int) -> str:
    """Return the beginning by which a hold says which inspection opened it."""
    return f"现场检查 {inspection_id} 发现严重问题"
