"""Whether a holder is still somebody a voucher is for: what has become known since it was issued."""

from __future__ import annotations

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.facts import read_person_facts
from voucher.registry.outside.reading import read_outside, read_parameters
from voucher.registry.tables import read_age_limits
from voucher.rules.eligibility import judge_eligibility
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.rules.outside import FactKind, judge_outside
from voucher.rules.vocabulary import Outcome
from voucher.stages.issue.queries import Programme, groups_of
from voucher.stages.train.fitting import subject_of
from voucher.stages.train.models.classes import TrainingClass


def check_qualifies(work: Work, voucher: Voucher, programme: Programme, found: TrainingClass) -> None:
    """Refuse a seat to a holder of whom something in the way is on record by now.

    Nothing could be claimed for it after all the training. What nobody has recorded or answered keeps nobody
    out: that was judged when the voucher was issued. Raises Refused publicly_funded, pension_drawn,
    past_retirement, identity_not_confirmed, person_deceased, full_time_student, skill_upgrade_paid,
    parameter_missing.
    """
    session, person_id = work.session, voucher.holder_person_id
    regions = catalogue.list_ancestry(session, voucher.region_code)
    facts = read_person_facts(session, work.keyring, [person_id])[person_id]
    judged = judge_eligibility(facts, work.today, read_age_limits(session, work.today, regions), strict=False)
    if judged.outcome is Outcome.REFUSED and judged.refusal is not None:
        raise Refused(judged.refusal)
    told = read_outside(session, [person_id]).get(person_id, {})
    # a question of one fund only, answered before the voucher was issued
    told.pop(FactKind.INSURANCE, None)
    if not told:
        return
    taught = subject_of(session, found)
    trade = (taught.trade_code, Level(taught.level)) if taught.trade_code and taught.level else None
    groups, parameters = groups_of(session, programme.id), read_parameters(session, work.today, regions)
    outside = judge_outside((), told, trade, groups, work.today, parameters)
    if outside.refusal is not None:
        raise Refused(outside.refusal)
