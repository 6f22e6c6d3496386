"""Places people took in contests (竞赛成绩) out of a file: class, contest, occupation, place, papers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry.dictionaries import check_not_ended, name_words
from voucher.registry.importing.awards import AwardsImporter, Stated
from voucher.registry.importing.evaluators import Trades
from voucher.registry.importing.frame import Report
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.reading import Reading
from voucher.registry.people import Newcomer
from voucher.registry.talents.awards import AwardKind
from voucher.rules.competitions import RECORD_SOURCE, spell_contest
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.words import check_why

NAME, NUMBER, CLASS, CONTEST, TRADE = "姓名", "证件号码", "赛事类别", "赛事名称", "职业编码"
TEAM, PLACE, AWARDED, AWARD_NUMBER = "参赛人数", "名次", "获奖日期", "获奖证书编号"
DOCUMENT, HONOUR, REVOKED, WHY = "文件", "荣誉", "撤销日期", "撤销原因"
MOST = {TEAM: 20, PLACE: 200}

RESULT_WORD_UNKNOWN = reason(
    "result_word_unknown", "“{given}”不是规定的填写内容", "请填写以下之一：{accepted}", RECORD_SOURCE
)
RESULT_NUMBER_UNFIT = reason(
    "result_number_unfit",
    "“{column}”应为 1 至 {most} 的整数",
    "请对照获奖证书填写：单人赛参赛人数填 1，第三名填 3",
    RECORD_SOURCE,
)
RESULT_CONTEST_UNREADABLE = reason(
    "result_contest_unreadable",
    "赛事名称里没有文字",
    "请对照获奖证书填写赛事全称和届次，不以横线代替",
    RECORD_SOURCE,
)
RESULT_NOT_YET = reason(
    "result_not_yet", "获奖或撤销的日期还没有到", "请核对日期；获奖文件生效以后再登记", RECORD_SOURCE
)
RESULT_NAME_DIFFERS = reason(
    "result_name_differs",
    "姓名与证件号码已登记的姓名不一致",
    "请对照获奖文件核对姓名和证件号码；确已改名的，先办理姓名更正",
    RECORD_SOURCE,
    Family.CONFLICT,
)
RESULT_FIXED = reason(
    "result_fixed",
    "该选手这一赛事、这一职业的成绩已按别的内容登记，或已登记撤销，不能改写",
    "请与获奖文件核对；登记有误的，原样填写并加上撤销日期和撤销原因，再由赛事名称加注后另登一行",
    RECORD_SOURCE,
    Family.CONFLICT,
)
RESULT_REVOKED_HALF = reason(
    "result_revoked_half",
    "撤销日期和撤销原因只填了一项",
    "撤销成绩的两项都填，没有撤销的都不填",
    RECORD_SOURCE,
)


class CompetitionResultsImporter(AwardsImporter):
    """Columns 姓名, 证件号码, 赛事类别, 赛事名称, 职业编码, 参赛人数, 名次, 获奖日期, 获奖证书编号, 文件.

    荣誉, 撤销日期 and 撤销原因 may be empty. 参赛人数 never is: what a place earns hangs on it.
    """

    kind = "competition_results"
    award_kind = AwardKind.RESULTS
    name_differs, fixed, fixed_column = RESULT_NAME_DIFFERS, RESULT_FIXED, CONTEST
    columns = (
        Column(NAME),
        Column(NUMBER),
        Column(CLASS),
        Column(CONTEST, alias=("赛事",)),
        Column(TRADE, alias=("职业",)),
        Column(TEAM, text=False),
        Column(PLACE, text=False),
        Column(AWARDED, alias=("获得日期",)),
        Column(AWARD_NUMBER, alias=("获奖记录编号",)),
        Column(DOCUMENT, alias=("文号",)),
        Column(HONOUR, required=False, alias=("荣誉称号",)),
        Column(REVOKED, required=False),
        Column(WHY, required=False),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._trades = Trades(work)
        self._classes = name_words(work.session, Dictionary.COMPETITION)
        self._honours = name_words(work.session, Dictionary.HONOUR)

    def check(self, reading: Reading) -> Stated | None:
        """Return the place a row states."""
        name, number = reading.name(NAME), reading.identity(NUMBER, self.work.today)
        competition = reading.words(CLASS, lambda text: _find(text, self._classes))
        contest = reading.words(CONTEST, _read_contest)
        trade = reading.words(TRADE, self._trades.read_occupation)
        team = reading.take(TEAM, lambda cell: _read_whole(TEAM, cell))
        place = reading.take(PLACE, lambda cell: _read_whole(PLACE, cell))
        awarded_on, revoked_on = reading.period(AWARDED, REVOKED)
        award_number, document = reading.words(AWARD_NUMBER, clean_title), reading.words(DOCUMENT, str.strip)
        honour = reading.words(HONOUR, lambda text: _find(text, self._honours), required=False)
        why = reading.words(WHY, check_why, required=False)
        if any(each is not None and each > self.work.today for each in (awarded_on, revoked_on)):
            reading.refuse(AWARDED, RESULT_NOT_YET.refusal())
        if (revoked_on is None) != (why is None):
            reading.refuse(WHY, RESULT_REVOKED_HALF.refusal())
        if name is None or number is None or competition is None or contest is None or trade is None:
            return None
        if team is None or place is None or awarded_on is None or award_number is None or document is None:
            return None
        self._check_words(reading, competition, honour, awarded_on)
        facts = {
            "competition": competition, "contest": contest, "trade_code": trade, "team": team, "place": place,
            "awarded_on": awarded_on, "award_number": award_number, "document": document, "honour": honour,
        }  # fmt: skip
        return Stated(Newcomer(number, name), facts, revoked_on, why)

    def _check_words(self, reading: Reading, competition: str, honour: str | None, on: date) -> None:
        """Refuse a class or a title that had ended in its dictionary by the day of the award."""
        for column, dictionary, code in (
            (CLASS, Dictionary.COMPETITION, competition),
            (HONOUR, Dictionary.HONOUR, honour),
        ):
            try:
                if code is not None:
                    check_not_ended(self.work.session, dictionary, code, on)
            except Refused as refused:
                reading.refuse(column, refused.refusal)


def _read_contest(text: str) -> str:
    """Return a contest's name that can be told from another's."""
    title = clean_title(text)
    if not spell_contest(title):
        raise RESULT_CONTEST_UNREADABLE.refused()
    return title


def _find(text: str, names: Mapping[str, str]) -> str:
    word = clean_word(text)
    for code, name in names.items():
        if word in (clean_word(name), code):
            return code
    raise RESULT_WORD_UNKNOWN.refused(given=mask_word(word), accepted="、".join(names.values()))


def _read_whole(column: str, cell: Cell) -> int:
    word = clean_word(cell_text(cell)).removeprefix("第").removesuffix("名").removesuffix("人")
    if not (word.isascii() and word.isdigit() and len(word) <= 3 and 1 <= int(word) <= MOST[column]):
        raise RESULT_NUMBER_UNFIT.refused(column=column, most=MOST[column])
    return int(word)
