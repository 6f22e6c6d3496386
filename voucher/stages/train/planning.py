"""What an institution writes down of a class before it is filed, and whether the plan holds together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import Occupation, SpecialItem, get_project, get_region, list_ancestry
from voucher.registry.dictionaries import check_word
from voucher.registry.institutions import Institution
from voucher.registry.listing import check_listed
from voucher.registry.tables import read_parameter_number
from voucher.rules.classes import (
    OFFLINE,
    ONLINE,
    Slot,
    check_hours_agree,
    check_timetable,
)
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import reason
from voucher.rules.levels import mask_word
from voucher.rules.money import check_fen
from voucher.rules.programmes import TRADE_UNKNOWN, check_trade_fits
from voucher.rules.subsidy import Form
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.train.reading import SOURCE
from voucher.stages.train.subcontracting import check_allowed

CLASS_INCOMPLETE = reason(
    "class_incomplete",
    "开班申请未填写或填写有误：{what}",
    "请补全后重新保存",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class NewSession:
    """One session as planned: mode offline or online, whole lesson hours."""

    mode: str
    topic: str
    starts_at: datetime
    ends_at: datetime
    hours: int


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class as its institution plans it; level 0 where the certificate has none, fee in fen."""

    name: str
    institution_id: int
    delivering_institution_id: int
    region_code: str
    training_kind: str
    mode: str
    certificate_kind: str
    trade_code: str
    level: int
    hours_offline: int
    hours_online: int
    capacity: int
    fee_fen: int
    starts_on: date
    ends_on: date
    place: str
    teacher: str
    syllabus: str
    sessions: Sequence[NewSession]
    project_code: str = "TRAIN"
    subcontract_why: str = ""


def check_plan(session: Session, new: NewClass) -> None:
    """Check that a plan is whole and agrees with itself and with the dictionaries and the catalogue.

    Raises Refused class_incomplete, region_unknown, project_unknown, word_unknown, trade_unknown,
    trade_unfit, hours_disagree, session_outside_class, sessions_overlap, institution_not_listed,
    subcontract_not_allowed, subcontract_unexplained.
    """
    _check_whole(new)
    get_region(session, new.region_code)
    get_project(session, new.project_code)
    if session.get(Institution, new.delivering_institution_id) is None:
        check_listed(session, new.delivering_institution_id, new.starts_on)
    is_own = new.delivering_institution_id == new.institution_id
    check_allowed(session, new.subcontract_why, new.starts_on, is_own=is_own)
    check_word(session, Dictionary.TRAINING_KIND, new.training_kind, new.starts_on)
    check_word(session, Dictionary.TRAINING_MODE, new.mode, new.starts_on)
    check_word(session, Dictionary.CERTIFICATE_KIND, new.certificate_kind, new.starts_on)
    kind = CertificateKind(new.certificate_kind)
    _check_trade(session, kind, new)
    taught = [(each.mode, each.hours) for each in new.sessions]
    check_hours_agree(new.mode, new.hours_offline, new.hours_online, taught)
    check_timetable(new.starts_on, new.ends_on, [Slot(each.starts_at, each.ends_at) for each in new.sessions])


def _check_whole(new: NewClass) -> None:
    words = {
        "班级名称": new.name,
        "培训地点": new.place,
        "教师": new.teacher,
        "教学计划": new.syllabus,
        **{f"第 {place} 次课的内容": each.topic for place, each in enumerate(new.sessions, 1)},
    }
    wrong = [name for name, text in words.items() if not text.strip()]
    facts = {
        "班额": new.capacity > 0,
        "收费": check_fen(new.fee_fen) >= 0,
        "开班和结班日期": new.starts_on <= new.ends_on,
        "课次": len(new.sessions) > 0,
        "课次学时": all(each.hours > 0 for each in new.sessions),
        "课次方式": all(each.mode in (OFFLINE, ONLINE) for each in new.sessions),
    }
    wrong += [name for name, right in facts.items() if not right]
    if wrong:
        raise CLASS_INCOMPLETE.refused(what="、".join(wrong))


def _check_trade(session: Session, kind: CertificateKind, new: NewClass) -> None:
    """Refuse a code that is neither an occupation in force nor an item, or is not for such a certificate."""
    is_item = session.get(SpecialItem, new.trade_code) is not None
    occupation = select(Occupation.code).where(
        Occupation.code == new.trade_code,
        or_(Occupation.since.is_(None), Occupation.since <= new.starts_on),
        or_(Occupation.until.is_(None), Occupation.until >= new.starts_on),
    )
    if not is_item and session.scalar(occupation) is None:
        raise TRADE_UNKNOWN.refused(trade=mask_word(new.trade_code), on=new.starts_on.isoformat())
    check_trade_fits(kind, new.level, is_item=is_item)


def read_least_hours(session: Session, training_kind: str, region_code: str, on: date) -> int:
    """Return how many hours a class for a 培训合格证书 has at least; fewer where it trains before a job."""
    regions = list_ancestry(session, region_code)
    own = ("pre_job_hours_minimum",) if training_kind == Form.PRE_JOB else ()
    found = (read_parameter_number(session, name, on, regions) for name in (*own, "completion_hours_minimum"))
    return next((least for least in found if least is not None), 0)
