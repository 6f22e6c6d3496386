"""A row behind a flag in words: its columns by the data dictionary, moments as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from voucher.plumbing.clock import SHANGHAI
from voucher.rules.risk.measures import EPOCH
from voucher.stages.oversee.risk.folder import list_columns
from voucher.stages.oversee.risk.models import RiskFlagRow

TABLE_NAMES: dict[str, str] = {
    "institutions": "机构",
    "classes": "班级",
    "sessions": "课次",
    "places": "在班学员",
    "marks": "签到",
    "results": "成绩",
    "studies": "线上学习",
    "outside": "部门名单",
    "history": "以前的补贴、证书",
    "claims": "申领",
    "vouchers": "券",
    "links": "联系",
    "backflows": "资金回流",
    "look_ups": "查看",
    "certificates": "证书",
    "approvals": "审核",
    "payee_changes": "账户变更",
    "contacts": "回访",
    "outsiders": "别家留下的痕迹",
}
WORDS = {
    "in": "签到",
    "out": "签退",
    "training": "培训补贴",
    "evaluation": "评价补贴",
    "certificate": "证书",
    "deceased": "死亡",
    "student": "在校",
    "pension": "领养老金",
    "custody": "羁押、服刑",
    "employed": "在职参保",
    "account": "账户",
    "address": "住址",
    "contact": "紧急联系人",
    "phone": "电话",
    "device": "设备",
    "family": "家庭",
    "teacher": "教师",
    "confirmed": "确认",
    "denied": "否认参加",
    "silent": "联系不上",
    "people": "签到核销登记的人在它任职",
    "room": "它备案的教室",
    "payee": "同一收款账户",
}
DIGEST = 12
NAMED = {"class_id": "class", "institution": "institution", "other": "institution", "evaluator": "evaluator"}
NAMED |= {"officer": "officer", "partner": "officer", "examiner": "examiner"}


def tell_row(row: RiskFlagRow, names: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Return what stood in a row as (column, words), known things by name; who it was is left out."""
    told = []
    for column in list_columns(row.fact):
        value = row.said.get(column.name)
        if column.name in {"id", "person"} or value is None or value == "":
            continue
        label = column.meaning.split("：")[0].split("，")[0].split("（")[0]
        named = names.get((NAMED.get(column.name, ""), str(value)))
        words = named or _tell(column.kind, column.name, value)
        told.append((label.removesuffix("编号") if named else label, words))
    return told


def list_row_tokens(rows: Iterable[RiskFlagRow]) -> list[str]:
    """Return what rows speak of, as the tokens of a sentence."""
    return [
        f"{{{NAMED[name]}:{value}}}"
        for row in rows
        for name, value in row.said.items()
        if name in NAMED and value
    ]


def _tell(kind: str, name: str, value: object) -> str:
    if kind == "moment":
        at = datetime.fromtimestamp(int(str(value)), UTC).astimezone(SHANGHAI)
        return at.strftime("%Y-%m-%d %H:%M:%S")
    if kind == "day":
        return (EPOCH + timedelta(days=int(str(value)))).isoformat()
    if name.startswith("is_"):
        return "是" if value else "否"
    if name.endswith("_fen"):
        fen = int(str(value))
        return f"{fen // 100:,}.{fen % 100:02d} 元"
    said = WORDS.get(str(value), str(value))
    return f"{said[:DIGEST]}…" if len(said) > 40 else said
