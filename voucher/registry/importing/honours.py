"""Honours people were given (荣誉) out of a file: person, honour of the dictionary, day and document."""

from __future__ import annotations

from voucher.plumbing.spreadsheets import Column
from voucher.registry.dictionaries import check_not_ended, name_words
from voucher.registry.importing.awards import AwardsImporter, Stated
from voucher.registry.importing.reading import Reading
from voucher.registry.people import Newcomer
from voucher.registry.talents.awards import AwardKind
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.words import check_why

NAME, NUMBER, HONOUR, AWARDED = "姓名", "证件号码", "荣誉", "获得日期"
DOCUMENT, REVOKED, WHY = "文件", "撤销日期", "撤销原因"
SOURCE = "豫办〔2021〕29号 第5项; S2-05a; 豫人社办〔2023〕102号（十三）（十四）"

HONOUR_UNKNOWN = reason(
    "honour_unknown", "“{given}”不在荣誉字典内", "请填写以下之一：{accepted}；新的荣誉请先列入字典", SOURCE
)
HONOUR_NOT_YET = reason(
    "honour_not_yet", "获得或撤销的日期还没有到", "请核对日期；文件生效以后再登记", SOURCE
)
HONOUR_NAME_DIFFERS = reason(
    "honour_name_differs",
    "姓名与证件号码已登记的姓名不一致",
    "请对照表彰文件核对姓名和证件号码；确已改名的，先办理姓名更正",
    SOURCE,
    Family.CONFLICT,
)
HONOUR_FIXED = reason(
    "honour_fixed",
    "这项荣誉已经按另一文件登记，或已登记撤销，不能改写",
    "请核对文件和日期；登记有误的，填写撤销日期和撤销原因，再按正确的日期另登一行",
    SOURCE,
    Family.CONFLICT,
)
HONOUR_REVOKED_HALF = reason(
    "honour_revoked_half", "撤销日期和撤销原因只填了一项", "撤销荣誉的两项都填，没有撤销的都不填", SOURCE
)


class HonoursImporter(AwardsImporter):
    """Columns 姓名, 证件号码, 荣誉, 获得日期, 文件, 撤销日期, 撤销原因."""

    kind = "honours"
    award_kind = AwardKind.HONOURS
    name_differs, fixed, fixed_column = HONOUR_NAME_DIFFERS, HONOUR_FIXED, HONOUR
    columns = (
        Column(NAME),
        Column(NUMBER),
        Column(HONOUR),
        Column(AWARDED, alias=("授予日期",)),
        Column(DOCUMENT, alias=("文号",)),
        Column(REVOKED, required=False),
        Column(WHY, required=False),
    )

    def check(self, reading: Reading) -> Stated | None:
        """Return the honour a row states."""
        name, number = reading.name(NAME), reading.identity(NUMBER, self.work.today)
        honour, document = reading.words(HONOUR, self._read_honour), reading.words(DOCUMENT, str.strip)
        awarded_on, revoked_on = reading.period(AWARDED, REVOKED)
        why = reading.words(WHY, check_why, required=False)
        if any(each is not None and each > self.work.today for each in (awarded_on, revoked_on)):
            reading.refuse(AWARDED, HONOUR_NOT_YET.refusal())
        if (revoked_on is None) != (why is None):
            reading.refuse(WHY, HONOUR_REVOKED_HALF.refusal())
        if name is None or number is None or honour is None or document is None or awarded_on is None:
            return None
        try:
            check_not_ended(self.work.session, Dictionary.HONOUR, honour, awarded_on)
        except Refused as refused:
            reading.refuse(AWARDED, refused.refusal)
        facts = {"honour": honour, "awarded_on": awarded_on, "document": document}
        return Stated(Newcomer(number, name), facts, revoked_on, why)

    def _read_honour(self, text: str) -> str:
        names, word = name_words(self.work.session, Dictionary.HONOUR), clean_word(text)
        for code, name in names.items():
            if word in (clean_word(name), code):
                return code
        raise HONOUR_UNKNOWN.refused(given=mask_word(word), accepted="、".join(names.values()))
