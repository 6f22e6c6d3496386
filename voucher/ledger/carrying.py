"""Moving a budget over the end of its year: added to both years' ledgers, nothing taken out of either."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from voucher.ledger import audit, postings
from voucher.ledger.budget import Budget
from voucher.ledger.postings import AVAILABLE, RESERVED, TREASURY, Line
from voucher.ledger.year_ends import select_family
from voucher.plumbing.unit_of_work import Work


def carry_reserved(work: Work, old: Budget, into: Budget, lines: Sequence[Line]) -> None:
    """Move what is kept along: out of the old year's grant into the new one's, line by line."""
    moved_fen = sum(line.amount_fen for line in lines)
    if not moved_fen:
        return
    postings.post(work, old.id, RESERVED, TREASURY, "carry_out", lines)
    postings.post(work, into.id, TREASURY, RESERVED, "carry_in", lines)
    _change(work, old.id, granted_fen=-moved_fen, reserved_fen=-moved_fen)
    _change(work, into.id, granted_fen=moved_fen, reserved_fen=moved_fen)
    _tell(work, old.id, "carry_out", moved_fen, len(lines))
    _tell(work, into.id, "carry_in", moved_fen, len(lines))


def clear_rest(work: Work, old: Budget, into: Budget, rest_fen: int, *, carried: bool) -> None:
    """Hand back to the treasury what nobody has reserved, or carry it into the new year's available money."""
    if not rest_fen:
        return
    act = "carry_out" if carried else "hand_back"
    postings.post(work, old.id, AVAILABLE, TREASURY, act, [Line(rest_fen)])
    _change(work, old.id, granted_fen=-rest_fen)
    _tell(work, old.id, act, rest_fen, 1)
    if carried:
        postings.post(work, into.id, TREASURY, AVAILABLE, "carry_in", [Line(rest_fen)])
        _change(work, into.id, granted_fen=rest_fen)
        _tell(work, into.id, "carry_in", rest_fen, 1)


def close(work: Work, old: Budget, into: Budget) -> None:
    """Have everything kept under a budget, and under those carried into it, stand in the new one from now on.

    The database refuses it while anything is left in the old one.
    """
    family = select_family(old.id).scalar_subquery()
    work.session.execute(
        update(Budget)
        .where(Budget.id.in_(family))
        .values(carried_into_id=into.id)
        .execution_options(synchronize_session=False)
    )


def _change(work: Work, budget_id: int, **changes_fen: int) -> None:
    columns = {name: getattr(Budget, name) + change for name, change in changes_fen.items()}
    work.session.execute(
        update(Budget)
        .where(Budget.id == budget_id)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


def _tell(work: Work, budget_id: int, act: str, amount_fen: int, lines: int) -> None:
    audit.record_one(work, "budget", budget_id, act, amount_fen=amount_fen, lines=lines)
