"""数据字典: every open file, what stands in each of its columns, how it may be used, how old it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.public.blueprint import public
from voucher.plumbing.spreadsheets import harmless
from voucher.stages.oversee.published import read_smallest

Column = tuple[str, str, str]  # its name, its unit or form, what it means

COUNTED: tuple[Column, ...] = (
    ("发券（张）", "整数", "发出的培训券，含以后过期、退回、作废的"),
    ("培训（人次）", "整数", "有有效核销的券；撤销的核销不计"),
    ("取证（本）", "整数", "凭券核实的证书"),
    ("凭券已拨付（元）", "元，两位小数", "银行回执成功的补贴，减去已追回的；正在追回的仍计入"),
)
STANDARD_COLUMNS: tuple[Column, ...] = (
    ("标准编号", "文字", "一行标准的固定编号"),
    ("补贴", "文字", "培训补贴或评价补贴"),
    ("项目", "文字", "按哪一种证书"),
    ("职业编码", "文字", "职业分类大典编码；空为全部职业"),
    ("等级", "文字", "空为不分等级"),
    ("行政区划代码", "文字", "空为全省"),
    ("标准（元/人）", "元，两位小数", "每人每证；按学时的为每学时"),
    ("起始日期", "年-月-日", "自当日起施行"),
    ("终止日期", "年-月-日", "施行到当日；空为继续有效"),
    ("文号", "文字", "写明这个标准的文件"),
    ("依据强度", "文字", "文件明文、政府网站、媒体转述、来源单一"),
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One open file: its name, where it is had, how it is brought up to date, its columns."""

    name: str
    endpoint: str
    cut: str | None
    renewed: str
    columns: tuple[Column, ...]

    @property
    def url(self) -> str:
        """Return the address of the file."""
        return url_for(self.endpoint, cut=self.cut) if self.cut else url_for(self.endpoint)


def _of_cut(name: str, cut: str, first: Column) -> Dataset:
    return Dataset(name, "web.public.figures_file", cut, "每次下载时从业务记录汇总", (first, *COUNTED))


DATASETS = (
    _of_cut("培训券按地区", "region", ("地区", "文字", "发券的地区；“本级”为该地区自己发的")),
    _of_cut("培训券按职业", "trade", ("职业", "文字", "券上的职业；通用券在报名前没有")),
    _of_cut("培训券按月份", "month", ("发券月份", "年-月", "发券时间，北京时间；十二个月以前的合为“更早”")),
    Dataset("补贴标准", "web.public.standards_file", None, "登记新文件的当天，旧行保留", STANDARD_COLUMNS),
)


def answer_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table as a file; spreadsheet programs read UTF-8 only behind its first mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([harmless(each) for each in row] for row in rows)
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@public.get("/open-data")
def dictionary() -> ResponseReturnValue:
    """Show every open file with its columns, the licence, and what is left out and why."""
    with the_door().read() as session:
        smallest = read_smallest(session, the_door().today)
    return render_template("public/dictionary.html", datasets=DATASETS, smallest=smallest)


@public.get("/open-data/dictionary.csv")
def dictionary_file() -> ResponseReturnValue:
    """Return the dictionary as a file of its own."""
    return answer_csv(
        "dictionary.csv",
        ["数据集", "列", "格式", "含义", "更新"],
        [[each.name, *column, each.renewed] for each in DATASETS for column in each.columns],
    )
