"""Institutions out of a file: new ones enter the 目录清单, known ones are brought up to the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from voucher.ledger import audit, states
from voucher.plumbing.spreadsheets import Column
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.listings import enter_listings, read_years
from voucher.registry.importing.places import Places, find_foreign
from voucher.registry.importing.reading import Reading
from voucher.registry.institutions import Institution
from voucher.registry.people import LOOKUP_CHUNK
from voucher.rules.errors import Refused
from voucher.rules.levels import clean_word
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import InstitutionKind, parse_institution_kind

NAME, CODE, KIND, REGION = "名称", "统一社会信用代码", "类型", "地区"
FILING, SINCE, UNTIL = "备案号", "有效期起", "有效期止"
LISTED, LISTED_BY = "清单年度", "清单文号"
COMPARED = ("name", "kind", "region_code", "filing_number", "since", "until")

# The first part that is found in the word decides; lists of institutions rarely use one vocabulary.
_KIND_PARTS: tuple[tuple[str, InstitutionKind], ...] = (
    ("产业学院", InstitutionKind.INDUSTRY_COLLEGE),
    ("技工", InstitutionKind.TECHNICIAN_COLLEGE),
    ("技师学院", InstitutionKind.TECHNICIAN_COLLEGE),
    ("广播电视", InstitutionKind.AGRICULTURAL_BROADCAST_SCHOOL),
    ("农广校", InstitutionKind.AGRICULTURAL_BROADCAST_SCHOOL),
    ("评价", InstitutionKind.EVALUATION_BODY),
    ("鉴定", InstitutionKind.EVALUATION_BODY),
    ("服务站", InstitutionKind.SKILL_SERVICE_STATION),
    ("平台", InstitutionKind.ONLINE_PLATFORM),
    ("就业训练", InstitutionKind.PUBLIC_TRAINING_CENTRE),
    ("企业培训", InstitutionKind.ENTERPRISE_TRAINING_CENTRE),
    ("培训", InstitutionKind.TRAINING_SCHOOL),
    ("院校", InstitutionKind.VOCATIONAL_COLLEGE),
    ("学院", InstitutionKind.VOCATIONAL_COLLEGE),
    ("学校", InstitutionKind.VOCATIONAL_COLLEGE),
    ("高中", InstitutionKind.VOCATIONAL_COLLEGE),
    ("大学", InstitutionKind.VOCATIONAL_COLLEGE),
    ("高校", InstitutionKind.VOCATIONAL_COLLEGE),
    ("企业", InstitutionKind.ENTERPRISE),
    ("公司", InstitutionKind.ENTERPRISE),
    ("用人单位", InstitutionKind.ENTERPRISE),
    ("个体", InstitutionKind.ENTERPRISE),
)


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """An institution as a file states it, in canonical form."""

    code: str
    name: str
    kind: str
    region_code: str
    filing_number: str | None = None
    since: date | None = None
    until: date | None = None


def read_kind(text: str) -> InstitutionKind:
    """Return the kind a word means, exactly or by a part of it. Raises institution_kind_unknown."""
    try:
        return parse_institution_kind(text)
    except Refused:
        word = clean_word(text)
        for part, kind in _KIND_PARTS:
            if part in word:
                return kind
        raise


@dataclass(frozen=True, slots=True)
class ListedRow:
    """An institution and the years on whose list of training institutions it stands, where a file says so."""

    institution: InstitutionRow
    years: tuple[int, ...]
    document: str | None


class InstitutionsImporter(Importer[ListedRow]):
    """Columns 名称, 统一社会信用代码, 类型, 地区, 备案号, 有效期起, 有效期止; 清单年度, 清单文号."""

    kind = "institutions"
    columns = (
        Column(NAME, alias=("机构名称",)),
        Column(CODE),
        Column(KIND, alias=("机构类型", "类别")),
        Column(REGION, text=False),
        Column(FILING, required=False),
        Column(SINCE, required=False),
        Column(UNTIL, required=False),
        Column(LISTED, required=False, text=False),
        Column(LISTED_BY, required=False),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._places = Places(work.session)

    def check(self, reading: Reading) -> ListedRow | None:
        """Return the institution a row states."""
        code, name = reading.organisation(CODE), reading.words(NAME, clean_title)
        kind, region = reading.words(KIND, read_kind), reading.take(REGION, self._places.read)
        since, until = reading.period(SINCE, UNTIL, required=False)
        years = reading.take(LISTED, read_years, required=False) or ()
        if code is None or name is None or kind is None or region is None:
            return None
        foreign = find_foreign(self.work.actor, region, self.roles)
        if foreign is not None:
            reading.refuse(REGION, foreign)
        row = InstitutionRow(code, name, str(kind), region, reading.text(FILING) or None, since, until)
        return ListedRow(row, years, reading.text(LISTED_BY) or None)

    def keep(self, piece: Sequence[tuple[int, ListedRow]]) -> None:
        """Open the new and update the known; of an institution named twice the later row counts."""
        stated = {row.institution.code: row.institution for _, row in piece}
        known = find_stored(self.work, stated)
        fresh = [row for code, row in stated.items() if code not in known]
        ids = {code: institution_id for code, (institution_id, _) in known.items()}
        ids |= open_institutions(self.work, fresh)
        places = {(ids[row.institution.code], year): row.document for _, row in piece for year in row.years}
        changed = set(enter_listings(self.work, places).institution_ids)
        for code, (institution_id, stored) in known.items():
            change = {
                name: value
                for name, value in asdict(stated[code]).items()
                # What the file leaves empty stays as it was recorded.
                if name in COMPARED and value is not None and value != getattr(stored, name)
            }
            if change:
                update_institution(self.work, institution_id, change)
                changed.add(institution_id)
        changed.difference_update(ids[row.code] for row in fresh)
        self.report.rows_added += len(fresh)
        self.report.rows_changed += len(changed)
        self.report.rows_unchanged += len(piece) - len(fresh) - len(changed)


def clean_title(text: str) -> str:
    """Return the name of an organisation with single spaces."""
    return " ".join(text.split())


def find_stored(work: Work, codes: Iterable[str]) -> dict[str, tuple[int, InstitutionRow]]:
    """Return id and recorded facts of the known among these institutions."""
    found: dict[str, tuple[int, InstitutionRow]] = {}
    ordered = sorted(set(codes))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(
                Institution.id, Institution.code, Institution.name, Institution.kind, Institution.region_code,
                Institution.filing_number, Institution.since, Institution.until,
            ).where(Institution.code.in_(ordered[start : start + LOOKUP_CHUNK]))
        )  # fmt: skip
        for institution_id, code, name, kind, region_code, filing_number, since, until in rows:
            row = InstitutionRow(code, name, kind, region_code, filing_number, since, until)
            found[code] = (institution_id, row)
    return found


def open_institutions(work: Work, rows: Sequence[InstitutionRow]) -> dict[str, int]:
    """Open institutions as listed and return their ids by code."""
    if not rows:
        return {}
    born = states.first_state(Thing.INSTITUTION, "list")
    ids = work.session.scalars(
        insert(Institution).returning(Institution.id, sort_by_parameter_order=True),
        [asdict(row) | born for row in rows],
    ).all()
    told: dict[int, dict[str, object]] = {
        i: {"code": row.code, "kind": row.kind, "region": row.region_code}
        for i, row in zip(ids, rows, strict=True)
    }
    states.begin(work, Thing.INSTITUTION, ids, "list", reason="导入目录清单", content=told)
    return {row.code: i for i, row in zip(ids, rows, strict=True)}


def update_institution(work: Work, institution_id: int, change: dict[str, Any]) -> None:
    """Change recorded facts of an institution and leave them in the trail."""
    work.session.execute(
        update(Institution).where(Institution.id == bindparam("key")), {"key": institution_id} | change
    )
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in change.items()}
    audit.record_one(work, "institution", institution_id, "update", **told)
