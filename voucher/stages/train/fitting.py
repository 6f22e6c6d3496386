"""Whether a voucher may sit in a class: open, listed, of the right subject, with a seat, at a free time."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.catalogue import Project
from voucher.registry.dictionaries import name_words
from voucher.registry.listing import check_listed
from voucher.rules.classes import Slot, Subject, check_class_fits, check_learner_free
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.subsidy import OWN_FORMS
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.issue.queries import Programme, may_be_used_at
from voucher.stages.train.filed import check_houses_licensed
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.pricing import canonical_trade
from voucher.stages.train.reading import SEATED, SOURCE, begins_at, format_moment, list_sessions, slots_of

CLASS_NOT_OPEN = reason(
    "class_not_open",
    "班级当前为“{state}”，不能报名",
    "请选择准予开班、尚未开课的班级",
    SOURCE,
    Family.CONFLICT,
)
CLASS_BEGUN = reason(
    "class_begun",
    "班级已于 {began} 开课，不能再报名",
    "请选择尚未开课的班级",
    SOURCE,
    Family.CONFLICT,
)
CLASS_FULL = reason(
    "class_full",
    "班级名额 {capacity} 人已满",
    "请选择其他有名额的班级；有人退出后可再报名",
    SOURCE,
    Family.LIMIT,
)
INSTITUTION_NOT_IN_PROGRAMME = reason(
    "institution_not_in_programme",
    "本券种限指定机构使用，该班级的机构不在其中",
    "请在券种说明所列的机构中选择班级",
    "豫办〔2021〕29号 第16项; DOMAIN W3",
    Family.CONFLICT,
)
EXPIRES_BEFORE_CLASS = reason(
    "expires_before_class",
    "本券核销截止日为 {redeem_by}，早于开班日期 {starts_on}",
    "请选择截止日前开班的班级",
    "豫办〔2021〕29号 第16项; 【设】LIFECYCLE Two dates",
    Family.CONFLICT,
)
CLASS_OF_OTHER_PROJECT = reason(
    "class_of_other_project",
    "本券的补贴项目是“{wanted}”，该班级申报的是“{offered}”",
    "请选择按本券补贴项目申报的班级；班级申报有误的，请机构更正后重新提交",
    "LIFECYCLE 享受资格（培训合格证书、岗前按人、按项目）; S2-04o; 【设】项目由券种确定，不由班级改变",
    Family.CONFLICT,
)


CLASS_OF_OTHER_KIND = reason(
    "class_of_other_training_kind",
    "本券的培训类型是“{wanted}”，该班级申报的是“{offered}”",
    "有的培训类型有自己的补贴标准：请选择培训类型与本券相同的班级；班级申报有误的，请机构更正后重新提交",
    "豫人社规〔2022〕2号（企业新录用人员岗前培训, DOMAIN H-e）; 【设】培训类型由券种确定，不由班级改变",
    Family.CONFLICT,
)


def check_open(work: Work, found: TrainingClass) -> None:
    """Refuse a class that enrols nobody. Raises Refused class_not_open, class_begun."""
    if found.state not in ("approved", "running"):
        raise CLASS_NOT_OPEN.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    began = begins_at(work.session, found.id)
    if found.state == "running" or began <= work.at:
        raise CLASS_BEGUN.refused(began=format_moment(began))


def check_place(work: Work, voucher: Voucher, programme: Programme, found: TrainingClass) -> None:
    """Refuse a voucher a seat in a class it cannot be used in, or that is full or at a taken time.

    The class is locked where the seat is to be taken. Raises Refused institution_not_listed,
    licence_expired, institution_not_in_programme, class_not_for_voucher, class_of_other_project,
    class_of_other_training_kind, class_full, class_overlaps.
    """
    session = work.session
    for institution_id in sorted({found.institution_id, found.delivering_institution_id}):
        check_listed(session, institution_id, found.starts_on)
    check_houses_licensed(session, found, found.starts_on)
    if not may_be_used_at(session, programme, found.institution_id):
        raise INSTITUTION_NOT_IN_PROGRAMME.refused()
    check_class_fits(wanted_subject(session, programme), subject_of(session, found))
    _check_project(session, programme, found)
    _check_training_kind(session, programme, found)
    if count_seated(session, found.id) >= found.capacity:
        raise CLASS_FULL.refused(capacity=found.capacity)
    mine = slots_of(list_sessions(session, found.id))
    check_learner_free(mine, _booked(session, voucher))


def _check_project(session: Session, programme: Programme, found: TrainingClass) -> None:
    """Refuse a class of another project where the project is the key by which a subsidy is given once."""
    by_project = found.certificate_kind == CertificateKind.TRAINING_COMPLETION
    if by_project and found.project_id != programme.project_id:
        wanted, offered = (
            session.get_one(Project, each).name for each in (programme.project_id, found.project_id)
        )
        raise CLASS_OF_OTHER_PROJECT.refused(wanted=wanted, offered=offered)


def _check_training_kind(session: Session, programme: Programme, found: TrainingClass) -> None:
    """Refuse a class of another kind of training where either has a standard of its own, another price."""
    kind = CertificateKind(found.certificate_kind)
    told = (programme.training_kind, found.training_kind)
    if len(set(told)) > 1 and any((kind, each) in OWN_FORMS for each in told):
        words = name_words(session, Dictionary.TRAINING_KIND)
        wanted, offered = (words.get(each, each) for each in told)
        raise CLASS_OF_OTHER_KIND.refused(wanted=wanted, offered=offered)


def check_redeem_by(voucher: Voucher, found: TrainingClass) -> None:
    """Refuse a class that begins when the voucher can no longer be redeemed. Raises expires_before_class."""
    if found.starts_on > voucher.redeem_by:
        raise EXPIRES_BEFORE_CLASS.refused(
            redeem_by=voucher.redeem_by.isoformat(), starts_on=found.starts_on.isoformat()
        )


def count_seated(session: Session, class_id: int) -> int:
    """Return how many seats of a class are taken; vouchers that ended have left theirs."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Enrolment)
            .join(Voucher, Voucher.id == Enrolment.voucher_id)
            .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None), Voucher.state.in_(SEATED))
        )
        or 0
    )


def subject_of(session: Session, found: TrainingClass) -> Subject:
    """Return what a class teaches, with its trade after the alias map."""
    return _subject(session, found.certificate_kind, found.trade_code, found.level)


def wanted_subject(session: Session, programme: Programme) -> Subject:
    """Return what the vouchers of a programme are for, as far as it is fixed."""
    return _subject(session, programme.certificate_kind, programme.trade_code, programme.level)


def _subject(session: Session, kind: str, trade_code: str | None, level: int | None) -> Subject:
    if trade_code is None:
        return Subject(CertificateKind(kind), None, level, "")
    code = canonical_trade(session, kind, trade_code)
    name = catalogue.name_trades(session, [code]).get(code, code)
    return Subject(CertificateKind(kind), code, level, name)


def _booked(session: Session, voucher: Voucher) -> list[tuple[str, Slot]]:
    """Return when the holder sits in other classes with other vouchers."""
    rows = session.execute(
        select(TrainingClass, ClassSession)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            Enrolment.person_id == voucher.holder_person_id,
            Enrolment.voucher_id != voucher.id,
            Enrolment.ended_at.is_(None),
            Voucher.state.in_(SEATED),
            TrainingClass.state.in_(("approved", "running")),
        )
        .order_by(ClassSession.starts_at)
    )
    return [(other.number, Slot(each.starts_at, each.ends_at)) for other, each in rows]
