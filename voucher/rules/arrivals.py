"""The door of an exam: what somebody shows there, the end of the card typed blind, who counts as arrived."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from stdnum import luhn

from voucher.rules.classes import CARD_CHARACTERS
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling

SOURCE = "豫办〔2021〕29号 第16项 人证相符; S2-16c,d; AC-C3"
SLIP_SOURCE = f"{SOURCE}; 【设】准考证号 年4位+批次6位+考生8位+校验1位"
FOUNDED = date(2021, 10, 28)
SLIP_DIGITS = 19
_YEAR, _BATCH = 4, 6

SLIP_MALFORMED = reason(
    "slip_number_malformed",
    "这不是准考证号，也不是考生手机上的出示码",
    "准考证号是 19 位数字，请对照准考证重新输入；用手机的，请考生刷新后重新出示",
    SLIP_SOURCE,
)
NOT_ON_LIST = reason(
    "candidate_not_listed",
    "此人不在本场考生名单中，不得入场",
    "请核对是否走错考场；确应参加的，由评价机构管理员先列入名单",
    SOURCE,
    Family.CONFLICT,
)
ARRIVED_ALREADY = reason(
    "candidate_arrived_already",
    "该考生已于 {at} 核对入场，一场考试只入场一次",
    "请核对来人；有人冒名的，不得入场并报告经办机构",
    SOURCE,
    Family.CONFLICT,
)
CARD_END_DIFFERS = reason(
    "candidate_card_differs",
    "证件后四位与考生不符，不得入场",
    "请看着来人的身份证原件重新输入；不是本人的不得参考，并报告经办机构",
    SOURCE,
    Family.FORBIDDEN,
)
CARD_TRIES_USED_UP = reason(
    "candidate_card_tries_used_up",
    "该考生今天已有 {most} 次证件后四位不符，不能再用后四位核对",
    "请考评员看着身份证原件，在考生名单里输入全部证件号码核对",
    SOURCE,
    Family.FORBIDDEN,
)

READER_SOURCE = f"{SOURCE}; 【设】读卡器记录的到场时间"
NAME_DIFFERS = reason(
    "candidate_name_differs_at_door",
    "姓名与考生名单上的不是同一人，不得入场",
    "请核对准考证号是否错行；冒名顶替的，不得参考并报告经办机构",
    SOURCE,
    Family.FORBIDDEN,
)
ARRIVAL_TIME_MALFORMED = reason(
    "arrival_time_malformed",
    "到场时间无法识别",
    "请按 08:31 或 2024-03-13 08:31:05 填写，到分或到秒",
    READER_SOURCE,
)
ARRIVAL_OTHER_DAY = reason(
    "arrival_other_day",
    "到场时间不在考试当天（{exam_on}）",
    "请核对读卡器的日期，或是否误传了另一场的记录",
    READER_SOURCE,
    Family.CONFLICT,
)
ARRIVAL_TO_COME = reason(
    "arrival_to_come",
    "到场时间 {at} 还没有到",
    "请核对读卡器的时钟；确有偏差的，改为实际到场时间并由考评员签字备查",
    READER_SOURCE,
    Family.CONFLICT,
)
READER_FILE_LATE = reason(
    "reader_file_late",
    "考试日期是 {exam_on}，读卡记录须在 {until} 以前上传",
    "请向经办机构说明；没有入场记录的考生按缺考处理，可另行安排考试",
    READER_SOURCE,
    Family.CONFLICT,
)


class ArrivalWay(StrEnum):
    """What a candidate was recognised by: code of the wallet, slip, whole card, a reader's file."""

    CODE = "code"
    SLIP = "slip"
    CARD = "card"
    READER = "reader"


ARRIVAL_WAY_NAMES = {
    ArrivalWay.CODE: "手机出示码",
    ArrivalWay.SLIP: "准考证",
    ArrivalWay.CARD: "身份证全号",
    ArrivalWay.READER: "读卡记录",
}

