"""An employer certifies its own staff only: whoever has left since the exam gets no certificate of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.employments import list_staff
from voucher.registry.insured_staff import FRESH, ask_insurance, is_connected, read_insured
from voucher.rules.actor import Role, check_role
from voucher.rules.evaluators import UNCONFIRMED, Insured, check_certified_staff, check_insured
from voucher.stages.assess.queries.employers import EmployerExam, list_employer_exams, list_employers
from voucher.stages.certify.models import Certificate

CERTIFY_MONTHS = "certify_months"
MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class StaffOfDay:
    """Who of some people works for an employer on the day of a certificate, and what is asked of it."""

    issued_on: date
    staff: frozenset[int]
    insured: Mapping[int, Insured]
    required: bool
    by_insurance: bool
    connected: bool

    def check(self, person_id: int | None) -> None:
        """Refuse a certificate for somebody who does not work there; nobody known is nobody's staff.

        Where the social insurance is connected it must have answered of late that they do. Raises Refused
        certified_not_staff, candidate_insured_elsewhere, candidate_insurance_unconfirmed.
        """
        check_certified_staff(self.issued_on, is_staff=person_id in self.staff, required=self.required)
        if person_id is not None:
            said = [self.insured[person_id]]
            check_insured(said, required=self.by_insurance, confirmed=self.connected)


def read_staff_of_day(
    work: Work, institution_id: int, region_code: str, person_ids: Sequence[int], issued_on: date
) -> StaffOfDay:
    """Return what is known of people for certificates an employer issues on a day, read together.

    Raises Refused parameter_missing.
    """
    session = work.session
    regions = catalogue.list_ancestry(session, region_code)
    return StaffOfDay(
        issued_on,
        list_staff(session, institution_id, person_ids, issued_on),
        read_insured(session, institution_id, person_ids, issued_on),
        tables.read_flag(session, "employer_own_staff", issued_on, regions),
        tables.read_flag(session, "employer_staff_insured", issued_on, regions),
        is_connected(session, work.today),
    )


def ask_staff_due(work: Work) -> int:
    """Leave to be asked where people employers examine are insured, once a day; return about how many.

    Asked about is who sits an exam so soon that an answer of today still counts on its day, and who passed
    one and has no certificate of it yet, wherever the last answer is too old by then.

    Raises Refused role_missing, parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    session, today = work.session, work.today
    if not is_connected(session, today):
        return 0
    asked = 0
    for institution_id, region_code in list_employers(session):
        fresh_days = tables.read_number_at(session, FRESH, today, region_code)
        months = tables.read_number_at(session, CERTIFY_MONTHS, today, region_code)
        if fresh_days is None:
            continue
        first = today - timedelta(days=(months or 0) * MONTH_DAYS)
        last = today + timedelta(days=fresh_days)
        for exam in list_employer_exams(session, institution_id, region_code, first, last):
            waiting = _list_waiting(work, institution_id, exam)
            insured = read_insured(session, institution_id, waiting, max(exam.exam_on, today))
            stale = [each for each in waiting if insured[each] in UNCONFIRMED]
            asked += ask_insurance(work, institution_id, stale, again=False).asked
    return asked


def _list_waiting(work: Work, institution_id: int, exam: EmployerExam) -> list[int]:
    """Return who is to sit an exam, or passed it and has no certificate of it."""
    if not exam.published:
        return list(exam.person_ids) if exam.exam_on >= work.today else []
    certified = set(
        work.session.scalars(
            select(Certificate.person_id).where(
                among(work.session, Certificate.person_id, exam.person_ids),
                Certificate.institution_id == institution_id,
                Certificate.trade_code == exam.trade_code,
                Certificate.level == exam.level,
                Certificate.issued_on >= exam.exam_on,
            )
        )
    )
    return [each for each in exam.person_ids if each not in certified]
