"""The yearly list of training institutions (目录清单) out of a file: who stands on which year's list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.listed_scopes import Scope, read_scope, write_scopes
from voucher.registry.importing.places import find_foreign
from voucher.registry.importing.reading import Reading
from voucher.registry.institutions import INSTITUTION_MISSING, Institution, InstitutionListing
from voucher.registry.people import LOOKUP_CHUNK
from voucher.registry.trades import list_trades
from voucher.rules.errors import reason
from voucher.rules.levels import clean_word, mask_word

CODE, YEAR, DOCUMENT, SCOPE = "统一社会信用代码", "年度", "文号", "职业等级"
UNSTATED = "机构导入文件（未填文号）"
_YEAR = re.compile(r"(20[0-9]{2})年?度?")
_BETWEEN = re.compile(r"[、,;/|\s]+")

YEAR_MALFORMED = reason(
    "listing_year_malformed",
    "“{given}”不是年度",
    "请填写四位年份，如 2024",
    "豫办〔2021〕29号 第3项; S2-03c",
)


@dataclass(frozen=True, slots=True)
class ListingRow:
    """A place on a year's list as a file states it, in canonical form."""

    code: str
    year: int
    document: str
    scope: Scope = ()


def read_year(cell: Cell) -> int:
    """Return the year a cell names. Raises listing_year_malformed."""
    word = clean_word(cell_text(cell))
    shape = _YEAR.fullmatch(word)
    if shape is None:
        raise YEAR_MALFORMED.refused(given=mask_word(word))
    return int(shape[1])


def read_years(cell: Cell) -> tuple[int, ...]:
    """Return the years a cell names, several with a comma between them. Raises listing_year_malformed."""
    return tuple(dict.fromkeys(read_year(word) for word in _BETWEEN.split(cell_text(cell)) if word))


class ListingsImporter(Importer[ListingRow]):
    """Columns 统一社会信用代码, 年度, 文号, 职业等级 (may be empty); the institution must be known."""

    kind = "listings"
    columns = (
        Column(CODE),
        Column(YEAR, text=False, alias=("清单年度",)),
        Column(DOCUMENT, alias=("公布文号", "文件")),
        Column(SCOPE, required=False, alias=("职业（工种）和等级",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._trades = dict(list_trades(work.session, work.today))

    def check(self, reading: Reading) -> ListingRow | None:
        """Return the place a row states."""
        code, year = reading.organisation(CODE), reading.take(YEAR, read_year)
        document = reading.words(DOCUMENT, str.strip)
        today = self.work.today.isoformat()
        scope = reading.take(SCOPE, lambda cell: read_scope(cell, self._trades, today), required=False)
        if code is None or year is None or document is None:
            return None
        return ListingRow(code, year, document, scope or ())

    def keep(self, piece: Sequence[tuple[int, ListingRow]]) -> None:
        """Enter the known among the institutions; one named twice stands on the list once."""
        known = _find_institutions(self.work, [row.code for _, row in piece])
        good: dict[tuple[int, int], str | None] = {}
        scopes: dict[tuple[int, int], Scope] = {}
        for line, row in piece:
            if row.code not in known:
                self.report.refuse(line, CODE, row.code, INSTITUTION_MISSING.refusal(code=row.code))
                continue
            institution_id, region = known[row.code]
            foreign = find_foreign(self.work.actor, region, self.roles)
            if foreign is not None:
                self.report.refuse(line, CODE, row.code, foreign)
            else:
                self.report.rows_unchanged += (institution_id, row.year) in good
                good[institution_id, row.year] = row.document
                scopes[institution_id, row.year] = row.scope
        entered = enter_listings(self.work, good)
        narrowed = write_scopes(self.work, scopes)
        self.report.rows_added += entered.added
        touched = max(entered.added + entered.changed, narrowed)
        self.report.rows_changed += touched - entered.added
        self.report.rows_unchanged += len(good) - touched


@dataclass(frozen=True, slots=True)
class Entered:
    """How many places were new and how many changed, and of which institutions."""

    added: int
    changed: int
    institution_ids: frozenset[int]


def enter_listings(work: Work, stated: Mapping[tuple[int, int], str | None]) -> Entered:
    """Put institutions on the lists of years: (institution, year) to document.

    Without a document a place that stands already stays as it is.
    """
    known = {
        (row.institution_id, row.year): row
        for chunk in _chunks({institution_id for institution_id, _ in stated})
        for row in work.session.scalars(
            select(InstitutionListing).where(InstitutionListing.institution_id.in_(chunk))
        )
    }
    fresh = sorted(place for place in stated if place not in known)
    changed = sorted(
        place for place, text in stated.items() if text and place in known and known[place].document != text
    )
    for place in changed:
        known[place].document = stated[place] or known[place].document
    if fresh:
        rows = [
            {
                "institution_id": institution_id,
                "year": year,
                "document": stated[institution_id, year] or UNSTATED,
                "listed_at": work.at,
                "listed_by_person_id": work.actor.person_id,
            }
            for institution_id, year in fresh
        ]
        work.session.execute(insert(InstitutionListing), rows)
    work.session.flush()
    told: dict[int, dict[str, str]] = {}
    for institution_id, year in (*fresh, *changed):
        told.setdefault(institution_id, {})[str(year)] = stated[institution_id, year] or UNSTATED
    entries = [
        audit.Entry("institution", i, "list_for_year", {"years": years}) for i, years in sorted(told.items())
    ]
    audit.record(work, entries)
    return Entered(len(fresh), len(changed), frozenset(told))


def _find_institutions(work: Work, codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    ordered = sorted(set(codes))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(Institution.code, Institution.id, Institution.region_code).where(
                Institution.code.in_(ordered[start : start + LOOKUP_CHUNK])
            )
        )
        found.update({code: (institution_id, region) for code, institution_id, region in rows})
    return found


def _chunks(ids: Iterable[int]) -> list[list[int]]:
    ordered = sorted(ids)
    return [ordered[start : start + LOOKUP_CHUNK] for start in range(0, len(ordered), LOOKUP_CHUNK)]
