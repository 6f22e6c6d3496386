"""Appealing against a measure (申诉): by the institution, in time, once while one is open."""

from __future__ import annotations

from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.complaints import Topic
from voucher.rules.errors import Family, reason
from voucher.rules.measures import BURDENS, SOURCE, Step
from voucher.stages.oversee.complaints.filing import add_complaint
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.measures.queries import select_appealed
from voucher.stages.oversee.measures.stating import load_own

NOT_APPEALABLE = reason(
    "measure_not_appealable",
    "{step}不能申诉",
    "对使机构受限的处置，请在那项处置下提出申诉；对移送有异议的，请向受移送的机关提出",
    SOURCE,
    Family.CONFLICT,
)
APPEAL_LATE = reason(
    "measure_appeal_closed",
    "这项处置不能再申诉（申诉期到 {until}）",
    "逾期的，可以依法申请行政复议或提起行政诉讼",
    SOURCE,
    Family.CONFLICT,
)
APPEALED_ALREADY = reason(
    "measure_appealed_already",
    "对这项处置已经提出申诉",
    "请等待结论；有补充的，请联系经办的人社部门",
    SOURCE,
    Family.CONFLICT,
)


def appeal(work: Work, measure_id: int, words: str, contact: str) -> Complaint:
    """Appeal against a confirmed measure; neither of the two who decided it deals with the appeal.

    The measure goes on meanwhile, and is not final before the appeal is concluded. Raises Refused
    role_missing, measure_missing, measure_not_appealable, measure_appeal_closed, measure_appealed_already,
    complaint_words_missing.
    """
    measure = load_own(work, measure_id)
    if Step(measure.step) not in BURDENS:
        raise NOT_APPEALABLE.refused(step=measure.step_name)
    until = measure.appeal_until
    if measure.state != "confirmed" or until is None or work.today > until:
        raise APPEAL_LATE.refused(until=until.isoformat() if until is not None else "尚未开始")
    if work.session.scalar(select_appealed().where(Complaint.measure_id == measure_id).limit(1)):
        raise APPEALED_ALREADY.refused()
    return add_complaint(
        work,
        work.session.get_one(Institution, measure.institution_id),
        Topic.MEASURE,
        words,
        contact,
        measure_id=measure_id,
        barred=(measure.proposed_by_person_id, measure.decided_by_person_id),
    )
