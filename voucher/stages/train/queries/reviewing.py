"""What the office looks at before it allows a class: what waits, for how long, and the rules one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.plumbing.clock import day_of
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, tables
from voucher.registry.credit import check_credit_of
from voucher.registry.filing.reading import find_in_force
from voucher.registry.institutions import Institution
from voucher.registry.listing import check_listed, read_listed_scope
from voucher.rules.calendar import add_workdays, count_workdays
from voucher.rules.classes import CLASH_SOURCE, ONLINE, check_filing_lead, check_hours_agree, check_timetable
from voucher.rules.errors import Refused
from voucher.rules.intakes import KEPT_SOURCE
from voucher.rules.intakes import SOURCE as INTAKE_SOURCE
from voucher.rules.lifecycle import Thing
from voucher.rules.training import check_class_size, check_hours_planned
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.train.bookings import check_bookings, list_taught
from voucher.stages.train.filed import (
    check_class_scope,
    check_filed_room,
    check_filed_teacher,
    check_houses_licensed,
    houses_of_teachers,
)
from voucher.stages.train.intake_checks import (
    check_sized_intake,
    count_changed,
    count_denied,
    list_named,
    list_sitting,
    tell_clashes,
)
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.intake_denials import SOURCE as DENIED_SOURCE
from voucher.stages.train.planning import read_least_hours
from voucher.stages.train.reading import list_sessions, slots_of
from voucher.stages.train.subcontracting import check_subcontracted, count_given

LIMIT = "review_workdays"
NOT_FILED = "机构没有在本系统备案，没有核对"
PLAN_SOURCE = "豫办〔2021〕29号 第3项; S2-03c"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule held against a class: ✓ met, ! to be looked at, ✗ in the way."""

    mark: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Due:
    """When a class was filed, by when it is to be answered, and how many working days are left.

    Below zero it is late; None where nobody has set the limit or announced the year's holidays.
    """

    filed_at: datetime
    due_on: date | None
    workdays_left: int | None


def list_due(session: Session, classes: Collection[TrainingClass], today: date) -> dict[int, Due]:
    """Return for each class ever filed when its newest filing is to be answered."""
    rows = session.execute(
        select(StateEvent.object_id, func.max(StateEvent.at))
        .where(
            StateEvent.thing == str(Thing.CLASS),
            StateEvent.event == "file",
            StateEvent.object_id.in_([each.id for each in classes]),
        )
        .group_by(StateEvent.object_id)
    )
    filed: dict[int, datetime] = dict(rows.all())
    return {
        each.id: _due(session, each.region_code, filed[each.id], today)
        for each in classes
        if each.id in filed
    }


def _due(session: Session, region_code: str, filed_at: datetime, today: date) -> Due:
    filed_on = day_of(filed_at)
    regions = catalogue.list_ancestry(session, region_code)
    workdays = tables.read_parameter_number(session, LIMIT, filed_on, regions)
    if not workdays:
        return Due(filed_at, None, None)
    calendar = tables.read_calendar(session)
    try:
        due_on = add_workdays(filed_on, workdays, calendar, count_first=False)
        if today <= due_on:
            # today counts as one of them, but on the day of the filing none of the limit has passed
            return Due(filed_at, due_on, min(workdays, count_workdays(today, due_on, calendar)))
        return Due(filed_at, due_on, 1 - count_workdays(due_on, today, calendar))
    except Refused:
        return Due(filed_at, None, None)


def find_next_to_review(session: Session, regions: Collection[str], after_id: int) -> int | None:
    """Return the class to review after this one, the lowest number again after the last; None without any."""
    waiting = session.scalars(
        select(TrainingClass.id)
        .where(
            TrainingClass.state == "filed",
            TrainingClass.region_code.in_(sorted(regions)),
            TrainingClass.id != after_id,
        )
        .order_by(TrainingClass.id)
    ).all()
    return next((each for each in waiting if each > after_id), waiting[0] if waiting else None)


