"""Before money leaves: the books must be sound, or nothing is released."""

from __future__ import annotations

from sqlalchemy.orm import Session

from voucher.rules.errors import Family, reason
from voucher.stages.oversee.invariants import find_violations

BOOKS_NOT_SOUND = reason(
    "books_not_sound",
    "账目自查发现 {count} 处不符（第 {numbers} 项），已停止签发",
    "请通知系统管理员运行 voucher check 查明原因；查明之前不要拨付",
    "豫办〔2021〕29号 四（三）资金监督检查; S2-Z3b",
    Family.CONFLICT,
)


def check_sound(session: Session) -> None:
    """Refuse to go on where any invariant is broken. Raises Refused books_not_sound."""
    session.flush()
    violations = find_violations(session)
    if violations:
        numbers = "、".join(str(number) for number in sorted({each.number for each in violations}))
        raise BOOKS_NOT_SOUND.refused(count=len(violations), numbers=numbers)
