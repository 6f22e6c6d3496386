"""What can be wrong with the trail, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from voucher.plumbing.types import UtcTime

_SQLITE = sqlite_dialect()
MOST_FAULTS = 1000
SENTENCES: dict[str, str] = {
    "content_changed": "留痕 {row} 的内容与写入时不一致",
    "row_missing": "封存序号 {seq} 对应的留痕 {row} 已不存在",
    "seq_gap": "封存序号 {seq} 之前应为 {expected}，序号不连续",
    "chain_broken": "封存序号 {seq} 与前面的链不相接",
    "object_chain_broken": "留痕 {row} 与同一对象的上一条不相接",
    "checkpoint_differs": "检查点 {seq} 与封存链不一致：封存序号 {first} 至 {seq} 之间有留痕被改写后重新计算",
    "merkle_differs": "检查点 {seq} 的默克尔根与封存序号 {first} 至 {seq} 的留痕不符",
    "signature_invalid": "检查点 {seq} 的签名无效",
    "checkpoint_missing": "留存文件中的检查点 {seq} 在数据库中已不存在",
    "chain_differs_from_anchor": "封存链与留存文件不符：封存序号 {first} 至 {seq} 有留痕被改写或删除",
    "anchor_missing": "检查点 {seq} 没有写入留存文件",
    "anchor_differs": "检查点 {seq} 与留存文件不一致",
    "anchor_unreadable": "留存文件第 {line} 行无法读取",
    "row_changed": "表 {table} 主键 {key} 的行与封存序号 {seq} 登记的摘要不一致，被绕过程序改动；{act}",
    "row_deleted": "表 {table} 主键 {key} 的行已不存在，封存序号 {seq} 登记过它，被绕过程序删除",
    "row_inserted": "表 {table} 主键 {key} 的行从未登记，被绕过程序写入；{act}",
    "row_unacted": "表 {table} 主键 {key} 的行被绕过程序写过：封存序号 {seq} 登记的写入没有办理留痕；{act}",
    "page_changed": "登记页 {page} 与留痕中的摘要不一致",
    "page_missing": "登记页 {page} 已不存在",
    "watch_missing": "表 {table} 的登记触发器不在或已停用，此后的改动无法登记",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the trail, where it is, and a sentence for the auditor."""

    kind: str
    seq: int | None
    audit_row_id: int | None
    sentence: str


@dataclass(slots=True)
class Faults:
    """The faults found so far; more than the first thousand are not kept."""

    found: list[Fault] = field(default_factory=list)

    def add(self, kind: str, seq: int | None, audit_row_id: int | None = None, **facts: object) -> None:
        """Remember a fault."""
        if len(self.found) < MOST_FAULTS:
            sentence = SENTENCES[kind].format(seq=seq, row=audit_row_id, **facts)
            self.found.append(Fault(kind, seq, audit_row_id, sentence))


def moment_of(stored: Any) -> datetime | None:
    """Return the moment a column holds, None where it is not one the house has written."""
    if isinstance(stored, datetime):
        return stored
    try:
        moment = UtcTime().process_result_value(stored, _SQLITE)
        written = UtcTime().process_bind_param(moment, _SQLITE)
    except (TypeError, ValueError, AttributeError):
        return None
    return moment if written == stored else None
