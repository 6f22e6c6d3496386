"""Rows of the tariffs as they are written: held against those that stand, put among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.registry import catalogue
from voucher.registry.standards import ModifierRow, ShortageEntry, StandardRow
from voucher.registry.tables import read_standards
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.levels import Level, mask_word
from voucher.rules.programmes import TRADE_UNKNOWN
from voucher.rules.subsidy import Standard
from voucher.rules.tariff_endings import TARIFF_ROW_MISSING
from voucher.rules.tariffs import SUBJECT_NAMES, TARIFF_STANDS, Subject, Tariff
from voucher.rules.vocabulary import Method, SubsidyKind

EVIDENCE = "document"
TariffRow = StandardRow | ModifierRow | ShortageEntry
TABLES: Mapping[Subject, type[Any]] = {
    Subject.STANDARD: StandardRow,
    Subject.MODIFIER: ModifierRow,
    Subject.SHORTAGE: ShortageEntry,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A row that counts today or later, by the number it has among those of its subject."""

    row_id: int
    tariff: Tariff


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


def list_standing(session: Session, subject: Subject, today: date) -> list[Standing]:
    """Return the rows of a subject that count today or later, the oldest first."""
    table = TABLES[subject]
    kept = or_(table.until.is_(None), table.until >= today)
    found: list[TariffRow] = list(session.scalars(select(table).where(kept).order_by(table.since, table.id)))
    return [Standing(each.id, read_row(subject, each)) for each in found]


def get_row(session: Session, subject: Subject, row_id: int, today: date, *, lock: bool = False) -> TariffRow:
    """Return a row that counts today or later. Raises Refused tariff_row_missing."""
    table = TABLES[subject]
    found: TariffRow | None = session.get(table, row_id, with_for_update=lock or None, populate_existing=lock)
    if found is None or (found.until is not None and found.until < today):
        raise TARIFF_ROW_MISSING.refused()
    return found


def read_row(subject: Subject, row: TariffRow) -> Tariff:
    """Return a row as it was proposed once, or shipped."""
    standard = row if isinstance(row, StandardRow) else None
    share = row if isinstance(row, ModifierRow) else None
    level = None if isinstance(row, ModifierRow) else row.level
    return Tariff(
        subject=subject,
        since=row.since,
        until=row.until,
        document=row.document,
        kind=None if isinstance(row, ShortageEntry) else SubsidyKind(row.kind),
        form=standard.form if standard is not None else None,
        occupation_code=None if isinstance(row, ModifierRow) else row.occupation_code,
        level=Level(level) if level is not None else None,
        region_code=row.region_code,
        amount_fen=standard.amount_fen if standard is not None else None,
        basis_points=share.basis_points if share is not None else None,
        method=Method(share.method) if share is not None and share.method else None,
        mode=TrainingMode(share.mode) if share is not None and share.mode else None,
    )


def end_row(session: Session, row: TariffRow, ends_on: date) -> None:
    """Let a row count to a day, which is its last."""
    row.until = ends_on
    session.flush()
