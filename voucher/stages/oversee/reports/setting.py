"""Write down a target of one's own: what is counted, narrowed to what, and by which document."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region
from voucher.registry.indicators import Indicator, IndicatorNarrowing
from voucher.rules.actor import Role, check_reach
from voucher.rules.reports import Formula, Span, check_indicator, check_narrowing
from voucher.stages.oversee.reports.narrowing import Narrowing, check_words


def add_indicator(
    work: Work,
    *,
    code: str,
    name: str,
    formula: Formula,
    unit: str,
    span: Span,
    target: int,
    document: str,
    narrowing: Narrowing | None = None,
) -> int:
    """Write down a target of one's own from today on and return its id; `narrowing` by dimension.

    Raises Refused role_missing, indicator_target_unreadable, indicator_source_missing, indicator_known,
    indicator_not_narrowed_so, word_unknown, indicator_programme_unknown, _trade_unknown, _level_unknown.
    """
    everywhere = work.session.scalars(
        select(Region.code).where(
            Region.parent_code.is_(None), Region.code.in_(select(Region.parent_code).distinct())
        )
    ).one()
    check_reach(work.actor, everywhere, Role.SUPERVISOR)
    check_indicator(name, target, document)
    kept = check_words(work.session, narrowing or {}, work.today)
    check_narrowing(formula, kept)
    written = Indicator(
        code=code, name=name, formula=str(formula), unit=unit, span=str(span), target=target,
        since=work.today, until=None, document=document.strip(), source="自定",
    )  # fmt: skip
    work.session.add(written)
    work.session.flush()
    work.session.add_all(
        IndicatorNarrowing(indicator_id=written.id, dimension=str(each), formula=written.formula, word=word)
        for each, word in kept.items()
    )
    work.session.flush()
    told = {str(each): word for each, word in kept.items()}
    audit.record_one(
        work, "indicator", written.id, "add", code=code, formula=str(formula), target=target, only=told
    )
    return written.id
