"""Kinds of bonuses (奖补种类): everything a kind is besides its judge, one row each.

A new kind is a row here and one judge in `voucher.rules.bonus_judges`; what it is worth is a dated row of
the standards. Its form, its key, its batch, its notice and its payment follow from these.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class BonusKind(str):
    """The code of a kind; each kind has its own entitlement key and its own judge."""

    __slots__ = ()

    ABSORPTION: ClassVar[BonusKind]
    INTRODUCTION: ClassVar[BonusKind]
    COMPETITION_AWARD: ClassVar[BonusKind]
    HONOUR_AWARD: ClassVar[BonusKind]
    APPRENTICESHIP_ADVANCE: ClassVar[BonusKind]
    APPRENTICESHIP_SETTLEMENT: ClassVar[BonusKind]
    ONE_OFF_BONUS: ClassVar[BonusKind]


BonusKind.ABSORPTION = BonusKind("absorption")
BonusKind.INTRODUCTION = BonusKind("introduction")
BonusKind.COMPETITION_AWARD = BonusKind("competition_award")
BonusKind.HONOUR_AWARD = BonusKind("honour_award")
BonusKind.APPRENTICESHIP_ADVANCE = BonusKind("apprenticeship_advance")
BonusKind.APPRENTICESHIP_SETTLEMENT = BonusKind("apprenticeship_settlement")
BonusKind.ONE_OFF_BONUS = BonusKind("one_off_bonus")


class KeyPart(StrEnum):
    """What the one key of a bonus is made of.

    `SAID` is the letters and digits of what was typed, `RECORD` the row the office has entered, where there
    is none the same as `SAID`.
    """

    PERSON = "person"
    PAYEE = "payee"
    ITEM = "item"
    SAID = "said"
    RECORD = "record"


class Asked(StrEnum):
    """What a kind asks for beside who, when and by which document."""

    OCCASION = "occasion"
    FIRM_SIZE = "firm_size"
    HEADS = "heads"
    COMPLETED = "completed"
    AMOUNT = "amount"


class Proof(StrEnum):
    """What a judge holds a line against: social insurance, a place in a contest, an honour."""

    INSURANCE = "insurance"
    PLACE = "place"
    HONOUR = "honour"


@dataclass(frozen=True, slots=True)
class KindTerms:
    """One kind: its name, what its key is made of, what it asks and in which words, what proves it.

    `other_half` is the kind of the other claim under the same agreement. Of a kind that is `once_at_a_time`
    the judge is told the days of what else a person has of it. An amount with a hint may be left out.
    """

    name: str
    people_label: str
    keyed_by: tuple[KeyPart, ...]
    asked: tuple[Asked, ...] = ()
    day_label: str = "事项日期"
    occasion_label: str = "事由"
    occasion_hint: str = ""
    amount_label: str = "申报金额（元）"
    amount_hint: str = ""
    proof: Proof | None = None
    other_half: BonusKind | None = None
    once_at_a_time: bool = False


KINDS: dict[str, KindTerms] = {
    BonusKind.ABSORPTION: KindTerms(
        "吸纳就业补助",
        "新吸纳的人员",
        (KeyPart.PERSON, KeyPart.PAYEE),
        (Asked.FIRM_SIZE,),
        day_label="入职日期",
        proof=Proof.INSURANCE,
    ),
    BonusKind.INTRODUCTION: KindTerms(
        "介绍补贴",
        "介绍就业的人员",
        (KeyPart.PERSON, KeyPart.SAID),
        (Asked.OCCASION,),
        day_label="入职日期",
        occasion_label="用人单位",
        occasion_hint="统一社会信用代码；同一人同一单位只认一家中介",
        proof=Proof.INSURANCE,
        once_at_a_time=True,
    ),
    BonusKind.COMPETITION_AWARD: KindTerms(
        "竞赛奖励",
        "获奖选手",
        (KeyPart.PERSON, KeyPart.RECORD),
        (Asked.OCCASION,),
        occasion_label="赛事",
        occasion_hint="名称和届次，例如 河南省第二届职业技能大赛 电工；同一赛事每人只奖一次",
        proof=Proof.PLACE,
        once_at_a_time=True,
    ),
    BonusKind.HONOUR_AWARD: KindTerms(
        "荣誉奖励", "获得荣誉的人员", (KeyPart.PERSON, KeyPart.ITEM), proof=Proof.HONOUR
    ),
    BonusKind.APPRENTICESHIP_ADVANCE: KindTerms(
        "新型学徒制预支",
        "项目负责人",
        (KeyPart.PAYEE, KeyPart.ITEM, KeyPart.SAID),
        (Asked.OCCASION, Asked.HEADS, Asked.AMOUNT),
        occasion_label="备案编号",
        occasion_hint="学徒培养备案的编号；结算时填同一个",
        other_half=BonusKind.APPRENTICESHIP_SETTLEMENT,
    ),
    BonusKind.APPRENTICESHIP_SETTLEMENT: KindTerms(
        "新型学徒制结算",
        "项目负责人",
        (KeyPart.PAYEE, KeyPart.ITEM, KeyPart.SAID),
        (Asked.OCCASION, Asked.HEADS, Asked.COMPLETED, Asked.AMOUNT),
        occasion_label="备案编号",
        occasion_hint="与预支时相同；系统据此减去已预支的钱",
        amount_label="实际支出合计（元）",
        amount_hint="完成人员的实际培训支出，低于标准的据实结算；不低于标准的不用填",
        other_half=BonusKind.APPRENTICESHIP_ADVANCE,
    ),
    BonusKind.ONE_OFF_BONUS: KindTerms(
        "一次性奖补", "项目负责人", (KeyPart.PAYEE, KeyPart.ITEM), (Asked.AMOUNT,)
    ),
}
