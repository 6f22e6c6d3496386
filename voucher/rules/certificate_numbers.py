"""Certificate numbers: what each known form says, and whether the certificate agrees with it.

S 0000 41 010001 24 5 000001     22: kind, national serial, province, evaluator, year, level, serial
2 capitals + 20 digits           特级技师; what stands behind the letters is not published, so nothing is read
16 digits                        the older 职业资格证书: year, province, city, body, level, serial
anything                         专项, 培训合格 and the 特种 kinds: no published form, kept as text
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling
from voucher.rules.vocabulary import CertificateKind, Level, level_of_digit, name_level

CODING = "职业技能等级证书编码规则 (DOMAIN C1、C2); AC-F4、AC-F10"
OLD_CODING = "职业资格证书编码规则 (DOMAIN C3)"
RANGES_SOURCE = "DOMAIN C4（编号由省人社部门提供）; 【设】按备案号、年份、等级预先分配号段"
FOUNDED = date(2021, 10, 28)
LAST_SERIAL = 999_999
# Two digits of a year: the certificates began in 1994, so 90–99 are the last century's.
CENTURY_TURNS_AT = 90
LONGEST_TEXT = 64

CERTIFICATE_NUMBER_LENGTH = reason(
    "certificate_number_length",
    "证书编号长度不正确：应为{expected}位，实为{length}位",
    "请对照证书重新填写，注意不要漏位或多位",
    CODING,
)
CERTIFICATE_NUMBER_KIND = reason(
    "certificate_number_kind",
    "证书编号类别码“{found}”不正确：首位只有 S（社会培训评价组织）和 Y（用人单位）",
    "请对照证书核对编号首位",
    CODING,
)
CERTIFICATE_NUMBER_LEVEL = reason(
    "certificate_number_level",
    "证书编号等级码“{found}”不正确：第{position}位应为 1–5（5 为五级/初级工，1 为一级/高级技师）",
    "请对照证书核对编号第{position}位",
    f"{CODING}; {OLD_CODING}",
)
CERTIFICATE_NUMBER_CHARACTERS = reason(
    "certificate_number_characters",
    "证书编号第{position}位“{found}”不是允许的字符",
    "请对照证书重新填写，注意区分数字0与字母O、数字1与字母I",
    f"{CODING}; {OLD_CODING}",
)
CERTIFICATE_NUMBER_PROVINCE = reason(
    "certificate_number_province",
    "编号第6、7位的省份代码“{found}”不是任何一个省（自治区、直辖市）",
    "请对照证书核对第6、7位，河南为 41；省内备案的机构，第2至5位为 0000",
    f"{CODING}; GB/T 2260",
)
CERTIFICATE_LEVEL_DISAGREES = reason(
    "certificate_level_disagrees",
    "证书等级与编号不符：填报{claimed}，编号为{numbered}",
    "请对照证书核对等级和编号",
    f"{CODING}; DOMAIN 三-6",
)
CERTIFICATE_YEAR_DISAGREES = reason(
    "certificate_year_disagrees",
    "发证日期与编号不符：填报 {claimed} 年，编号为 {numbered} 年",
    "请对照证书核对发证日期和编号",
    f"{CODING}; DOMAIN 三-6",
)
CERTIFICATE_EVALUATOR_DISAGREES = reason(
    "certificate_evaluator_disagrees",
    "评价机构备案号与编号不符：备案号 {claimed}，编号前13位 {numbered}",
    "请核对证书编号与评价机构；该机构的备案号是其证书编号的前13位",
    f"{CODING}; DOMAIN 三-6",
)

CERTIFICATE_NUMBER_UNALLOCATED = reason(
    "certificate_number_unallocated",
    "证书编号的顺序号 {serial} 不在预先分配给该机构的号段内",
    "请使用已分配的号段：{ranges}；号段用完的，请向人社部门申请新的号段",
    RANGES_SOURCE,
)
NUMBERS_EXHAUSTED = reason(
    "numbers_exhausted",
    "{year} 年{level}的顺序号只剩 {left} 个，不够 {count} 个",
    "一个备案号一年一个等级最多 999999 个编号；请减少数量",
    RANGES_SOURCE,
    Family.LIMIT,
)

# GB/T 2260, and 66 for the 生产建设兵团, which files its own
PROVINCES = frozenset((
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "66",
    "71", "81", "82",
))  # fmt: skip
FILED_IN_A_PROVINCE = "0000"
_SPECIAL_TECHNICIAN = re.compile(r"[A-Z]{2}[0-9]{20}")
_STRAY = re.compile(r"[^0-9]")


class NumberForm(StrEnum):
    """Which of the known forms a number has."""

    SKILL_LEVEL = "skill_level"
    SPECIAL_TECHNICIAN = "special_technician"
    QUALIFICATION = "qualification"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class CertificateNumber:
    """A canonical number and what its parts say; None where the form does not say it."""

    text: str
    form: NumberForm
    evaluator_prefix: str | None = None
    kind_letter: str | None = None
    national_serial: str | None = None
    province: str | None = None
    year: int | None = None
    digit: int | None = None
    level: Level | None = None
    serial: str | None = None


@rule(number="CNO-01", stage="持证", source=f"{CODING}; {OLD_CODING}; DOMAIN C5【设】", since=FOUNDED)
def parse_certificate_number(text: str, certificate_kind: CertificateKind) -> CertificateNumber:
    """Read a certificate number in the form its kind of certificate has; each part that is wrong says so.

    A 职业资格证书 may carry the old 16 digits or the 22 characters of today.

    Raises certificate_number_length, certificate_number_kind, certificate_number_level,
    certificate_number_characters, certificate_number_province.
    """
    number = fold_spelling(text).upper()
    if certificate_kind is CertificateKind.SKILL_LEVEL:
        return _parse_today(number, expected="22")
    if certificate_kind is CertificateKind.QUALIFICATION:
        return _parse_old(number) if len(number) == 16 else _parse_today(number, expected="16（或22）")
    return _parse_text(number)


@rule(number="CNO-05", stage="持证", source=f"{CODING}; GB/T 2260【设】部级备案的不判断省份", since=FOUNDED)
def check_province(number: str) -> None:
    """Check the province of a certificate number, or of the 备案号 it begins with, filed in a province.

    Raises certificate_number_province.
    """
    if number[1:5] == FILED_IN_A_PROVINCE and number[5:7] not in PROVINCES:
        raise CERTIFICATE_NUMBER_PROVINCE.refused(found=number[5:7])


def _check_digits(number: str, since: int) -> None:
    stray = _STRAY.search(number, since)
    if stray is not None:
        raise CERTIFICATE_NUMBER_CHARACTERS.refused(position=stray.start() + 1, found=stray.group())


def _read_level(number: str, place: int) -> Level:
    if number[place] not in "12345":
        raise CERTIFICATE_NUMBER_LEVEL.refused(position=place + 1, found=number[place])
    return level_of_digit(int(number[place]))


def _read_year(digits: str) -> int:
    year = int(digits)
    return year + (1900 if year >= CENTURY_TURNS_AT else 2000)


def _parse_today(number: str, expected: str) -> CertificateNumber:
    if len(number) != 22:
        raise CERTIFICATE_NUMBER_LENGTH.refused(expected=expected, length=len(number))
    if _SPECIAL_TECHNICIAN.fullmatch(number):
        return CertificateNumber(
            text=number,
            form=NumberForm.SPECIAL_TECHNICIAN,
            kind_letter=number[0],
            level=Level.SPECIAL_TECHNICIAN,
        )
    if number[0] not in "SY":
        raise CERTIFICATE_NUMBER_KIND.refused(found=number[0])
    _check_digits(number, since=1)
    check_province(number)
    return CertificateNumber(
        text=number,
        form=NumberForm.SKILL_LEVEL,
        evaluator_prefix=number[:13],
        kind_letter=number[0],
        national_serial=number[1:5],
        province=number[5:7],
        year=2000 + int(number[13:15]),
        level=_read_level(number, 15),
        digit=int(number[15]),
        serial=number[16:],
    )


def _parse_old(number: str) -> CertificateNumber:
    _check_digits(number, since=0)
    return CertificateNumber(
        text=number,
        form=NumberForm.QUALIFICATION,
        province=number[2:4],
        year=_read_year(number[:2]),
        level=_read_level(number, 10),
        digit=int(number[10]),
        serial=number[11:],
    )


def _parse_text(number: str) -> CertificateNumber:
    if not 1 <= len(number) <= LONGEST_TEXT:
        raise CERTIFICATE_NUMBER_LENGTH.refused(expected=f"1–{LONGEST_TEXT}", length=len(number))
    if number.isascii() and number.isalnum():
        return CertificateNumber(text=number, form=NumberForm.TEXT)
    for position, letter in enumerate(number, start=1):
        # Letters of any script, digits and the punctuation of document numbers: 豫专〔2024〕第001号.
        if unicodedata.category(letter)[0] not in ("LNP" if position > 1 else "LN"):
            raise CERTIFICATE_NUMBER_CHARACTERS.refused(position=position, found=letter)
    return CertificateNumber(text=number, form=NumberForm.TEXT)


@rule(number="CNO-02", stage="持证", source=f"{CODING}; DOMAIN 三-6", since=FOUNDED)
def check_number_agrees(
    number: CertificateNumber,
    *,
    level: Level | None,
    issued_on: date,
    evaluator_filing_number: str | None,
) -> None:
    """Check that level, year of issue and evaluator are the ones the number says.

    What the form of the number does not say is not judged, nor an evaluator whose 备案号 nobody recorded.

    Raises certificate_level_disagrees, certificate_year_disagrees, certificate_evaluator_disagrees.
    """
    if number.level is not None and level is not number.level:
        raise CERTIFICATE_LEVEL_DISAGREES.refused(
            claimed=name_level(level) if level is not None else "无等级", numbered=name_level(number.level)
        )
    if number.year is not None and issued_on.year != number.year:
        raise CERTIFICATE_YEAR_DISAGREES.refused(claimed=issued_on.year, numbered=number.year)
    if number.evaluator_prefix is None or evaluator_filing_number is None:
        return
    filing_number = fold_spelling(evaluator_filing_number).upper()
    if filing_number != number.evaluator_prefix:
        raise CERTIFICATE_EVALUATOR_DISAGREES.refused(claimed=filing_number, numbered=number.evaluator_prefix)


@dataclass(frozen=True, slots=True)
class Range:
    """Serials given to an evaluator for one level, both ends included."""

    digit: int
    first_serial: int
    last_serial: int


@rule(number="CNO-03", stage="持证", source=RANGES_SOURCE, since=FOUNDED)
def check_number_allocated(number: CertificateNumber, ranges: Sequence[Range]) -> None:
    """Check that a number lies in what its evaluator was given for its year.

    Who was given nothing that year is not judged; who was given anything uses no other number.

    Raises certificate_number_unallocated.
    """
    if number.form is not NumberForm.SKILL_LEVEL or not ranges or number.serial is None:
        return
    serial = int(number.serial)
    mine = [each for each in ranges if each.digit == number.digit]
    if not any(each.first_serial <= serial <= each.last_serial for each in mine):
        told = "、".join(f"{each.first_serial:06d}–{each.last_serial:06d}" for each in mine)
        raise CERTIFICATE_NUMBER_UNALLOCATED.refused(serial=number.serial, ranges=told or "该等级没有号段")


@rule(number="CNO-04", stage="持证", source=RANGES_SOURCE, since=FOUNDED)
def next_range(level: Level, year: int, digit: int, last_given: int, count: int) -> Range:
    """Return the serials that follow what has been given. Raises numbers_exhausted."""
    left = LAST_SERIAL - last_given
    if not 1 <= count <= left:
        raise NUMBERS_EXHAUSTED.refused(year=year, level=name_level(level), left=left, count=count)
    return Range(digit, last_given + 1, last_given + count)