def list_checks(session: Session, keyring: Keyring, found: TrainingClass, filed_on: date) -> list[Check]:
    """Return every rule a class has to meet, as it stands now, with what was found."""
    regions = catalogue.list_ancestry(session, found.region_code)
    sessions = list_sessions(session, found.id)
    taught = [(each.mode, each.hours) for each in sessions]
    houses = sorted({found.institution_id, found.delivering_institution_id})
    year, calendar = found.starts_on.year, tables.read_calendar(session)
    checks = [
        *_check_houses(session, found, year),
        _check(
            f"课次学时合计与计划 {found.hours_planned} 学时一致",
            lambda: check_hours_agree(found.mode, found.hours_offline, found.hours_online, taught),
        ),
        _check(
            "课次都在开班期间内，互不重叠",
            lambda: check_timetable(found.starts_on, found.ends_on, slots_of(sessions)),
        ),
    ]
    if found.certificate_kind == CertificateKind.TRAINING_COMPLETION:
        least = read_least_hours(session, found.training_kind, found.region_code, found.starts_on)
        checks.append(_check(f"不少于 {least} 学时", lambda: check_hours_planned(found.hours_planned, least)))
    largest = tables.read_parameter_number(session, "class_size", found.starts_on, regions)
    if largest is not None:
        checks.append(
            _check(
                f"班额 {found.capacity} 人，不超过 {largest} 人",
                lambda: check_class_size(found.capacity, largest),
            )
        )
    lead = tables.read_parameter_number(session, "filing_lead_workdays", filed_on, regions)
    checks.append(
        _check(
            f"开班前至少 {lead or 0} 个工作日提交",
            lambda: check_filing_lead(filed_on, found.starts_on, lead, calendar),
        )
    )
    if found.delivering_institution_id != found.institution_id:
        given, hours, whole = count_given(session, found.institution_id, year, besides=found.id)
        planned = found.hours_planned
        share = f"{given + 1} 个班、{hours + planned} / {whole + planned} 学时"
        said = f"分包：承训机构已同意，{year} 年连同本班 {share}在限额内"
        checks.append(_check(said, lambda: check_subcontracted(session, found)))
    others, booked = houses_of_teachers(session, keyring, found), list_taught(session, found)
    checks.append(
        _check("教师、场地与其他班不冲突", lambda: check_bookings(session, found, booked, houses, others))
    )
    checks.append(
        _check("主办机构信用分够", lambda: check_credit_of(session, found.institution_id, filed_on))
    )
    return checks + _check_filed(session, keyring, found) + _check_intake(session, found)


def _check_filed(session: Session, keyring: Keyring, found: TrainingClass) -> list[Check]:
    """Return what the class was held against of filings; what nobody ever filed is not called met."""
    begins, ends, teacher = found.starts_on, found.ends_on, found.teacher
    leading, teaching = found.institution_id, found.delivering_institution_id
    unlicensed = any(
        find_in_force(session, each) is None and session.get_one(Institution, each).licensed_until is None
        for each in {leading, teaching}
    )
    scoped = find_in_force(session, leading) or read_listed_scope(session, leading, begins.year)
    in_rooms = found.mode != ONLINE and find_in_force(session, teaching) is None
    return [
        _check(
            "机构证照在开班日有效",
            lambda: check_houses_licensed(session, found, begins),
            NOT_FILED if unlicensed else "",
        ),
        _check(
            "职业和等级在机构备案和清单范围内",
            lambda: check_class_scope(session, found, begins),
            "" if scoped else "机构没有在本系统备案，清单也没有写明职业，没有核对",
        ),
        _check(
            "教师已备案、可教该职业",
            lambda: check_filed_teacher(session, keyring, found, teacher, ends),
            "" if find_in_force(session, teaching) else NOT_FILED,
        ),
        _check(
            "场地已备案、坐得下",
            lambda: check_filed_room(session, found, found.place),
            NOT_FILED if in_rooms else "",
        ),
    ]


def _check_intake(session: Session, found: TrainingClass) -> list[Check]:
    """Return what the intake was held against; a class without one is said to take in whoever comes."""
    named = list_named(session, found.id)
    if not named and found.intake_size is None:
        return [Check("!", "没有报开班名册：准予后谁有合适的券谁报名", INTAKE_SOURCE)]
    size = len({*named, *list_sitting(session, found.id)})
    checks = [_check(f"开班名册 {len(named)} 人，坐得下", lambda: check_sized_intake(session, found, size))]
    told = tell_clashes(session, found, named)
    checks += [Check("!", each, CLASH_SOURCE) for each in told]
    if not told:
        checks.append(Check("✓", "名册上的人没有在别处同时上课", CLASH_SOURCE))
    denied = count_denied(session, found.id)
    if denied:
        checks.append(
            Check("!", f"名册上 {denied} 人反映“不是我”，还没有答复：请先在“名册反映”里核实", DENIED_SOURCE)
        )
    came, went = count_changed(session, found.id)
    if came or went:
        words = f"准予开班的名册 {found.intake_size or 0} 人，之后补入 {came} 人、去掉 {went} 人"
        checks.append(Check("!", words, KEPT_SOURCE))
    return checks


def _check_houses(session: Session, found: TrainingClass, year: int) -> list[Check]:
    houses = {"主办机构": found.institution_id, "承训机构": found.delivering_institution_id}
    return [
        _check(f"{name}在 {year} 年目录清单内", partial(check_listed, session, house, found.starts_on))
        for name, house in houses.items()
    ]


def _check(text: str, rule: Callable[[], object], unknown: str = "") -> Check:
    """Hold one rule against a class; a rule that had nothing to look at says what is `unknown`."""
    try:
        rule()
    except Refused as refused:
        told = refused.refusal
        mark = "!" if told.code == "calendar_year_missing" else "✗"
        return Check(mark, f"{text}：{told.title}", told.source)
    return Check("!", f"{text}：{unknown}", PLAN_SOURCE) if unknown else Check("✓", text, PLAN_SOURCE)
