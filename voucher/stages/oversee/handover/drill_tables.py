"""The statistics of a region as a workbook and as csv: regions, institutions, classes, nobody by name.

The figures are those of the page: times add up from the regions' own vouchers, people are counted per place.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.registry.catalogue import Region, list_subtree
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.shares import shown_share
from voucher.stages.oversee.handover.packing import write_csv
from voucher.stages.oversee.statistics import reading
from voucher.stages.oversee.statistics.facts import DIRECT, NOWHERE
from voucher.stages.oversee.statistics.models import MEASURES, STEP_NAMES, STEPS
from voucher.stages.oversee.statistics.reading import Sums, Wish
from voucher.stages.train.queries.classes import find_classes

RANKS = {"province": "省", "city": "市", "county": "县（市、区）", "zone": "功能区"}
OWN, HOUSE, CLASS = "本级", "机构", "班级"
NO_HOUSE, NO_CLASS = "还没有报班", "还没有报班的券"
NO_VOUCHER = "不凭券，凭证书申领的评价补贴"
Told = Callable[[int, int | None], None]


class Depth(StrEnum):
    """How far down the tables go."""

    REGIONS = "regions"
    HOUSES = "houses"
    CLASSES = "classes"


DEPTH_NAMES = {
    Depth.REGIONS: "到全部下级地区",
    Depth.HOUSES: "到机构",
    Depth.CLASSES: "到班级",
}
COLUMNS = (
    SheetColumn("层级", width=12),
    SheetColumn("地区代码", width=10),
    SheetColumn("地区", width=30),
    SheetColumn("机构", width=30),
    SheetColumn("班级", width=36),
    *(SheetColumn(f"{name}（人次）", Kind.WHOLE, 10) for name in STEP_NAMES.values()),
    SheetColumn("中途结束（张）", Kind.WHOLE, 10),
    SheetColumn("占用（元）", Kind.AMOUNT, 16),
    SheetColumn("已拨付（元）", Kind.AMOUNT, 16),
    *(SheetColumn(f"{name}（人数）", Kind.WHOLE, 10) for name in STEP_NAMES.values()),
)
NOTES = (
    (
        "口径",
        "券按发放地区归集，按最后报名的班级归到机构；核销、取证只计现在有效的；追回的不算已兑现、已拨付",
    ),
    ("人次", "地区的行含全部下级；“本级”是该地区自己发的券，已含在该地区的行里，不要再相加"),
    ("人数", "同一人在一处只算一次，每一行各自逐人去重，不能逐级相加"),
    ("个人信息", "不含姓名、证件号码和任何可以认出个人的内容；原因里的号码已掩盖"),
)


@dataclass(frozen=True, slots=True)
class Drilled:
    """The two files, how many rows the table has, and until when was counted, in words."""

    xlsx: bytes
    csv: bytes
    rows: int
    counted_until: str


@dataclass(frozen=True, slots=True)
class Line:
    """One place: what kind, where, what is counted there, and how many people."""

    layer: str
    region_code: str
    region_name: str
    house: str
    taught: str
    sums: Sums
    people: Sums

    @property
    def cells(self) -> tuple[str | int, ...]:
        """Return the row in the order of the columns."""
        people = [self.people[step] for step in STEPS]
        place = (self.layer, self.region_code, self.region_name, self.house, self.taught)
        return (*place, *(self.sums[each] for each in MEASURES), *people)


def write_drill(
    session: Session,
    region_code: str,
    wish: Wish,
    depth: Depth,
    told: Mapping[str, str],
    *,
    made_at: datetime,
    progress: Told | None = None,
) -> Drilled:
    """Return the statistics of a region and of everything below it down to a depth, as two files."""
    age = reading.read_age(session)
    lines = _Walk(session, region_code, wish, depth).list_lines(progress)
    counted = "" if age.counted_at is None else _moment(age.counted_at)
    whole = lines[0]
    about = [
        ("地区", f"{whole.region_name}（{region_code}）"),
        ("导出到", DEPTH_NAMES[depth]),
        *told.items(),
        ("数据截至", counted + (f"，之后还有 {age.behind} 条留痕没有计入" if age.behind else "")),
        ("生成时间", _moment(made_at)),
        *NOTES,
    ]
    out = io.BytesIO()
    sheets = [
        Sheet("说明", (SheetColumn("项目", width=16), SheetColumn("内容", width=100)), about),
        Sheet("分级", COLUMNS, [each.cells for each in lines]),
        _funnel(whole),
        _losses(session, lines, wish),
    ]
    write_workbook(out, sheets, created_at=made_at, title=f"统计 {whole.region_name}")
    said = "；".join(f"{label}：{word}" for label, word in told.items())
    head = [*(each.heading for each in COLUMNS), "筛选条件", "数据截至"]
    rows = [(*_plain(each.cells), said, counted) for each in lines]
    return Drilled(out.getvalue(), write_csv(head, rows), len(lines), counted)


def _plain(cells: Sequence[str | int]) -> Iterator[object]:
    """Yield what a csv says: amounts in yuan."""
    for column, value in zip(COLUMNS, cells, strict=True):
        if column.kind is Kind.AMOUNT and isinstance(value, int):
            # a program adds these up: no commas
            yield format_yuan(value).replace(",", "")
        else:
            yield value


def _funnel(whole: Line) -> Sheet:
    issued = whole.sums["issued"]
    rows = [
        (
            name,
            whole.sums[step],
            whole.people[step],
            shown_share(whole.sums[step], issued) if issued else None,
        )
        for step, name in STEP_NAMES.items()
    ]
    columns = (SheetColumn("环节"), SheetColumn("人次", Kind.WHOLE), SheetColumn("人数", Kind.WHOLE))
    return Sheet("漏斗", (*columns, SheetColumn("占发放", Kind.SHARE)), rows)


def _losses(session: Session, lines: Sequence[Line], wish: Wish) -> Sheet:
    """Return why vouchers left the way, region by region, each with everything below it."""
    states = STATE_NAMES[Thing.VOUCHER]
    rows = [
        (
            line.layer, line.region_code, line.region_name, states[each.came_from], states[each.ended_as],
            each.why or "按期限自动办理", each.times,
        )
        for line in lines
        if line.layer in RANKS.values() and line.sums["ended"]
        for each in reading.list_losses(session, line.region_code, wish)
    ]  # fmt: skip
    return Sheet(
        "结束原因",
        (SheetColumn("层级", width=12), SheetColumn("地区代码", width=10), SheetColumn("地区", width=30),
         SheetColumn("停在"), SheetColumn("结束为"), SheetColumn("原因", width=60),
         SheetColumn("张", Kind.WHOLE)),
        rows,
    )  # fmt: skip


class _Walk:
    """The way down from one region: the regions in the order of the tree, under each its own institutions."""

    def __init__(self, session: Session, region_code: str, wish: Wish, depth: Depth) -> None:
        self._session, self._wish, self._depth, self._top = session, wish, depth, region_code
        tree = list_subtree(session, region_code)
        found = session.scalars(select(Region).where(among(session, Region.code, tree)))
        self._regions = {each.code: each for each in found}
        self._own = reading.sum_regions(session, tree, wish)
        self._below: dict[str, list[str]] = {}
        for code in sorted(self._regions):
            self._below.setdefault(self._regions[code].parent_code or "", []).append(code)

    def list_lines(self, progress: Told | None) -> list[Line]:
        """Return every line, the whole region first, in the order of the tree."""
        lines: list[Line] = []
        for done, code in enumerate(self._walk(self._top), start=1):
            lines += self._list_of(code)
            if progress is not None:
                progress(done, len(self._regions))
        return lines

    def _walk(self, code: str) -> Iterator[str]:
        yield code
        for each in self._below.get(code, ()):
            yield from self._walk(each)

    def _list_of(self, code: str) -> Iterator[Line]:
        region, tree = self._regions[code], list(self._walk(code))
        sums = reading.total([self._own[each] for each in tree if each in self._own])
        people = reading.count_people(self._session, code, self._wish, regions=tree)
        yield Line(RANKS[region.rank], code, region.name, "", "", sums, people)
        own = self._own.get(code)
        if own is None:
            return
        if len(tree) > 1:
            people = reading.count_people(self._session, code, self._wish, regions=[code], own=True)
            yield Line(OWN, code, f"{region.name}本级", "", "", own, people)
        if self._depth is not Depth.REGIONS:
            yield from self._list_houses(code)

    def _list_houses(self, code: str) -> Iterator[Line]:
        sums = reading.sum_houses(self._session, code, self._wish)
        known = among(self._session, Institution.id, sums)
        query = select(Institution.id, Institution.name).where(known)
        names: dict[int, str] = dict(self._session.execute(query).all())
        region = self._regions[code].name
        for house, counted in sorted(sums.items()):
            name = names.get(house, NO_HOUSE)
            people = reading.count_people(
                self._session, code, self._wish, regions=[code], institution_id=house
            )
            yield Line(HOUSE, code, region, name, "", counted, people)
            if self._depth is Depth.CLASSES:
                yield from self._list_classes(code, house, name)

    def _list_classes(self, code: str, house: int, name: str) -> Iterator[Line]:
        sums = reading.sum_classes(self._session, code, house, self._wish)
        named = {
            each.id: f"{each.name}（{each.number}）"
            for each in find_classes(self._session, [each for each in sums if each > 0]).values()
        } | {NOWHERE: NO_CLASS, DIRECT: NO_VOUCHER}
        region = self._regions[code].name
        for taught, counted in sorted(sums.items()):
            people = reading.count_people(
                self._session, code, self._wish, regions=[code], institution_id=house, class_id=taught
            )
            yield Line(CLASS, code, region, name, named.get(taught, str(taught)), counted, people)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
