"""Who somebody is: identity numbers, organisation codes, bank accounts and mobile numbers, in canonical form.

Every number is read from what people and spreadsheets write (full width, spaces, small x, fifteen digits)
and given back in one form only; whatever cannot be read says why, and never shows the number whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from numbers import Real

from stdnum import luhn
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from voucher.rules.errors import reason
from voucher.rules.privacy import mask_account, mask_identity, mask_mobile
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling

GB_11643 = "GB 11643-1999; S2-15i"
GB_32100 = "GB 32100-2015"
REAL_NAME = "豫办〔2021〕29号 第15项 实名制; S2-15i"
FOUNDED = date(2021, 10, 28)
NOT_BEFORE = date(1900, 1, 1)

IDENTITY_MALFORMED = reason(
    "identity_malformed",
    "证件号码{masked}格式不正确：应为18位，前17位为数字，末位为数字或X",
    "请对照身份证重新填写；港澳台居民、外国人请填居住证、永久居留身份证上的18位号码，没有的请到人社窗口办理",
    f"{GB_11643}; 【设】居住证、新版永久居留身份证与身份证同样编码",
)
IDENTITY_CHECK_DIGIT = reason(
    "identity_check_digit",
    "证件号码校验位不正确，校验码应为{expected}",
    "请对照身份证逐位核对{masked}；末位确为证件所印时，是其他位有误",
    GB_11643,
)
IDENTITY_BIRTH_DATE = reason(
    "identity_birth_date",
    "证件号码{masked}中的出生日期不是有效日期",
    "请对照身份证核对第7至14位；日期应真实存在，不早于1900年，不晚于办理当日",
    GB_11643,
)
IDENTITY_AS_NUMBER = reason(
    "identity_as_number",
    "证件号码被表格软件存为数字，末几位已丢失",
    "请将该列设为文本后重新填写",
    REAL_NAME,
)
ORGANISATION_CODE_MALFORMED = reason(
    "organisation_code_malformed",
    "统一社会信用代码{masked}格式不正确：应为18位，只含数字和大写字母（不含 I、O、S、V、Z），第3至8位为数字",
    "请对照营业执照或法人证书重新填写",
    GB_32100,
)
ORGANISATION_CODE_CHECK_DIGIT = reason(
    "organisation_code_check_digit",
    "统一社会信用代码{masked}校验位不正确，校验码应为{expected}",
    "请对照营业执照或法人证书逐位核对",
    GB_32100,
)
ACCOUNT_MALFORMED = reason(
    "account_malformed",
    "银行账号{masked}格式不正确：{expected}",
    "请对照银行卡或开户许可证重新填写",
    "豫办〔2021〕29号 第16项; DOMAIN 2.4 退票（户名账号不符）",
)
ACCOUNT_CHECK_DIGIT = reason(
    "account_check_digit",
    "银行卡号{masked}校验位不正确",
    "请对照银行卡逐位核对",
    "ISO/IEC 7812-1 附录B (Luhn); DOMAIN 2.4 退票（户名账号不符）",
)
ACCOUNT_AS_NUMBER = reason(
    "account_as_number",
    "银行账号被表格软件存为数字，末几位可能已丢失",
    "请将该列设为文本后重新填写",
    "DOMAIN 2.4 退票（户名账号不符）",
)
MOBILE_MALFORMED = reason(
    "mobile_malformed",
    "手机号码{masked}格式不正确：应为11位数字，以13至19开头",
    "请核对后重新填写",
    "【设】工信部 公众电信网编号 1[3-9] 开头11位",
)

_IDENTITY = re.compile(r"[0-9]{17}[0-9X]")
_IDENTITY_15 = re.compile(r"[0-9]{15}")
# 4.10105E+17, 4.1010519900315994e+17, 410105199003159936.0: how a stored number prints itself.
_PRINTED_NUMBER = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{2}|[0-9]{15,18}\.0*")
_ORGANISATION = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_PERSONAL_ACCOUNT = re.compile(r"[0-9]{16,19}")
_CORPORATE_ACCOUNT = re.compile(r"[0-9]{8,32}")
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})(?:\.0)?")


class Sex(StrEnum):
    """What the seventeenth digit says: odd is male."""

    MALE = "male"
    FEMALE = "female"


class AccountKind(StrEnum):
    """Whose account: only personal cards carry a check digit."""

    PERSONAL = "personal"
    CORPORATE = "corporate"


@dataclass(frozen=True, slots=True)
class Identity:
    """A canonical identity number and what it says; its region is never the region of today."""

    number: str = field(repr=False)
    birth_on: date = field(repr=False)
    sex: Sex


def _clean(value: object) -> str:
    return "" if value is None else fold_spelling(str(value)).upper()


def _read_birth(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


# a file names the same few organisations in each of its rows
@lru_cache(maxsize=1024)
def _organisation_check_digit(body: str) -> str:
    return str(uscc.calc_check_digit(body))


def _widen(number: str) -> str:
    body = number[:6] + "19" + number[6:]
    return body + mod_11_2.calc_check_digit(body)


@rule(number="IDN-01", stage="通用", source=f"{GB_11643}; AC-B1、AC-B2、AC-B3、AC-B8", since=FOUNDED)
def normalise_identity(value: object, on: date | None = None) -> str:
    """Return the canonical 18-character identity number of what was written.

    Fifteen digits become eighteen. The region code is six digits and not judged: regions are renamed and
    dissolved, people keep their numbers. `on` is the day no birth may be later than. A number that ends in
    000 with the wrong check digit has been through a spreadsheet; with the right one it is a real number.

    Raises identity_malformed, identity_as_number, identity_birth_date, identity_check_digit.
    """
    if isinstance(value, Real):
        raise IDENTITY_AS_NUMBER.refused()
    number = _clean(value)
    if _PRINTED_NUMBER.fullmatch(number):
        raise IDENTITY_AS_NUMBER.refused()
    if _IDENTITY_15.fullmatch(number):
        number = _widen(number)
    if not _IDENTITY.fullmatch(number):
        raise IDENTITY_MALFORMED.refused(masked=mask_identity(number), length=len(number))
    expected = mod_11_2.calc_check_digit(number[:17])
    if number.endswith("000") and expected != "0":
        raise IDENTITY_AS_NUMBER.refused()
    birth_on = _read_birth(number)
    if birth_on is None or birth_on < NOT_BEFORE or (on is not None and birth_on > on):
        # The date itself is not shown: beside the mask it would make the number whole.
        raise IDENTITY_BIRTH_DATE.refused(masked=mask_identity(number))
    if number[17] != expected:
        raise IDENTITY_CHECK_DIGIT.refused(masked=mask_identity(number), expected=expected)
    return number


@rule(number="IDN-02", stage="通用", source=GB_11643, since=FOUNDED)
def read_identity(value: object, on: date | None = None, *, canonical: bool = False) -> Identity:
    """Return the canonical number with the birth date and sex it carries.

    What is told to be `canonical` has been through `normalise_identity` and is not checked again.
    Raises identity_malformed, identity_as_number, identity_birth_date, identity_check_digit.
    """
    number = str(value) if canonical else normalise_identity(value, on)
    birth_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return Identity(number=number, birth_on=birth_on, sex=Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


@rule(number="IDN-03", stage="通用", source=GB_32100, since=date(2015, 10, 1))
def normalise_organisation_code(text: str) -> str:
    """Return the canonical 统一社会信用代码 of what was written.

    The first two characters may be letters (N2 is a village collective), which python-stdnum's own
    validation refuses; its check digit is used, its shape is not.

    Raises organisation_code_malformed, organisation_code_check_digit.
    """
    code = _clean(text)
    if not _ORGANISATION.fullmatch(code):
        # What stands here by mistake may be an identity number: it is eighteen characters as well.
        raise ORGANISATION_CODE_MALFORMED.refused(masked=mask_identity(code), length=len(code))
    expected = _organisation_check_digit(code[:17])
    if code[17] != expected:
        raise ORGANISATION_CODE_CHECK_DIGIT.refused(masked=mask_identity(code), expected=expected)
    return code


@rule(
    number="IDN-04",
    stage="兑现",
    source="ISO/IEC 7812-1 附录B (Luhn); DOMAIN 2.4 退票; AC-H12",
    since=FOUNDED,
)
def normalise_bank_account(value: object, kind: AccountKind) -> str:
    """Return the digits of a bank account: a personal card has 16 to 19 and a check digit, a corporate
    account has 8 to 32 and none.

    Raises account_malformed, account_as_number, account_check_digit.
    """
    if isinstance(value, Real):
        raise ACCOUNT_AS_NUMBER.refused()
    account = _clean(value).replace("-", "")
    if _PRINTED_NUMBER.fullmatch(account):
        raise ACCOUNT_AS_NUMBER.refused()
    if kind is AccountKind.CORPORATE:
        if not _CORPORATE_ACCOUNT.fullmatch(account):
            raise ACCOUNT_MALFORMED.refused(masked=mask_account(account), expected="对公账号应为8至32位数字")
        return account
    if not _PERSONAL_ACCOUNT.fullmatch(account):
        raise ACCOUNT_MALFORMED.refused(masked=mask_account(account), expected="个人卡号应为16至19位数字")
    if not luhn.is_valid(account):
        raise ACCOUNT_CHECK_DIGIT.refused(masked=mask_account(account))
    return account


@rule(number="IDN-05", stage="通用", source="【设】工信部 公众电信网编号 1[3-9] 开头11位", since=FOUNDED)
def normalise_mobile(value: object) -> str:
    """Return the eleven digits of a mobile number; +86, spaces and hyphens are dropped.

    Eleven digits survive being stored as a number by a spreadsheet, so that is read as well.
    Raises mobile_malformed.
    """
    text = _clean(value).replace("-", "")
    match = _MOBILE.fullmatch(text)
    if match is None:
        raise MOBILE_MALFORMED.refused(masked=mask_mobile(text))
    return match.group(1)
