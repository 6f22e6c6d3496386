"""用人单位 examine their own staff only: who works there on the day of the exam, by contract or insurance.

Asked when somebody is listed, and again at the door: who has left in between does not sit the exam.
"""

from __future__ import annotations

from collections.abc import Sequence

from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.employments import list_staff
from voucher.registry.institutions import EvaluatorFiling
from voucher.registry.insured_staff import ask_insurance, read_insured
from voucher.rules.evaluators import UNCONFIRMED, check_insured, check_own_staff
from voucher.rules.vocabulary import EvaluatorKind
from voucher.stages.assess.models import ExamBatch


def check_staff(work: Work, batch: ExamBatch, person_ids: Sequence[int]) -> None:
    """Refuse people who do not work for the employer that examines them, on the day of the exam.

    What the social insurance has said of them counts where it speaks against it; who was never answered for,
    or too long before the exam, is asked about afterwards. Raises Refused candidate_not_staff,
    candidate_insured_elsewhere, parameter_missing.
    """
    filing = work.session.get_one(EvaluatorFiling, batch.filing_id)
    if filing.kind == EvaluatorKind.EMPLOYER:
        regions = catalogue.list_ancestry(work.session, batch.region_code)
        required = tables.read_flag(work.session, "employer_own_staff", batch.exam_on, regions)
        staff = list_staff(work.session, batch.institution_id, person_ids, batch.exam_on)
        check_own_staff(person_ids, staff, required=required)
        insured = read_insured(work.session, batch.institution_id, person_ids, batch.exam_on)
        by_insurance = tables.read_flag(work.session, "employer_staff_insured", batch.exam_on, regions)
        check_insured(list(insured.values()), required=by_insurance)
        stale = [each for each, said in insured.items() if said in UNCONFIRMED]
        ask_insurance(work, batch.institution_id, stale, again=False)
