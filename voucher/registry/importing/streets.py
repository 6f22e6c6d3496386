"""Towns and streets out of a file, each below a county that is known already; names come up to the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import insert, select, update

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import REGION_UNKNOWN, Region
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.reading import Reading
from voucher.registry.importing.regions import CITY, PROVINCE, read_code
from voucher.registry.streets import Street
from voucher.rules.actor import Role
from voucher.rules.errors import reason
from voucher.rules.levels import clean_word, mask_code

CODE, NAME, COUNTY, SOURCE = "代码", "名称", "所属县区", "来源"
DIGITS = 9
_SHAPE = re.compile(rf"[0-9]{{{DIGITS}}}")

STREET_CODE_MALFORMED = reason(
    "street_code_malformed",
    "乡镇街道代码 {given} 格式不正确：应为 9 位数字",
    "请填写统计用区划代码的前 9 位",
    "统计用区划代码编制规则",
)


@dataclass(frozen=True, slots=True)
class StreetRow:
    """A town or street as a file states it."""

    code: str
    name: str
    region_code: str
    source: str


def read_street_code(cell: Cell) -> str:
    """Return a street's code of nine digits. Raises street_code_malformed."""
    code = clean_word(cell_text(cell))
    if not _SHAPE.fullmatch(code):
        raise STREET_CODE_MALFORMED.refused(given=mask_code(code))
    return code


class StreetsImporter(Importer[StreetRow]):
    """Columns 代码, 名称, 所属县区; the national table's own headings are read as well."""

    kind = "streets"
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(CODE, text=False, alias=("code",)),
        Column(NAME, alias=("name",)),
        Column(COUNTY, text=False, alias=("areaCode", "region_code")),
        Column(CITY, required=False, text=False),
        Column(PROVINCE, required=False, text=False),
        Column(SOURCE, required=False, alias=("source",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._regions = frozenset(work.session.scalars(select(Region.code)))
        self._known = dict(work.session.execute(select(Street.code, Street.name)).all())

    def check(self, reading: Reading) -> StreetRow | None:
        """Return the street a row states."""
        code, name = reading.take(CODE, read_street_code), reading.words(NAME, clean_word)
        county = reading.take(COUNTY, read_code)
        if code is None or name is None or county is None:
            return None
        return StreetRow(code, name, county, reading.text(SOURCE) or "乡镇街道表导入文件")

    def keep(self, piece: Sequence[tuple[int, StreetRow]]) -> None:
        """Add new streets below known counties and bring names up to the file."""
        fresh: dict[str, StreetRow] = {}
        for line, row in piece:
            if row.region_code not in self._regions:
                told = REGION_UNKNOWN.refusal(region=row.region_code)
                self.report.refuse(line, COUNTY, row.region_code, told)
            elif row.code not in self._known:
                self._known[row.code] = row.name
                fresh[row.code] = row
            elif self._known[row.code] == row.name:
                self.report.rows_unchanged += 1
            else:
                self._rename(row)
        if fresh:
            self.work.session.execute(insert(Street), [asdict(row) for row in fresh.values()])
            self.report.rows_added += len(fresh)

    def _rename(self, row: StreetRow) -> None:
        self.work.session.execute(update(Street).where(Street.code == row.code).values(name=row.name))
        audit.record_one(self.work, "street", int(row.code), "rename", before=self._known[row.code])
        self._known[row.code] = row.name
        self.report.rows_changed += 1
