"""Under which filing an evaluator may hold an exam: of the trade and level, in force on the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry import catalogue
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope, Institution
from voucher.registry.listing import IN_GOOD_STANDING
from voucher.rules.certificates import EVALUATOR_OUT_OF_DATE, Scope, check_scope
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import Level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import EvaluatorKind
from voucher.stages.assess.reading import SOURCE

EVALUATOR_NOT_FILED = reason(
    "evaluator_not_filed",
    "本机构没有评价机构备案",
    "请先办理评价机构备案，再安排考试",
    SOURCE,
    Family.CONFLICT,
)
EVALUATOR_NOT_STANDING = reason(
    "evaluator_not_standing",
    "评价机构当前为“{state}”，不能安排新的考试",
    "请先整改并恢复；已安排的考试由经办机构决定",
    f"{SOURCE}; S2-04p 退出机制",
    Family.CONFLICT,
)


def read_filings(session: Session, institution_id: int) -> dict[int, tuple[EvaluatorFiling, list[Scope]]]:
    """Return the filings of an evaluator by id, each with what it covers."""
    filings: dict[int, tuple[EvaluatorFiling, list[Scope]]] = {
        each.id: (each, [])
        for each in session.scalars(
            select(EvaluatorFiling)
            .where(
                EvaluatorFiling.institution_id == institution_id,
                EvaluatorFiling.kind != EvaluatorKind.AUTHORITY,
            )
            .order_by(EvaluatorFiling.id)
        )
    }
    rows = session.scalars(select(EvaluatorScope).where(EvaluatorScope.filing_id.in_(sorted(filings))))
    for row in rows:
        level = Level(row.level) if row.level else None
        filings[row.filing_id][1].append(Scope(row.trade_code, level, row.since, row.until))
    return filings


def list_filed_regions(session: Session, institution_id: int) -> set[str]:
    """Return the regions an evaluator is filed in, with all below them."""
    codes = session.scalars(
        select(EvaluatorFiling.region_code).where(EvaluatorFiling.institution_id == institution_id).distinct()
    ).all()
    return {each for code in codes for each in catalogue.list_subtree(session, code)}


def choose_filing(
    session: Session,
    institution_id: int,
    trade_code: str,
    level: Level | None,
    on: date,
    aliases: Mapping[str, str],
) -> EvaluatorFiling:
    """Return the filing under which an evaluator may examine a trade and level on a day.

    Raises Refused evaluator_not_standing, evaluator_not_filed, evaluator_out_of_scope,
    evaluator_out_of_date.
    """
    state = session.scalar(select(Institution.state).where(Institution.id == institution_id))
    if state is not None and state not in IN_GOOD_STANDING:
        raise EVALUATOR_NOT_STANDING.refused(state=STATE_NAMES[Thing.INSTITUTION][state])
    refusals: list[Refused] = []
    for filing, scopes in read_filings(session, institution_id).values():
        try:
            check_scope(trade_code, level, on, scopes, aliases)
        except Refused as refused:
            refusals.append(refused)
        else:
            return filing
    if not refusals:
        raise EVALUATOR_NOT_FILED.refused()
    # "not in force that day" says more than "not in the scope of the other filing"
    raise max(refusals, key=lambda each: each.refusal.code == EVALUATOR_OUT_OF_DATE.code)
