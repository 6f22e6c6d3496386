"""What of issuing, training and certificates waits for whoever stands at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import MAKERS, OFFICERS, OPERATORS, WATCHERS
from voucher.doors.web.office.settle.steps import count_at_province
from voucher.registry.corrected import count_waiting
from voucher.registry.filing.reading import count_to_review as count_filings
from voucher.registry.outside.verifying import count_open_questions
from voucher.registry.talents.awarding import RECORDERS
from voucher.registry.talents.awards import count_waiting as count_awards
from voucher.registry.tariffs import count_proposals
from voucher.rules.actor import Actor, Role
from voucher.stages.assess.queries.appeals import count_at_office
from voucher.stages.certify.queries.higher import count_open_higher
from voucher.stages.certify.queries.mass_revocations import count_mass_revocations
from voucher.stages.certify.queries.readings import count_half_read
from voucher.stages.issue.queries import count_drafts, count_filed, count_open_applications, count_queued
from voucher.stages.oversee.archive.objecting import count_waiting as count_archive_objections
from voucher.stages.oversee.complaints.queries import READERS as COMPLAINT_READERS
from voucher.stages.oversee.complaints.queries import count_waiting as count_complaints
from voucher.stages.oversee.measures.queries import count_proposed as count_measures
from voucher.stages.oversee.privacy.erasing import count_erasures
from voucher.stages.oversee.quality.replying import count_objected
from voucher.stages.oversee.retention.queries import count_listed
from voucher.stages.oversee.risk.queries import count_open as count_risks
from voucher.stages.settle.queries import Waiting, count_open_holds
from voucher.stages.settle.queries.denials import count_denials
from voucher.stages.settle.queries.reinstatements import count_asked_reinstatements
from voucher.stages.settle.queries.year_ends import count_due_year_ends
from voucher.stages.train.queries import count_to_review
from voucher.stages.train.queries.changes import count_moves
from voucher.stages.train.queries.inspections import count_inspections
from voucher.stages.train.queries.intake_denials import count_denials as count_intake_denials
from voucher.stages.train.queries.late_calls import count_late_draws
from voucher.stages.train.queries.marks import count_cases
from voucher.stages.train.queries.offline import count_offline_cases
from voucher.stages.train.queries.phone_checks import count_open_draws
from voucher.stages.train.queries.timetables import count_timetable_changes

Count = Callable[[Session, Actor], tuple[int, datetime | None]]
OFFICE = OPERATORS | OFFICERS
# what stands still is seen by who watches, though others end it
WATCHED = OFFICERS | WATCHERS
PROVINCE = frozenset({Role.OFFICER_PROVINCE})
PAYERS = MAKERS | {Role.FINANCE_CHECKER}


def _filed(way: str) -> Count:
    return lambda session, actor: count_filed(session, actor.regions, way=way, person_id=actor.person_id)


def _here(count: Callable[..., tuple[int, datetime | None]]) -> Count:
    return lambda session, actor: count(session, actor.regions)


def _of_others(count: Callable[..., tuple[int, datetime | None]]) -> Count:
    return lambda session, actor: count(session, actor.regions, person_id=actor.person_id)


def _count_year_ends(session: Session, actor: Actor) -> tuple[int, datetime | None]:
    makes, checks = actor.has(*MAKERS), actor.has(Role.FINANCE_CHECKER)
    return count_due_year_ends(
        session, actor.regions, the_door().today, makes=makes, checks=checks, person_id=actor.person_id
    )


# key, name, who it waits for, how it is counted, endpoint, filters of the list it leads to
QUEUES: tuple[tuple[str, str, frozenset[Role], Count, str, dict[str, Any]], ...] = (
    (
        "risks",
        "风险线索待办理",
        WATCHERS,
        lambda session, actor: count_risks(session, actor.regions_as(*WATCHERS)),
        "web.supervisor.risks",
        {},
    ),
    (
        "measures",
        "处置待确认",
        OFFICERS | {Role.SUPERVISOR},
        lambda session, actor: count_measures(session, actor.regions, person_id=actor.person_id),
        "web.office.measures",
        {"state": "proposed"},
    ),
    (
        "complaints",
        "投诉申诉待办结",
        OFFICERS | WATCHERS,
        lambda session, actor: count_complaints(session, actor.regions_as(*COMPLAINT_READERS)),
        "web.office.complaints",
        {},
    ),
    (
        "star_objections",
        "星级异议待答复",
        OFFICERS | WATCHERS,
        lambda session, actor: count_objected(session, actor.regions_as(*WATCHED)),
        "web.office.star_objections",
        {},
    ),
    (
        "programmes",
        "券种待发布",
        OFFICERS,
        lambda session, actor: count_drafts(session, actor.regions, person_id=actor.person_id),
        "web.office.programmes",
        {"state": "draft"},
    ),
    ("awards", "竞赛与荣誉待确认", frozenset(RECORDERS), _of_others(count_awards), "web.office.awards", {}),
    ("rosters", "发券单待审核", OFFICERS, _filed("roster"), "web.office.issues", {"way": "roster"}),
    (
        "applications",
        "领券申请待办理",
        OFFICERS,
        lambda session, actor: count_open_applications(session, actor.regions),
        "web.office.applications",
        {},
    ),
    (
        "outside",
        "部门数据待人工核实",
        OFFICERS,
        lambda session, actor: count_open_questions(session, actor.regions),
        "web.office.outside",
        {},
    ),
    ("filings", "机构备案待审核", WATCHED, _here(count_filings), "web.office.filings", {}),
    ("classes", "开班待审核", WATCHED, _here(count_to_review), "web.office.classes", {}),
    ("holds", "待处置", WATCHED, _here(count_open_holds), "web.office.holds", {}),
    (
        "denials",
        "本人反映（不是我、没收到）待答复",
        WATCHED,
        lambda session, actor: count_denials(session, actor.regions),
        "web.office.denials",
        {"state": "open"},
    ),
    (
        "intake_denials",
        "名册反映（不是我）待答复",
        WATCHED,
        lambda session, actor: count_intake_denials(session, actor.regions),
        "web.office.intake_denials",
        {"state": "open"},
    ),
    ("offline", "离线登记待核查", WATCHED, _here(count_offline_cases), "web.office.offline_scans", {}),
    ("class_moves", "拆班、并班待审核", WATCHED, _here(count_moves), "web.office.class_moves", {}),
    (
        "timetables",
        "课程变更待审核",
        WATCHED,
        _here(count_timetable_changes),
        "web.office.timetable_changes",
        {},
    ),
    (
        "inspections",
        "现场检查待办结",
        OFFICERS | {Role.SUPERVISOR},
        lambda session, actor: count_inspections(session, actor.regions),
        "web.office.inspections",
        {},
    ),
    ("appeals", "复核申请待复查", WATCHED, _here(count_at_office), "web.office.appeals", {}),
    (
        "mass_revocations",
        "批量撤销待确认",
        OFFICERS,
        lambda session, actor: count_mass_revocations(session, actor.regions),
        "web.office.mass_revocations",
        {},
    ),
    ("phone_checks", "电话抽查待拨打", WATCHED, _here(count_open_draws), "web.office.phone_draws", {}),
    (
        "phone_checks_late",
        "电话抽查超期未打",
        WATCHED,
        lambda session, actor: count_late_draws(session, actor.regions, the_door().today),
        "web.office.phone_draws",
        {"state": "late"},
    ),
    ("attendance", "到课核查", WATCHED, _here(count_cases), "web.office.attendance_cases", {}),
    (
        "replacements",
        "补发待审批",
        OFFICERS,
        _filed("replacement"),
        "web.office.issues",
        {"way": "replacement"},
    ),
    (
        "reinstatements",
        "恢复待审批",
        WATCHED,
        lambda session, actor: count_asked_reinstatements(session, actor.regions, person_id=actor.person_id),
        "web.office.reinstatements",
        {},
    ),
    (
        "higher",
        "高等级证书待另一人决定",
        WATCHED,
        _of_others(count_open_higher),
        "web.office.reinstatements",
        {},
    ),
    (
        "half_read",
        "人工核验待另一人",
        OFFICERS,
        lambda session, actor: count_half_read(
            session, actor.regions, the_door().at, person_id=actor.person_id
        ),
        "web.office.certificates",
        {"half": "read"},
    ),
    ("year_ends", "年末结转待办", PAYERS, _count_year_ends, "web.finance.budgets", {"left": "over"}),
    (
        "tariffs",
        "标准待确认",
        OFFICERS,
        lambda session, actor: count_proposals(session, person_id=actor.person_id),
        "web.office.tariffs",
        {},
    ),
    ("erasures", "注销申请待办理", OFFICERS, _of_others(count_erasures), "web.office.erasures", {}),
    ("retention", "到期清除待确认", OFFICERS, _of_others(count_listed), "web.office.retention_runs", {}),
    (
        "corrections",
        "身份更正待审核",
        OFFICERS,
        lambda session, actor: count_waiting(session, actor.regions, person_id=actor.person_id),
        "web.office.corrections",
        {},
    ),
    (
        "archive_objections",
        "档案异议待答复",
        WATCHED,
        _here(count_archive_objections),
        "web.office.archive_objections",
        {},
    ),
    (
        "province",
        "待省级复审",
        PROVINCE,
        lambda session, actor: count_at_province(session, actor, the_door().today),
        "web.office.batches",
        {},
    ),
    (
        "queued",
        "候补",
        OFFICE | WATCHERS,
        lambda session, actor: count_queued(session, actor.regions),
        "web.office.waiting",
        {},
    ),
)


def list_queues(session: Session, actor: Actor) -> list[tuple[Waiting, str]]:
    """Return the queues of this actor that are not empty, each with the page it leads to."""
    found = []
    for key, name, roles, count, endpoint, filters in QUEUES:
        if actor.has(*roles):
            waiting, oldest_at = count(session, actor)
            if waiting:
                found.append((Waiting(key, name, waiting, oldest_at), url_for(endpoint, **filters)))
    return found
