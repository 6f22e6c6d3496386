"""Counting credit (信用分): what was found within so many months, by the formula in force today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.registry.credit import CreditScore
from voucher.registry.tables import require_parameter_number
from voucher.rules.credit import MINUS, WHOLE, count_credit
from voucher.rules.measures import BURDENS
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.measures.models import Measure
from voucher.stages.oversee.risk.models import RiskFlag

THING, DAYS_BACK = "credit_score", "credit_days_back"
STOOD = ("confirmed", "final", "lifted")


def score_due_credits(work: Work) -> int:
    """Count anew whoever was found against of late or has less than everything; return how many changed.

    Findings leave the formula by the day they are too old: nobody asks for that. Raises Refused
    parameter_missing.
    """
    since = _since(work)
    complaints = select(Complaint.institution_id).where(
        Complaint.state == "upheld", Complaint.kind == "complaint", Complaint.concluded_at >= since
    )
    flags = select(RiskFlag.institution_id).where(
        RiskFlag.state == "upheld", RiskFlag.institution_id.is_not(None), RiskFlag.concluded_at >= since
    )
    measures = select(Measure.institution_id).where(
        Measure.state.in_(STOOD), Measure.step.in_(sorted(BURDENS)), Measure.decided_at >= since
    )
    less = select(CreditScore.institution_id).where(CreditScore.points < WHOLE)
    due = {*work.session.scalars(complaints), *work.session.scalars(measures), *work.session.scalars(less)}
    due |= {each for each in work.session.scalars(flags) if each is not None}
    return score_credits(work, sorted(due))


def score_credits(work: Work, houses: Collection[int]) -> int:
    """Count the credit of institutions anew, and return how many changed.

    Raises Refused parameter_missing.
    """
    if not houses:
        return 0
    minus = {
        kind: require_parameter_number(work.session, name, work.today, ())
        for kind, (_, name) in MINUS.items()
    }
    found = count_findings(work.session, houses, _since(work))
    rows = {
        each.institution_id: each
        for each in work.session.scalars(
            select(CreditScore)
            .where(among(work.session, CreditScore.institution_id, houses))
            .order_by(CreditScore.institution_id)
            .with_for_update()
        )
    }
    changed = 0
    for house in sorted(houses):
        counted = count_credit({kind: found[house, kind] for kind in MINUS}, minus)
        row = rows.get(house)
        lines = [list(each) for each in counted.lines]
        if row is not None and (row.points, row.lines) == (counted.points, lines):
            continue
        if row is None:
            row = CreditScore(institution_id=house, points=WHOLE, lines=[], scored_at=work.at)
            work.session.add(row)
        row.points, row.lines, row.scored_at = counted.points, lines, work.at
        work.session.flush()
        audit.record_one(work, THING, house, "score", points=counted.points)
        changed += 1
    return changed


def count_findings(session: Session, houses: Collection[int], since: datetime) -> Counter[tuple[int, str]]:
    """Return how many findings of each kind there are against institutions since a moment."""
    found = Counter[tuple[int, str]]()
    complaints = (
        select(Complaint.institution_id, func.count())
        .where(
            among(session, Complaint.institution_id, houses),
            Complaint.kind == "complaint",
            Complaint.state == "upheld",
            Complaint.concluded_at >= since,
        )
        .group_by(Complaint.institution_id)
    )
    flags = (
        select(RiskFlag.institution_id, func.count())
        .where(
            among(session, RiskFlag.institution_id, houses),
            RiskFlag.state == "upheld",
            RiskFlag.concluded_at >= since,
        )
        .group_by(RiskFlag.institution_id)
    )
    measures = (
        select(Measure.institution_id, Measure.step, func.count())
        .where(
            among(session, Measure.institution_id, houses),
            Measure.state.in_(STOOD),
            Measure.step.in_(sorted(BURDENS)),
            Measure.decided_at >= since,
        )
        .group_by(Measure.institution_id, Measure.step)
    )
    for house, count in session.execute(complaints):
        found[house, "complaint"] = int(count)
    for flagged, count in session.execute(flags):
        found[flagged or 0, "flag"] = int(count)
    for house, step, count in session.execute(measures):
        found[house, step] = int(count)
    return found


def _since(work: Work) -> datetime:
    return work.at - timedelta(days=require_parameter_number(work.session, DAYS_BACK, work.today, ()))
