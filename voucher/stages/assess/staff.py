"""用人单位 examine their own staff only: who works there on the day of the exam, by contract or insurance.

Asked when somebody is listed, and again at the door: who has left in between does not sit the exam.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.employments import list_staff
from voucher.registry.institutions import EvaluatorFiling
from voucher.registry.insured_staff import ask_insurance, read_insured
from voucher.rules.errors import Refused
from voucher.rules.evaluators import UNCONFIRMED, Insured, check_insured, check_own_staff
from voucher.rules.vocabulary import EvaluatorKind
from voucher.stages.assess.models import ExamBatch


def check_staff(work: Work, batch: ExamBatch, person_ids: Sequence[int]) -> None:
    """Refuse people who do not work for the employer that examines them, on the day of the exam.

    What the social insurance has said of them counts where it speaks against it; who was never answered for,
    or too long before the exam, is asked about afterwards. Raises Refused candidate_not_staff,
    candidate_insured_elsewhere, parameter_missing.
    """
    known = _read_standing(work, batch, person_ids)
    if known is not None:
        check_own_staff(person_ids, known.staff, required=known.required)
        check_insured(list(known.insured.values()), required=known.by_insurance)
        _ask_about(work, batch, known, person_ids)


def find_not_staff(work: Work, batch: ExamBatch, person_ids: Sequence[int]) -> dict[int, Refused]:
    """Return, by person, why `check_staff` refuses some of many, read together; asks about the others.

    Raises Refused parameter_missing.
    """
    known = _read_standing(work, batch, person_ids)
    if known is None:
        return {}
    found: dict[int, Refused] = {}
    for person_id in dict.fromkeys(person_ids):
        try:
            check_own_staff([person_id], known.staff, required=known.required)
            check_insured([known.insured[person_id]], required=known.by_insurance)
        except Refused as refused:
            found[person_id] = refused
    _ask_about(work, batch, known, [each for each in person_ids if each not in found])
    return found


@dataclass(frozen=True, slots=True)
class _Standing:
    """Who of some people works for an employer on a day, what the insurance says, and what is asked."""

    staff: frozenset[int]
    insured: Mapping[int, Insured]
    required: bool
    by_insurance: bool


def _read_standing(work: Work, batch: ExamBatch, person_ids: Sequence[int]) -> _Standing | None:
    """Return what is known of people for the exam of an employer; None for anybody else's."""
    session, on = work.session, batch.exam_on
    if session.get_one(EvaluatorFiling, batch.filing_id).kind != EvaluatorKind.EMPLOYER:
        return None
    regions = catalogue.list_ancestry(session, batch.region_code)
    return _Standing(
        list_staff(session, batch.institution_id, person_ids, on),
        read_insured(session, batch.institution_id, person_ids, on),
        tables.read_flag(session, "employer_own_staff", on, regions),
        tables.read_flag(session, "employer_staff_insured", on, regions),
    )


def _ask_about(work: Work, batch: ExamBatch, known: _Standing, person_ids: Sequence[int]) -> None:
    stale = [each for each in person_ids if known.insured[each] in UNCONFIRMED]
    ask_insurance(work, batch.institution_id, stale, again=False)
