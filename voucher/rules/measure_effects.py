"""What a measure does to vouchers, classes, claims and payments, counted before anybody confirms it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from voucher.rules.errors import Family, reason
from voucher.rules.measures import SOURCE, STOPPING, Step
from voucher.rules.money import format_yuan
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)

EFFECT_CHANGED = reason(
    "measure_effect_changed",
    "后果和页面上的已经不同：现在是 {now}",
    "请重新看过现在的后果再办理",
    SOURCE,
    Family.CONFLICT,
)


class Touched(StrEnum):
    """What a measure may touch."""

    IN_CLASS = "in_class"
    HELD = "held"
    FINISHED = "finished"
    CLASSES = "classes"
    APPLIED = "applied"
    CLAIMS = "claims"
    PAYING = "paying"
    PAID = "paid"
    EXAMS = "exams"


TOUCHED_NAMES: dict[Touched, str] = {
    Touched.IN_CLASS: "已报名、培训中的券",
    Touched.HELD: "因退出停住的券",
    Touched.FINISHED: "已结业、评价中、已持证的券",
    Touched.CLASSES: "准予开班、开班中的班级",
    Touched.APPLIED: "待审的开班申请",
    Touched.CLAIMS: "在办的申领（未拨付）",
    Touched.PAYING: "拨付中的申领（已交银行）",
    Touched.PAID: "已拨付的申领",
    Touched.EXAMS: "未公布成绩的评价批次",
}
UNITS: dict[Touched, str] = {
    Touched.CLASSES: "个班",
    Touched.APPLIED: "个班",
    Touched.CLAIMS: "笔",
    Touched.PAYING: "笔",
    Touched.PAID: "笔",
    Touched.EXAMS: "批",
}
_STOPPED: dict[Touched, str] = {
    Touched.IN_CLASS: "停住，已上学时保留；本人可以另选班级、换一张新券，或等整班转班",
    Touched.HELD: "继续停住",
    Touched.FINISHED: "不受影响，本人照常考试、取证",
    Touched.CLASSES: "不能核销、不能再收学员；须逐班转班或取消",
    Touched.APPLIED: "不予开班",
    Touched.CLAIMS: "可以审核，不能拨付；恢复以后再付",
    Touched.PAYING: "截不回来，等银行结果",
    Touched.PAID: "不自动追回；查实套取的，另立追回单",
    Touched.EXAMS: "不能再安排评价；考生由别的评价机构安排",
}
_RECTIFYING: dict[Touched, str] = {
    **dict.fromkeys(Touched, "不受影响"),
    Touched.CLASSES: "在班学员继续培训，不能再收学员",
    Touched.APPLIED: "整改期间不予开班",
    Touched.EXAMS: "已安排的照常，不能再安排",
}
_RESTORED: dict[Touched, str] = {
    **dict.fromkeys(Touched, "照常办理"),
    Touched.HELD: "恢复办理；已经另选的不再变",
    Touched.CLAIMS: "照常拨付",
    Touched.PAID: "不变",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of thing touched: how many, of how many people, worth how many fen (None where no money)."""

    touched: Touched
    count: int
    people: int
    amount_fen: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything a step would touch; two with the same digest touch the same."""

    step: Step
    from_state: str
    lines: tuple[Line, ...]

    @property
    def digest(self) -> str:
        """Return the fingerprint of what is shown."""
        said = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept beside the measure."""
        rows = [[str(each.touched), each.count, each.people, each.amount_fen] for each in self.lines]
        return {"step": str(self.step), "from": self.from_state, "lines": rows}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return an effect as it was kept beside a measure."""
        rows: Sequence[Sequence[Any]] = kept["lines"]
        lines = tuple(Line(Touched(word), count, people, fen) for word, count, people, fen in rows)
        return cls(Step(kept["step"]), str(kept["from"]), lines)

    @property
    def words(self) -> str:
        """Return it in one sentence of numbers."""
        told = [
            f"{TOUCHED_NAMES[each.touched]} {each.count:,} {UNITS.get(each.touched, '张')}"
            + (f" {format_yuan(each.amount_fen)} 元" if each.amount_fen else "")
            for each in self.lines
            if each.count
        ]
        return "、".join(told) or "没有在办的事项"


@rule(number="MEA-07", stage="监管", source=SOURCE, since=FOUNDED)
def say_then(step: Step, touched: Touched, from_state: str) -> str:
    """Return what becomes of one kind of thing: what is held, what goes on, what a worker may choose."""
    if step in STOPPING:
        return _STOPPED[touched]
    if step is Step.RECTIFY:
        return _RECTIFYING[touched]
    if step is Step.RESTORE and from_state == "blacklisted":
        return "不变：只移出黑名单，仍不在目录"
    if step is Step.RESTORE:
        return _RESTORED[touched]
    return "不受影响"


@rule(number="MEA-08", stage="监管", source=SOURCE, since=FOUNDED)
def check_seen(now: Effect, seen: str) -> None:
    """Check that what would happen now is what was on the page. Raises measure_effect_changed."""
    if now.digest != seen:
        raise EFFECT_CHANGED.refused(now=now.words)
