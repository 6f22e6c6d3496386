"""Filings and scopes of evaluators: what is new is added under its own first day, nothing is rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope, Institution
from voucher.registry.people import LOOKUP_CHUNK


@dataclass(frozen=True, slots=True)
class FilingRow:
    """One scope under its filing, as a file states it; level 0 stands for none."""

    institution_code: str
    kind: str
    region_code: str
    number: str
    trade_code: str
    level: int
    since: date
    until: date | None
    standard_kind: str | None = None
    standard_document: str | None = None
    list_year: int | None = None


@dataclass(slots=True)
class Written:
    """How many scopes were added and how many changed their last day, standard or year."""

    added: int = 0
    changed: int = 0


def find_filing_holders(work: Work, numbers: Iterable[str]) -> dict[str, str]:
    """Return the institution code behind each known filing number."""
    found: dict[str, str] = {}
    ordered = sorted(set(numbers))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(EvaluatorFiling.filing_number, Institution.code)
            .join(Institution, Institution.id == EvaluatorFiling.institution_id)
            .where(EvaluatorFiling.filing_number.in_(ordered[start : start + LOOKUP_CHUNK]))
        )
        found.update(dict(rows.all()))
    return found


def write_filings(work: Work, rows: Sequence[FilingRow], institution_ids: Mapping[str, int]) -> Written:
    """Write filings and their scopes and say what that changed."""
    filings = _find_filings(work, {row.number for row in rows})
    grouped: dict[str, list[FilingRow]] = {}
    for row in rows:
        grouped.setdefault(row.number, []).append(row)
    for group in grouped.values():
        _write_filing(work, filings, group, institution_ids)
    work.session.flush()
    written = _write_scopes(work, rows, filings)
    _span(work, filings.values())
    work.session.flush()
    return written


def _find_filings(work: Work, numbers: Iterable[str]) -> dict[str, EvaluatorFiling]:
    found: dict[str, EvaluatorFiling] = {}
    ordered = sorted(numbers)
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        chunk = ordered[start : start + LOOKUP_CHUNK]
        query = select(EvaluatorFiling).where(EvaluatorFiling.filing_number.in_(chunk))
        found.update({row.filing_number: row for row in work.session.scalars(query)})
    return found


def _write_filing(
    work: Work,
    filings: dict[str, EvaluatorFiling],
    rows: Sequence[FilingRow],
    institution_ids: Mapping[str, int],
) -> None:
    """Open a filing, or change its kind and region to those of the newest file."""
    last = rows[-1]
    found = filings.get(last.number)
    if found is None:
        filings[last.number] = made = EvaluatorFiling(
            institution_id=institution_ids[last.institution_code],
            kind=last.kind,
            region_code=last.region_code,
            filing_number=last.number,
            since=last.since,
            until=last.until,
        )
        work.session.add(made)
        work.session.flush()
        audit.record_one(
            work, "evaluator_filing", made.id, "file", number=last.number, region=last.region_code
        )
    else:
        _change(work, found, {"kind": last.kind, "region_code": last.region_code})


def _change(work: Work, filing: EvaluatorFiling, wanted: Mapping[str, str | date | None]) -> None:
    change = {name: value for name, value in wanted.items() if getattr(filing, name) != value}
    for name, value in change.items():
        setattr(filing, name, value)
    if change:
        told = {name: str(value) if value is not None else None for name, value in change.items()}
        audit.record_one(work, "evaluator_filing", filing.id, "update", **told)


def _span(work: Work, filings: Iterable[EvaluatorFiling]) -> None:
    """Let each filing last from its first scope's first day to its last scope's last day."""
    by_id = {filing.id: filing for filing in filings}
    ids = sorted(by_id)
    for start in range(0, len(ids), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(
                EvaluatorScope.filing_id,
                func.min(EvaluatorScope.since),
                func.max(EvaluatorScope.until),
                func.count() - func.count(EvaluatorScope.until),
            )
            .where(EvaluatorScope.filing_id.in_(ids[start : start + LOOKUP_CHUNK]))
            .group_by(EvaluatorScope.filing_id)
        )
        for filing_id, since, until, endless in rows:
            _change(work, by_id[filing_id], {"since": since, "until": None if endless else until})


def _write_scopes(work: Work, rows: Sequence[FilingRow], filings: Mapping[str, EvaluatorFiling]) -> Written:
    written = Written()
    known: dict[tuple[int, str, int, date], EvaluatorScope] = {}
    filing_ids = sorted({filings[row.number].id for row in rows})
    for start in range(0, len(filing_ids), LOOKUP_CHUNK):
        chunk = filing_ids[start : start + LOOKUP_CHUNK]
        for scope in work.session.scalars(select(EvaluatorScope).where(EvaluatorScope.filing_id.in_(chunk))):
            known[(scope.filing_id, scope.trade_code, scope.level, scope.since)] = scope
    told: list[audit.Entry] = []
    for row in rows:
        filing_id = filings[row.number].id
        key = (filing_id, row.trade_code, row.level, row.since)
        found = known.get(key)
        stated = {"until": row.until}
        # what a file leaves out takes nothing away that an earlier one said
        told_of = ("standard_kind", "standard_document", "list_year")
        stated |= {name: getattr(row, name) for name in told_of if getattr(row, name) is not None}
        if found is not None and all(getattr(found, name) == value for name, value in stated.items()):
            continue
        act = "add_scope" if found is None else "change_scope"
        if found is None:
            known[key] = found = EvaluatorScope(
                filing_id=filing_id,
                trade_code=row.trade_code,
                level=row.level,
                since=row.since,
                **stated,
            )
            work.session.add(found)
            written.added += 1
        else:
            for name, value in stated.items():
                setattr(found, name, value)
            written.changed += 1
        content = {
            "trade": row.trade_code,
            "level": row.level,
            "since": row.since.isoformat(),
            "until": row.until.isoformat() if row.until is not None else None,
            "standard": row.standard_document,
            "year": row.list_year,
        }
        told.append(audit.Entry("evaluator_filing", filing_id, act, content))
    work.session.flush()
    audit.record(work, told)
    return written
