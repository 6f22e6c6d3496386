"""What every line of an application has to state before anything of it is written.

A line the rules refuse is kept with what it states, so what cannot be kept is refused with the whole
application: by its line, with nothing half-done.
"""

from __future__ import annotations

from collections.abc import Sequence

from voucher.rules.bonus_kinds import KINDS, Asked, BonusKind
from voucher.rules.bonuses import ONE_OFF_SOURCE, SOURCE, FirmSize
from voucher.rules.clawback import ADVANCE_SOURCE
from voucher.rules.errors import reason
from voucher.rules.money import format_yuan
from voucher.stages.settle.bonuses.cases import Entry

ASKED_NAMES = {
    Asked.OCCASION: "赛事、用人单位或备案编号",
    Asked.FIRM_SIZE: "企业规模",
    Asked.HEADS: "备案人数",
    Asked.COMPLETED: "完成人数",
    Asked.AMOUNT: "申报金额",
}

BONUS_DOCUMENT_BLANK = reason(
    "bonus_document_blank",
    "第 {line} 行没有写明依据材料",
    "请填写证明材料的名称和编号后重新申报；本次申报没有保存",
    SOURCE,
)
BONUS_AMOUNT_NOT_POSITIVE = reason(
    "bonus_amount_not_positive",
    "第 {line} 行申报 {asked} 元，金额应大于 0",
    "请按批准文件填写该行金额后重新申报；本次申报没有保存",
    ONE_OFF_SOURCE,
)
BONUS_HEADS_INVALID = reason(
    "bonus_heads_invalid",
    "第 {line} 行备案人数为 {heads}、完成人数为 {completed}，二者不符",
    "备案人数应大于 0，完成人数应在 0 与备案人数之间；请对照名册更正后重新申报，本次申报没有保存",
    ADVANCE_SOURCE,
)
BONUS_FIELD_UNASKED = reason(
    "bonus_field_unasked",
    "第 {line} 行填写了{what}，{kind}不填这一项",
    "请去掉这一项后重新申报；本次申报没有保存",
    SOURCE,
)


def check_stated(kind: BonusKind, firm_size: FirmSize | None, entries: Sequence[Entry]) -> None:
    """Refuse the application at its first line that cannot be kept as it stands.

    Raises Refused bonus_document_blank, bonus_field_unasked, bonus_amount_not_positive,
    bonus_heads_invalid.
    """
    for line, entry in enumerate(entries, start=1):
        # a dash or a blank of any width names no document
        if not any(each.isalnum() for each in entry.document):
            raise BONUS_DOCUMENT_BLANK.refused(line=line)
        _check_asked(kind, firm_size, entry, line)
        if entry.asked_fen is not None and entry.asked_fen <= 0:
            raise BONUS_AMOUNT_NOT_POSITIVE.refused(line=line, asked=format_yuan(entry.asked_fen))
        _check_heads(entry, line)


def _check_asked(kind: BonusKind, firm_size: FirmSize | None, entry: Entry, line: int) -> None:
    """Refuse what the kind does not ask for: an officer would read it as part of what is granted."""
    stated = {
        Asked.OCCASION: bool(entry.occasion),
        Asked.FIRM_SIZE: firm_size is not None,
        Asked.HEADS: entry.heads is not None,
        Asked.COMPLETED: entry.completed is not None,
        Asked.AMOUNT: entry.asked_fen is not None,
    }
    extra = [name for field, name in ASKED_NAMES.items() if stated[field] and field not in KINDS[kind].asked]
    if extra:
        raise BONUS_FIELD_UNASKED.refused(line=line, what="、".join(extra), kind=KINDS[kind].name)


def _check_heads(entry: Entry, line: int) -> None:
    heads, completed = entry.heads, entry.completed
    few = (heads is not None and heads <= 0) or (completed is not None and completed < 0)
    many = heads is not None and completed is not None and completed > heads
    if few or many:
        unsaid = "未填"
        raise BONUS_HEADS_INVALID.refused(
            line=line,
            heads=unsaid if heads is None else f"{heads} 人",
            completed=unsaid if completed is None else f"{completed} 人",
        )
