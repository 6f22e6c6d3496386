"""本单位职工: an employer on the evaluator list states who works for it, with proof and days."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.employments import EVIDENCE_NAMES, Employment, select_called
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope, Institution
from voucher.registry.insured_staff import Asking, ask_about_all, ask_insurance, read_insured
from voucher.registry.people import Newcomer
from voucher.rules.actor import ROLE_MISSING, Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.evaluators import SOURCE, Insured
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.vocabulary import EvaluatorKind
from voucher.rules.words import check_why

NOT_AN_EMPLOYER = reason(
    "not_an_employer",
    "本机构没有用人单位类别的评价备案，不登记职工",
    "只有用人单位凭职工名单安排考生；备案类别有误的，请向备案的人社部门更正",
    SOURCE,
    Family.CONFLICT,
)
EMPLOYER_NOT_IN_FORCE = reason(
    "employer_not_in_force",
    "本机构的用人单位评价备案在 {on} 不在有效期内，不能登记职工",
    "请先办理备案续期；已登记职工的离职日期照常可以填写",
    SOURCE,
    Family.CONFLICT,
)
EMPLOYMENT_EVIDENCE_MISSING = reason(
    "employment_evidence_missing",
    "没有填写依据编号",
    "请填写劳动合同编号，或社会保险参保编号",
    SOURCE,
)
EMPLOYMENT_NAME_DIFFERS = reason(
    "employment_name_differs",
    "姓名与该证件号码登记的姓名不一致",
    "请核对证件；确已更名的，请先办理更名登记",
    f"{SOURCE}; S2-15i 实名制",
    Family.CONFLICT,
)
EMPLOYMENT_STATED_ALREADY = reason(
    "employment_stated_already",
    "此人在这段时间已登记为本单位职工",
    "请核对入职、离职日期，不与另一段登记重叠；登记有误的，请先填写离职日期，再重新登记",
    SOURCE,
    Family.CONFLICT,
)
EMPLOYMENT_REVERSED = reason(
    "employment_days_reversed", "离职日期早于入职日期", "请核对两个日期，首尾两日都在职", SOURCE
)
EMPLOYMENT_MISSING = reason(
    "employment_missing",
    "没有找到这名职工的登记",
    "请从本单位职工名单重新选择",
    SOURCE,
    Family.MISSING,
)
EMPLOYMENT_ENDED = reason(
    "employment_ended",
    "这名职工已登记于 {until} 离职",
    "重新入职的，请按新的入职日期再登记一次",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class NewEmployment:
    """Somebody an employer says works for it: person in canonical form, days, and what proves it."""

    institution_id: int
    person: Newcomer
    since: date
    until: date | None
    evidence_kind: str
    evidence: str


@dataclass(frozen=True, slots=True)
class StaffView:
    """One employment, the person masked; `insured` is what the social insurance says of today."""

    id: int
    institution_id: int
    masked_name: str
    masked_number: str
    since: date
    until: date | None
    evidence_kind: str
    evidence_name: str
    evidence: str
    recorded_at: datetime
    recorded_by_person_id: int
    insured: Insured


def state_employment(work: Work, new: NewEmployment) -> Employment:
    """State that somebody works for the actor's own employer; the social insurance is asked afterwards.

    Raises Refused role_missing, not_an_employer, employer_not_in_force, employment_evidence_missing,
    employment_days_reversed, subject_erased, employment_name_differs, employment_stated_already.
    """
    check_employer(work, new.institution_id)
    if not new.evidence.strip():
        raise EMPLOYMENT_EVIDENCE_MISSING.refused()
    if new.until is not None and new.until < new.since:
        raise EMPLOYMENT_REVERSED.refused()
    lock_houses(work, [new.institution_id])
    (person_id,) = people.open_people(work, [new.person]).values()
    accepted = people.accepted_name_indexes(work.session, [person_id])
    if people.name_index_of(work.keyring, new.person.name) not in accepted[person_id]:
        raise EMPLOYMENT_NAME_DIFFERS.refused()
    _check_days_apart(work.session, new.institution_id, person_id, new.since, new.until)
    made = Employment(
        person_id=person_id,
        institution_id=new.institution_id,
        since=new.since,
        until=new.until,
        evidence_kind=new.evidence_kind,
        evidence=new.evidence.strip(),
        recorded_at=work.at,
        recorded_by_person_id=work.actor.person_id,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(
        work, "person", person_id, "state_employment",
        institution=new.institution_id, since=new.since.isoformat(),
        until=new.until.isoformat() if new.until is not None else None,
    )  # fmt: skip
    ask_insurance(work, new.institution_id, [person_id])
    return made


def end_employment(work: Work, employment_id: int, until: date, why: str) -> Employment:
    """State somebody's last day at the actor's own employer.

    Raises Refused role_missing, employment_missing (also for a foreign one), why_missing, employment_ended,
    employment_days_reversed, employment_stated_already where the days then run into the next employment.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    found = work.session.get(Employment, employment_id)
    if found is None or not work.actor.serves(found.institution_id, Role.EVALUATOR_ADMIN):
        raise EMPLOYMENT_MISSING.refused()
    lock_houses(work, [found.institution_id])
    work.session.refresh(found, with_for_update=True)
    told = check_why(why)
    if found.until is not None and found.until <= work.today:
        raise EMPLOYMENT_ENDED.refused(until=found.until.isoformat())
    if until < found.since:
        raise EMPLOYMENT_REVERSED.refused()
    _check_days_apart(work.session, found.institution_id, found.person_id, found.since, until, found.id)
    found.until = until
    work.session.flush()
    audit.record_one(
        work, "person", found.person_id, "end_employment",
        institution=found.institution_id, until=until.isoformat(), why=told,
    )  # fmt: skip
    return found


