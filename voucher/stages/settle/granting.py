"""Granting money to a budget, and serving at once whoever has been waiting for it."""

from __future__ import annotations

from voucher.ledger.budget import BUDGET_MISSING, Budget, get_budget, grant, open_budget
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import get_region
from voucher.rules.actor import Role, check_reach
from voucher.rules.vocabulary import FundSource
from voucher.stages.settle.waiting import serve_queue


def grant_budget(
    work: Work,
    *,
    region_code: str,
    year: int,
    source: FundSource,
    amount_fen: int,
    document: str | None = None,
) -> Budget:
    """Open a budget with its first amount, or grant more to it, serve its queue, and return it.

    Raises Refused region_unknown, role_missing, region_foreign, amount_not_positive, amount_not_fen.
    """
    get_region(work.session, region_code)
    check_reach(work.actor, region_code, Role.OPERATOR)
    opened = open_budget(
        work, region_code=region_code, year=year, source=source, amount_fen=amount_fen, document=document
    )
    serve_queue(work, opened.id)
    return get_budget(work, opened.id)


def grant_more(work: Work, budget_id: int, amount_fen: int, document: str | None) -> Budget:
    """Grant more to a budget of the actor's regions, serve its queue, and return it.

    Raises Refused budget_missing (also for a foreign one), role_missing, amount_not_positive.
    """
    found = get_budget(work, budget_id, lock=True)
    if found.region_code not in work.actor.regions:
        raise BUDGET_MISSING.refused(budget=budget_id)
    check_reach(work.actor, found.region_code, Role.OPERATOR)
    grant(work, budget_id, amount_fen, document)
    serve_queue(work, budget_id)
    return get_budget(work, budget_id)
