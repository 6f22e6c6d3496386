"""竞赛成绩: what a place in a contest lets somebody do rests on a row the office has entered."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.duplicates import canonical_occupation
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.register import rule
from voucher.rules.talents import COMPETITION_SOURCE
from voucher.rules.vocabulary import FOUNDED

RECORD_SOURCE = f"{COMPETITION_SOURCE}; S1-11b; 豫人社办〔2023〕102号（九）; S0-09c 须有获奖记录"

# these ways into an exam rest on what the office has entered of a person
RECORDED_WAYS = (EntryWay.COMPETITION, EntryWay.EXCEPTION)

ENTRY_RESULT_UNRECORDED = reason(
    "entry_result_unrecorded",
    "竞赛成绩库里没有该考生这一赛事类别、参赛人数、名次和职业的成绩",
    "请与获奖文件逐项核对；确已获奖的，请人社部门先登记竞赛成绩，再来报名",
    RECORD_SOURCE,
    Family.CONFLICT,
)
ENTRY_HONOUR_UNRECORDED = reason(
    "entry_honour_unrecorded",
    "荣誉库里没有该考生的这项荣誉，或已被撤销",
    "请与表彰文件核对；确已获得的，请人社部门先登记荣誉，再按破格申报",
    RECORD_SOURCE,
    Family.CONFLICT,
)
ENTRY_TAKEN_BACK = reason(
    "entry_taken_back",
    "考生凭以报考的{what}已被撤销，或与登记的不符，不能据此{act}",
    "请与获奖文件、表彰文件核对；撤销有误的，请人社部门重新登记后再办理，已发的证书由评价机构撤销",
    f"{RECORD_SOURCE}; 【设】入场、发证、结算和支付时各核一次",
    Family.CONFLICT,
)

ENTRY_CONTESTED = reason(
    "entry_contested",
    "有人申请撤销考生凭以报考的{what}，正由另一人核定，暂不能据此{act}",
    "请等核定以后再办理：退回撤销申请的照常办理；核定以前不要办理不予通过",
    f"{RECORD_SOURCE}; 【设】登记和撤销都由两人办理，核定以前先停住",
    Family.CONFLICT,
)


class Doubt(StrEnum):
    """What has become of a place or an honour money rests on: somebody asks to take it back, or it is."""

    CONTESTED = "contested"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Placed:
    """A place somebody took in a contest of a class, in an occupation, and the title it brought, if any."""

    competition: str
    contest: str
    trade_code: str
    team: int
    place: int
    awarded_on: date
    honour: str | None = None


@rule(number="ASM-54", stage="评价", source=RECORD_SOURCE, since=FOUNDED)
def spell_contest(text: str) -> str:
    """Return a contest's name as it is compared: letters and digits only, brackets and dashes left out."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).upper() if each.isalnum())


@dataclass(frozen=True, slots=True)
class Entered:
    """A row of a person's places as it is told from the others; one taken back does not stand.

    `award_number` is that of the paper: one place of several occupations is a row of each, with one number.
    """

    row_id: int
    contest: str
    trade_code: str
    awarded_on: date
    stands: bool
    award_number: str = ""


@rule(number="GRA-05", stage="兑现", source=f"{RECORD_SOURCE}; 【设】同一赛事只奖励一次", since=FOUNDED)
def find_first_entered(row: Entered, rows: Iterable[Entered]) -> int:
    """Return the id of the row a place was first entered as: each is paid once, however it is entered again.

    A name with a note added, in place of a row that was taken back or beside one of the same day and either
    occupation or number of the award, is the same place: one won in several occupations is paid once.
    """
    said, number = spell_contest(row.contest), spell_contest(row.award_number)
    same = [
        each.row_id
        for each in rows
        if (other := spell_contest(each.contest))
        and (other in said or said in other)
        and (
            not each.stands
            or (each.trade_code, each.awarded_on) == (row.trade_code, row.awarded_on)
            or (
                number != ""
                and (spell_contest(each.award_number), each.awarded_on) == (number, row.awarded_on)
            )
        )
    ]
    return min([row.row_id, *same])


@rule(number="ASM-55", stage="评价", source=RECORD_SOURCE, since=FOUNDED)
def check_recorded(
    entry: Entry | None,
    trade_code: str,
    on: date,
    placed: Iterable[Placed],
    honours: Collection[str],
    aliases: Mapping[str, str],
) -> list[date]:
    """Check that the place or the honour somebody enters by was entered by the office, and stands.

    The days of the places that let them in come back: what a place earns hangs on its day.

    `placed` are the results that stand, `honours` the codes held on the day of the exam.
    Raises entry_result_unrecorded, entry_honour_unrecorded.
    """
    if entry is None:
        return []
    if entry.way is EntryWay.COMPETITION:
        present = canonical_occupation(trade_code, aliases)
        wanted = (entry.competition, entry.team, entry.place, present)
        days = [
            each.awarded_on
            for each in placed
            if each.awarded_on <= on
            and (each.competition, each.team, each.place, canonical_occupation(each.trade_code, aliases))
            == wanted
        ]
        if not days:
            raise ENTRY_RESULT_UNRECORDED.refused()
        return days
    if entry.way is EntryWay.EXCEPTION and entry.award not in honours:
        raise ENTRY_HONOUR_UNRECORDED.refused()
    return []


@rule(number="ASM-56", stage="评价", source=ENTRY_TAKEN_BACK.source, since=FOUNDED)
def check_still_recorded(
    entry: Entry | None,
    trade_code: str,
    on: date,
    placed: Iterable[Placed],
    honours: Collection[str],
    aliases: Mapping[str, str],
    act: str,
) -> None:
    """Check at a later step (`act`) that what let somebody into an exam still stands.

    Its arguments are those of `check_recorded`. Raises entry_taken_back.
    """
    try:
        check_recorded(entry, trade_code, on, placed, honours, aliases)
    except Refused as refused:
        what = "竞赛成绩" if refused.refusal.code == ENTRY_RESULT_UNRECORDED.code else "荣誉"
        raise ENTRY_TAKEN_BACK.refused(what=what, act=act) from None