def lock_houses(work: Work, institution_ids: Collection[int]) -> None:
    """One statement of an employer's staff at a time, or two of them are let in for the same days."""
    work.session.execute(
        select(Institution.id)
        .where(Institution.id.in_(sorted(institution_ids)))
        .order_by(Institution.id)
        .with_for_update(key_share=True)
    ).all()


def _check_days_apart(
    session: Session, institution_id: int, person_id: int, since: date, until: date | None, besides: int = 0
) -> None:
    """Refuse days that another employment of the same person there covers."""
    others = select(Employment).where(
        Employment.institution_id == institution_id,
        Employment.person_id == person_id,
        Employment.id != besides,
    )
    for other in session.scalars(others.execution_options(populate_existing=True)):
        ends_before = other.until is not None and other.until < since
        begins_after = until is not None and until < other.since
        if not (ends_before or begins_after):
            raise EMPLOYMENT_STATED_ALREADY.refused()


def check_employer(work: Work, institution_id: int) -> None:
    """Refuse whoever does not administer this evaluator, or one that is filed as no employer today.

    Raises Refused role_missing, not_an_employer, employer_not_in_force.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    if not work.actor.serves(institution_id, Role.EVALUATOR_ADMIN):
        raise ROLE_MISSING.refused(needed="该评价机构管理员")
    if not is_employer(work.session, institution_id):
        raise NOT_AN_EMPLOYER.refused()
    if not is_employer(work.session, institution_id, work.today):
        raise EMPLOYER_NOT_IN_FORCE.refused(on=work.today.isoformat())


def is_employer(session: Session, institution_id: int, on: date | None = None) -> bool:
    """Return whether an evaluator is filed as an employer; with a day, whether that is in force on it."""
    filed = select(EvaluatorFiling.id).where(
        EvaluatorFiling.institution_id == institution_id, EvaluatorFiling.kind == EvaluatorKind.EMPLOYER
    )
    if on is not None:
        filed = filed.join(EvaluatorScope, EvaluatorScope.filing_id == EvaluatorFiling.id).where(
            EvaluatorScope.since <= on, or_(EvaluatorScope.until.is_(None), EvaluatorScope.until >= on)
        )
    return session.scalars(filed.limit(1)).first() is not None


def ask_insurance_again(work: Work, institution_id: int) -> Asking:
    """Leave to be asked anew where everybody who works for the actor's own employer today is insured.

    Raises Refused role_missing, not_an_employer, employer_not_in_force, insurance_checks_used_up,
    parameter_missing.
    """
    check_employer(work, institution_id)
    lock_houses(work, [institution_id])
    return ask_about_all(work, institution_id)


def list_employments(
    session: Session,
    keyring: Keyring,
    institution_ids: Collection[int],
    on: date,
    *,
    before_id: int | None = None,
    limit: int | None = None,
    only: int | None = None,
    named: str | None = None,
) -> list[StaffView]:
    """Return who these employers say works or worked for them, the newest statement first.

    `named` finds people by the whole name, or the whole number, as it is typed.
    """
    wanted = (
        select(Employment)
        .where(Employment.institution_id.in_(sorted(institution_ids)))
        .order_by(Employment.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        wanted = wanted.where(Employment.id < before_id)
    if only is not None:
        wanted = wanted.where(Employment.id == only)
    if named is not None:
        wanted = wanted.where(Employment.person_id.in_(select_called(keyring, named)))
    rows = session.scalars(wanted).all()
    opened = people.read_people(session, keyring, [each.person_id for each in rows])
    insured = {
        house: read_insured(
            session, house, [each.person_id for each in rows if each.institution_id == house], on
        )
        for house in {each.institution_id for each in rows}
    }
    return [_view(each, opened, insured[each.institution_id][each.person_id]) for each in rows]


def _view(each: Employment, named: Mapping[int, people.Named], insured: Insured) -> StaffView:
    person = named.get(each.person_id)
    return StaffView(
        id=each.id,
        institution_id=each.institution_id,
        masked_name=mask_name(person.name) if person is not None else "（已注销）",
        masked_number=mask_identity(person.number or "") if person is not None else "",
        since=each.since,
        until=each.until,
        evidence_kind=each.evidence_kind,
        evidence_name=EVIDENCE_NAMES[each.evidence_kind],
        evidence=each.evidence,
        recorded_at=each.recorded_at,
        recorded_by_person_id=each.recorded_by_person_id,
        insured=insured,
    )
