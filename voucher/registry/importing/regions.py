"""Regions out of a file: provinces, cities, counties and functional zones, each below the one above it."""

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
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word, mask_code, mask_word

CODE, NAME, PARENT, RANK, SOURCE = "代码", "名称", "上级代码", "级别", "来源"
CITY, PROVINCE = "cityCode", "provinceCode"

RANK_UNKNOWN = reason(
    "rank_unknown", "“{given}”不是规定的级别", "请填写以下之一：省、市、县、功能区", "S0-00; S1-00a"
)
REGION_CODE_MALFORMED = reason(
    "region_code_malformed",
    "地区代码 {given} 格式不正确：应为 2、4 或 6 位数字，功能区可为 4 位数字加 2 位字母数字",
    "请填写行政区划代码；功能区没有代码的，请按本省编定的代码填写",
    "GB/T 2260; S1-00a",
)

REGION_MOVED = reason(
    "region_moved",
    "地区 {code} 已登记在 {known} 之下，文件写的上级是 {given}",
    "改变隶属、撤县设区的都有新代码：请按新代码另列一行，原代码留给原来的业务；上级填错的，请更正本行",
    "GB/T 2260（一个代码一个上级）; S2-15g 逐级对平",
    Family.CONFLICT,
)

_SHAPE = re.compile(r"[0-9]{2}(?:[0-9]{2}(?:[0-9A-Z]{2})?)?")
_RANKS = {
    **dict.fromkeys(("省", "省级", "province"), "province"),
    **dict.fromkeys(("市", "市级", "地级", "city"), "city"),
    **dict.fromkeys(("县", "县级", "区", "county"), "county"),
    **dict.fromkeys(("功能区", "开发区", "zone"), "zone"),
}
# 4190 and its like group counties directly below a province; here such a county stands beside the cities.
_NO_CITY = "直辖县级行政区划"


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region as a file states it, with a six-character code."""

    code: str
    name: str
    parent_code: str | None
    rank: str
    source: str


def read_code(cell: Cell) -> str:
    """Return a region's code with six characters. Raises region_code_malformed."""
    code = clean_word(cell_text(cell)).upper()
    if not _SHAPE.fullmatch(code):
        raise REGION_CODE_MALFORMED.refused(given=mask_code(code))
    return code.ljust(6, "0")


class RegionsImporter(Importer[RegionRow]):
    """Columns 代码, 名称, 上级代码, 级别; the three national tables' own headings are read as well."""

    kind = "regions"
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(CODE, text=False, alias=("code", "地区代码", "行政区划代码")),
        Column(NAME, alias=("name", "地区名称")),
        Column(PARENT, required=False, text=False, alias=("parent_code",)),
        Column(RANK, required=False, alias=("rank",)),
        Column(CITY, required=False, text=False),
        Column(PROVINCE, required=False, text=False),
        Column(SOURCE, required=False, alias=("source",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        rows = work.session.execute(select(Region.code, Region.name, Region.parent_code, Region.rank))
        self._known = {code: (name, parent, rank) for code, name, parent, rank in rows}

    def check(self, reading: Reading) -> RegionRow | None:
        """Return the region a row states."""
        code, name = reading.take(CODE, read_code), reading.words(NAME, clean_word)
        rank = reading.words(RANK, _read_rank, required=False)
        above = [reading.take(column, read_code, required=False) for column in (PARENT, CITY, PROVINCE)]
        if code is None or name is None:
            return None
        known = self._known[code][1] if code in self._known else None
        if known is not None and above[0] is not None and _below_no_city(above[0]) != known:
            reading.refuse(PARENT, REGION_MOVED.refusal(code=code, known=known, given=above[0]))
            return None
        if rank is None:
            rank = _rank_of(code)
        parent = next((each for each in above if each is not None and each != code), None) or _above(
            code, rank
        )
        source = reading.text(SOURCE) or "地区表导入文件"
        return RegionRow(code, name, parent, rank, source)

    def keep(self, piece: Sequence[tuple[int, RegionRow]]) -> None:
        """Add new regions below those above them and bring names up to the file."""
        fresh: list[RegionRow] = []
        for line, row in piece:
            parent = row.parent_code
            if row.name.endswith(_NO_CITY):
                self.report.rows_unchanged += 1
                continue
            rank = row.rank
            if parent is not None and parent not in self._known and _below_no_city(parent) != parent:
                parent, rank = _below_no_city(parent), "city"
            if parent is not None and parent not in self._known:
                self.report.refuse(line, PARENT, parent, REGION_UNKNOWN.refusal(region=parent))
            elif row.code not in self._known:
                self._known[row.code] = (row.name, parent, rank)
                fresh.append(RegionRow(row.code, row.name, parent, rank, row.source))
            else:
                self._update(row)
        if fresh:
            self.work.session.execute(insert(Region), [asdict(row) for row in fresh])
            self.report.rows_added += len(fresh)

    def _update(self, row: RegionRow) -> None:
        """Rename a known region; where it stands in the tree is not changed by a file."""
        name, parent, rank = self._known[row.code]
        if name == row.name or name.startswith(f"{row.name}（"):
            self.report.rows_unchanged += 1
            return
        self.work.session.execute(update(Region).where(Region.code == row.code).values(name=row.name))
        self._known[row.code] = (row.name, parent, rank)
        # Codes of zones carry letters; read in base 36 every code is a number of its own.
        audit.record_one(self.work, "region", int(row.code, 36), "rename", code=row.code, before=name)
        self.report.rows_changed += 1


def _below_no_city(parent: str) -> str:
    """Return the province where a file names the group of counties that no city is above."""
    return f"{parent[:2]}0000" if parent[2:4] == "90" else parent


def _read_rank(text: str) -> str:
    word = clean_word(text)
    if word not in _RANKS:
        raise RANK_UNKNOWN.refused(given=mask_word(word))
    return _RANKS[word]


def _rank_of(code: str) -> str:
    """Return what a code's own form says; 71 to 79 at its end, or a letter, is a functional zone."""
    if code.endswith("0000"):
        return "province"
    if code.endswith("00"):
        return "city"
    return "zone" if not code.isdigit() or "71" <= code[4:] <= "79" else "county"


def _above(code: str, rank: str) -> str | None:
    if rank == "province":
        return None
    return f"{code[:2]}0000" if rank == "city" else f"{code[:4]}00"
