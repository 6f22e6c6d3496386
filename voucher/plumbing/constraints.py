"""Constraint for the race, Python for the sentence: which refusal a violated constraint means.

PostgreSQL names the constraint; SQLite names the columns of a unique index and the name of a check.
The text of the error is never shown or logged, because it may carry values.
"""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from voucher.rules.errors import Family, Reason, Refusal, reason

CHANGED_MEANWHILE = reason(
    "changed_meanwhile",
    "该事项刚刚已被他人办理",
    "请刷新页面，查看最新状态后再决定是否继续",
    "【设】并发办理以先完成者为准",
    Family.CONFLICT,
)

_BY_NAME: dict[str, Reason] = {}
_BY_COLUMNS: dict[str, Reason] = {}


def translate(name: str, columns: str, told: Reason) -> None:
    """Say which reason a constraint stands for; `columns` is how SQLite names it ("table.a, table.b")."""
    _BY_NAME[name] = told
    if columns:
        _BY_COLUMNS[columns] = told


def constraint_name(error: IntegrityError) -> str | None:
    """Return the violated constraint's name, or the columns SQLite gives instead, never a value."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name) if diagnosis.constraint_name else None
    text = str(error.orig)
    return text.split(": ", 1)[1] if ": " in text else None


def refusal_of(error: IntegrityError) -> Refusal | None:
    """Return the refusal a violated constraint stands for, None where it can only be our own mistake."""
    name = constraint_name(error)
    if name is None:
        return None
    told = (
        _BY_NAME.get(name) or _BY_COLUMNS.get(name) or _BY_NAME.get(name.removeprefix("index '").rstrip("'"))
    )
    return told.refusal() if told is not None else None
