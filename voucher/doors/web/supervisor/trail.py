"""The trail as supervisors and auditors see it, and the promises checked on demand."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.ledger.audit import AuditCheckpoint, AuditRow, AuditSeal
from voucher.stages.oversee.anchoring import find_gap
from voucher.stages.oversee.invariants import INVARIANTS, find_violations
from voucher.stages.oversee.rows import RowsReport, verify_rows
from voucher.stages.oversee.trail import TrailReport
from voucher.stages.oversee.trail import verify_trail as read_again

ROWS_PER_INVARIANT = 20
# one number of the design may stand for several queries
Broken = dict[tuple[int, str], list[dict[str, object]]]


@supervisor.get("/audit")
def audit() -> ResponseReturnValue:
    """Show the head of the trail and its last checkpoint."""
    return _show()


@supervisor.post("/audit/verifications")
def verify_trail() -> ResponseReturnValue:
    """Compute every hash again, compare with seals, checkpoints, anchors and tables; nothing is written."""
    door = the_door()
    with door.read() as session:
        told = read_again(session, door.keyring, door.config.anchor_file)
        rows = verify_rows(session)
    return _show(told=told, rows=rows)


@supervisor.post("/audit/invariants")
def check_invariants() -> ResponseReturnValue:
    """Run every invariant now; nothing is written."""
    door = the_door()
    with door.read() as session:
        violations = find_violations(session, limit=ROWS_PER_INVARIANT, now=door.at)
    broken: Broken = {}
    for each in violations:
        broken.setdefault((each.number, each.title), []).append(each.row)
    return _show(broken=broken)


def _show(
    *, told: TrailReport | None = None, rows: RowsReport | None = None, broken: Broken | None = None
) -> str:
    with the_door().read() as session:
        return render_template(
            "supervisor/audit.html",
            head=session.scalars(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).first(),
            checkpoint=session.scalars(
                select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1)
            ).first(),
            unsealed=_count_unsealed(session),
            gap=find_gap(session, the_door().at),
            told=told,
            rows=rows,
            faults=[*(told.faults if told else ()), *(rows.faults if rows else ())],
            broken=broken,
            invariants=INVARIANTS,
        )


def _count_unsealed(session: Session) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(AuditRow)
            .outerjoin(AuditSeal, AuditSeal.audit_row_id == AuditRow.id)
            .where(AuditSeal.seq.is_(None))
        )
        or 0
    )
