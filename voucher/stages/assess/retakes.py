"""Which attempt an exam is for whom, and what is brought along from the earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.assessment import COMPREHENSIVE, SKILL, THEORY
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.scores import Attempt, Sat, ScoreMark, next_attempt
from voucher.rules.windows import add_months
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.reading import find_counting_results, read_pass_marks


def read_attempts(
    work: Work, batch: ExamBatch, vouchers: Mapping[int, int | None], aliases: Mapping[str, str]
) -> dict[int, Attempt]:
    """Return which attempt a batch is for each person, given with the voucher that pays for it or None.

    A comprehensive review is brought along only into an exam that asks for one. An exam on another voucher,
    for another training, counts for nothing here.
    Raises Refused retakes_exhausted, parameter_missing.
    """
    session = work.session
    regions = catalogue.list_ancestry(session, batch.region_code)
    most = tables.read_parameter_number(session, "exam_retakes", batch.exam_on, regions)
    months = tables.read_parameter_number(session, "subject_kept_months", batch.exam_on, regions)
    since = add_months(batch.exam_on, -(months or 0))
    earlier = _read_earlier(work, batch, vouchers, aliases)
    found = {person_id: next_attempt(earlier.get(person_id, ()), most, since) for person_id in vouchers}
    reviewed = any(each.comprehensive_hundredths is not None for each in found.values())
    if reviewed and COMPREHENSIVE not in read_pass_marks(session, batch):
        return {one: replace(each, comprehensive_hundredths=None) for one, each in found.items()}
    return found


def _read_earlier(
    work: Work, batch: ExamBatch, vouchers: Mapping[int, int | None], aliases: Mapping[str, str]
) -> dict[int, list[Sat]]:
    """Return the published exams of the same trade, level and kind each person sat on the same voucher."""
    trade_code = canonical_occupation(batch.trade_code, aliases)
    rows = [
        (candidate, earlier)
        for candidate, earlier in work.session.execute(
            select(Candidate, ExamBatch)
            .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
            .where(
                Candidate.person_id.in_(sorted(vouchers)),
                ExamBatch.id != batch.id,
                ExamBatch.state == "published",
                ExamBatch.level == batch.level,
                ExamBatch.certificate_kind == batch.certificate_kind,
            )
            .order_by(ExamBatch.exam_on, ExamBatch.id)
        )
        if candidate.voucher_id == vouchers[candidate.person_id]
        and canonical_occupation(earlier.trade_code, aliases) == trade_code
    ]
    counting = find_counting_results(work.session, [candidate.id for candidate, _ in rows])
    # the mark of each earlier batch is read once, however many sat it
    sat = {earlier.id: earlier for candidate, earlier in rows if candidate.id in counting}
    marks = {batch_id: read_pass_marks(work.session, earlier) for batch_id, earlier in sat.items()}
    found: dict[int, list[Sat]] = {}
    for candidate, earlier in rows:
        result = counting.get(candidate.id)
        if result is not None:
            found.setdefault(candidate.person_id, []).append(
                Sat(
                    earlier.exam_on,
                    result.theory_hundredths,
                    result.skill_hundredths,
                    marks[earlier.id][THEORY],
                    marks[earlier.id][SKILL],
                    bool(result.passed),
                    ScoreMark(result.mark) if result.mark is not None else None,
                    result.comprehensive_hundredths,
                    marks[earlier.id].get(COMPREHENSIVE, 0),
                )
            )
    return found