_ARRIVED = re.compile(
    r"(?:(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?[ T]?)?"
    r"(?P<hour>\d{1,2})[:时](?P<minute>\d{1,2})分?(?::?(?P<second>\d{1,2})秒?)?(?:\.\d+)?",
    re.ASCII,
)


@rule(number="ASM-40", stage="评价", source=SLIP_SOURCE, since=FOUNDED)
def make_slip_number(year: int, batch_id: int, candidate_id: int) -> str:
    """Return the number of an admission slip (准考证号): 19 digits, the last one checks the others."""
    body = f"{year:04d}{batch_id:06d}{candidate_id:08d}"
    return body + luhn.calc_check_digit(body)


@rule(number="ASM-41", stage="评价", source=SLIP_SOURCE, since=FOUNDED)
def parse_slip_number(given: str) -> tuple[int, int]:
    """Return batch and candidate of a slip's number, typed with or without blanks.

    Raises slip_number_malformed.
    """
    digits = fold_spelling(given).replace("-", "").replace(" ", "")
    if len(digits) != SLIP_DIGITS or not digits.isascii() or not digits.isdigit():
        raise SLIP_MALFORMED.refused()
    if not luhn.is_valid(digits):
        raise SLIP_MALFORMED.refused()
    return int(digits[_YEAR : _YEAR + _BATCH]), int(digits[_YEAR + _BATCH : -1])


@rule(number="ASM-46", stage="评价", source=SLIP_SOURCE, since=FOUNDED)
def looks_like_slip(given: str) -> bool:
    """Return whether something held to the door is as long as a slip's number; every code is longer."""
    return len(fold_spelling(given).replace("-", "").replace(" ", "")) <= SLIP_DIGITS


@rule(number="ASM-42", stage="评价", source=SOURCE, since=FOUNDED)
def check_card_end(number: str | None, given: str, wrong: int, most: int | None) -> None:
    """Check the last four characters typed from the card at the door of an exam; x is X.

    `wrong` counts the day's wrong tries for this candidate; once `most` were wrong the right ones are
    refused as well. Raises candidate_card_tries_used_up, candidate_card_differs.
    """
    if most is not None and wrong >= most:
        raise CARD_TRIES_USED_UP.refused(most=most)
    typed = fold_spelling(given).upper()
    if number is None or len(typed) != CARD_CHARACTERS or number[-CARD_CHARACTERS:] != typed:
        raise CARD_END_DIFFERS.refused()


@rule(number="ASM-43", stage="评价", source=SOURCE, since=FOUNDED)
def may_have_scores(needed: bool, arrived_at: datetime | None) -> bool:
    """Return whether a candidate may have scores: arrived, or the day's parameter does not ask for it."""
    return arrived_at is not None or not needed


@rule(number="ASM-47", stage="评价", source=READER_SOURCE, since=FOUNDED)
def parse_arrival_time(given: str, exam_on: date) -> time:
    """Return the local time at which a card reader saw a candidate; a day written with it is the exam's.

    Raises arrival_time_malformed, arrival_other_day.
    """
    found = _ARRIVED.fullmatch(" ".join(unicodedata.normalize("NFKC", given).split()))
    if found is None:
        raise ARRIVAL_TIME_MALFORMED.refused()
    told = {name: int(value) for name, value in found.groupdict(default="0").items()}
    try:
        seen = time(told["hour"], told["minute"], told["second"])
        day = date(told["year"], told["month"], told["day"]) if found["year"] else exam_on
    except ValueError:
        raise ARRIVAL_TIME_MALFORMED.refused() from None
    if day != exam_on:
        raise ARRIVAL_OTHER_DAY.refused(exam_on=exam_on.isoformat())
    return seen


@rule(number="ASM-48", stage="评价", source=READER_SOURCE, since=FOUNDED)
def check_reader_file_day(exam_on: date, today: date, days: int) -> None:
    """Check that a card reader's file comes no more than so many days after the exam; before it nobody came.

    Raises reader_file_late.
    """
    until = exam_on + timedelta(days=days)
    if today > until:
        raise READER_FILE_LATE.refused(exam_on=exam_on.isoformat(), until=until.isoformat())
