"""Rows of the tariffs as they are written: held against those that stand, put among them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry import catalogue
from voucher.registry.standards import ModifierRow, ShortageEntry, StandardRow
from voucher.registry.tables import read_standards
from voucher.rules.levels import mask_word
from voucher.rules.programmes import TRADE_UNKNOWN
from voucher.rules.subsidy import Standard
from voucher.rules.tariffs import SUBJECT_NAMES, TARIFF_STANDS, Subject, Tariff

EVIDENCE = "document"


def check_new(session: Session, new: Tariff) -> None:
    """Refuse an unknown occupation, and a second row of one scope and day: nobody could say which counts.

    Raises Refused trade_unknown, tariff_stands_already.
    """
    code = new.occupation_code
    if code is not None and session.get(catalogue.Occupation, code) is None:
        raise TRADE_UNKNOWN.refused(trade=mask_word(code), on=new.since.isoformat())
    document = _find_same(session, new)
    if document is not None:
        raise TARIFF_STANDS.refused(subject=SUBJECT_NAMES[new.subject], document=document)


def _find_same(session: Session, new: Tariff) -> str | None:
    if new.subject is Subject.STANDARD:
        scope = (new.kind, new.form, new.occupation_code, new.level, new.region_code, new.since)
        return next((each.document for each in read_standards(session) if _scope(each) == scope), None)
    if new.subject is Subject.MODIFIER:
        return session.scalars(
            select(ModifierRow.document).where(
                ModifierRow.kind == str(new.kind),
                ModifierRow.method.is_not_distinct_from(str(new.method) if new.method else None),
                ModifierRow.mode.is_not_distinct_from(str(new.mode) if new.mode else None),
                ModifierRow.region_code.is_not_distinct_from(new.region_code),
                ModifierRow.since == new.since,
            )
        ).first()
    return session.scalars(
        select(ShortageEntry.document).where(
            ShortageEntry.occupation_code == new.occupation_code,
            ShortageEntry.level.is_not_distinct_from(int(new.level) if new.level else None),
            ShortageEntry.region_code.is_not_distinct_from(new.region_code),
            ShortageEntry.since == new.since,
        )
    ).first()


def _scope(row: Standard) -> tuple[object, ...]:
    return row.kind, row.form, row.occupation_code, row.level, row.region_code, row.since


def write_row(session: Session, code: str, new: Tariff) -> None:
    """Put a row among the tariffs; an entry of a list has no code."""
    document, level = new.document.strip(), int(new.level) if new.level else None
    dated: dict[str, Any] = {"since": new.since, "until": new.until, "document": document}
    if new.subject is Subject.SHORTAGE:
        session.add(
            ShortageEntry(
                occupation_code=new.occupation_code, level=level, region_code=new.region_code, **dated
            )
        )
    elif new.subject is Subject.MODIFIER:
        session.add(
            ModifierRow(
                code=code,
                kind=str(new.kind),
                method=str(new.method) if new.method else None,
                mode=str(new.mode) if new.mode else None,
                region_code=new.region_code,
                basis_points=new.basis_points,
                **dated,
            )
        )
    else:
        session.add(
            StandardRow(
                code=code,
                kind=str(new.kind),
                form=new.form,
                occupation_code=new.occupation_code,
                level=level,
                region_code=new.region_code,
                amount_fen=new.amount_fen,
                evidence=EVIDENCE,
                **dated,
            )
        )
    session.flush()
