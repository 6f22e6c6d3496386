"""People who come to an exam without a voucher, and what they tell of the way in (申报条件)."""

from __future__ import annotations

from voucher.doors.schemas.issue.issues import NewPerson
from voucher.doors.schemas.values import WORDS_MAX, Whole, Word, Words
from voucher.rules.entries import Education, EntryWay


class NewDirect(NewPerson):
    """Somebody without a voucher, and the way into the exam; an item asks for none."""

    way = Word(EntryWay, load_default=None, allow_none=True, metadata={"description": "申报条件"})
    evidence = Words(
        load_default="",
        most=WORDS_MAX,
        metadata={"description": "依据：材料名称和编号", "example": "毕业证书 10459120240512"},
    )
    education = Word(
        Education, load_default=None, allow_none=True, metadata={"description": "按学历申报的，填学历"}
    )
    years = Whole(
        load_default=None, allow_none=True, most=80,
        metadata={"description": "从事本职业满年数；凭原证书申报的，为取得证书以后的年数"},
    )  # fmt: skip
    held_level = Whole(
        load_default=None, allow_none=True, least=1, most=8, metadata={"description": "原证书等级"}
    )
    held_number = Words(
        load_default=None, allow_none=True, most=60, metadata={"description": "原证书编号，与等级同时填"}
    )
    award = Words(
        load_default=None, allow_none=True, most=60,
        metadata={"description": "破格申报的奖项：荣誉字典 dictionaries/honour 的代码"},
    )  # fmt: skip
    competition = Words(load_default=None, allow_none=True, most=60, metadata={"description": "竞赛类别代码"})
    team = Whole(
        load_default=None,
        allow_none=True,
        least=1,
        most=3,
        metadata={"description": "单人赛 1、双人 2、三人 3"},
    )
    place = Whole(load_default=None, allow_none=True, least=1, most=200, metadata={"description": "名次"})
