"""The ledger as one workbook, however many lines: read piece by piece, written as it is read.

A sheet holds 1,048,575 lines below its headings; the next line begins another sheet. What each act comes to,
and how the lines were chosen, stand behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from voucher.ledger.entries import EntrySearch, bound, count_entries, page_entries
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.db import Database
from voucher.plumbing.spreadsheets import LINES_MOST, Kind, Sheet, SheetColumn, write_workbook
from voucher.rules.money import format_yuan
from voucher.stages.settle.queries import list_budgets
from voucher.stages.settle.queries.ledger_lines import LedgerLine, name_budget, tell_entries

COLUMNS = (
    SheetColumn("序号", Kind.WHOLE, 10), SheetColumn("时间", width=18), SheetColumn("事项", width=14),
    SheetColumn("从", width=12), SheetColumn("到", width=12), SheetColumn("金额（元）", Kind.AMOUNT, 16),
    SheetColumn("金额（分，可求和）", Kind.FEN, 18),
    SheetColumn("预算", width=32), SheetColumn("申领", width=26), SheetColumn("券", width=26),
    SheetColumn("机构", width=36), SheetColumn("办理人", width=12),
)  # fmt: skip
SUM_COLUMNS = (
    SheetColumn("事项", width=18), SheetColumn("笔数", Kind.WHOLE, 12),
    SheetColumn("金额（元）", Kind.AMOUNT, 22), SheetColumn("金额（分，可求和）", Kind.FEN, 22),
)  # fmt: skip
ASKED_COLUMNS = (SheetColumn("条件", width=20), SheetColumn("内容", width=60))
LINES, SUMS, ASKED = "账本", "按事项合计", "筛选条件"
PER_PIECE = 2_000

Row = tuple[str | int, ...]
Told = Callable[[int, int | None], None]


@dataclass(slots=True)
class LedgerSums:
    """What the lines written so far come to, act by act: how many, how much in fen."""

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, line: LedgerLine) -> None:
        """Count one line."""
        count, fen = self.counts.get(line.act, (0, 0))
        self.counts[line.act] = (count + 1, fen + line.entry.amount_fen)

    @property
    def lines(self) -> int:
        """Return how many lines there were."""
        return sum(count for count, _ in self.counts.values())

    @property
    def amount_fen(self) -> int:
        """Return what all lines come to in fen: what was moved, back and forth, not what is left."""
        return sum(fen for _, fen in self.counts.values())

    def list_rows(self) -> list[Row]:
        """Return a row for each act and one for all."""
        rows: list[Row] = [(act, count, fen, fen) for act, (count, fen) in self.counts.items()]
        return [*rows, ("合计（发生额）", self.lines, self.amount_fen, self.amount_fen)]


def tell_line(line: LedgerLine) -> Row:
    """Return one line as its row."""
    return (
        line.entry.id, f"{line.entry.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", line.act, *line.path,
        line.entry.amount_fen, line.entry.amount_fen, line.budget, line.claim, line.voucher,
        line.institution, line.who,
    )  # fmt: skip


def write_ledger(
    database: Database,
    regions: Collection[str],
    wanted: EntrySearch,
    asked: Sequence[tuple[str, str]],
    *,
    before_id: int,
    to: Path,
    made_at: datetime,
    progress: Told,
    per_sheet: int = LINES_MOST,
) -> LedgerSums:
    """Write every line before an id as a workbook and return what they come to.

    No transaction stays open from one piece to the next; lines are only ever added, behind that id.
    """
    with database.read() as session:
        names = {each.id: name_budget(session, each) for each in list_budgets(session, regions)}
        whole = count_entries(session, regions, wanted, most=None)
        wanted = bound(session, wanted)
    sums = LedgerSums()

    def rows() -> Iterator[Row]:
        before = before_id
        while True:
            with database.read() as session:
                found = page_entries(session, regions, wanted, before_id=before, limit=PER_PIECE)
                told = tell_entries(session, found, names)
            for each in told:
                sums.add(each)
                yield tell_line(each)
            progress(sums.lines, whole)
            if len(found) < PER_PIECE:
                return
            before = found[-1].id

    def sheets() -> Iterator[Sheet]:
        left, number = rows(), 1
        first = next(left, None)
        while first is not None or number == 1:
            begun = [first] if first is not None else []
            name = LINES if number == 1 else f"{LINES} {number}"
            yield Sheet(name, COLUMNS, islice(chain(begun, left), per_sheet))
            first, number = next(left, None), number + 1
        yield Sheet(SUMS, SUM_COLUMNS, sums.list_rows())
        yield Sheet(ASKED, ASKED_COLUMNS, [
            *asked, ("笔数", f"{sums.lines:,} 笔，分 {number - 1} 张工作表"),
            ("发生额合计", f"{format_yuan(sums.amount_fen)} 元（一分钱进出几次就计几次）"),
            ("生成时间", f"{made_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
        ])  # fmt: skip

    write_workbook(to, sheets(), created_at=made_at, title="账本")
    return sums
