"""Numbers people carry: read from any usual spelling, refused with the reason, never shown whole."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from voucher.rules.errors import Refusal, Refused
from voucher.rules.identity import (
    AccountKind,
    Sex,
    normalise_bank_account,
    normalise_identity,
    normalise_mobile,
    normalise_organisation_code,
    read_identity,
)

QUIET = settings(max_examples=150, deadline=None)
VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "test_vectors.json"
ZHANG_SAN = "41010519900315991X"
CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"

births = st.dates(min_value=date(1900, 1, 1), max_value=date(2024, 12, 31))


def identity_of(region: int, birth_on: date, serial: int) -> str:
    body = f"{region:06d}{birth_on:%Y%m%d}{serial:03d}"
    return body + mod_11_2.calc_check_digit(body)


identities = st.builds(identity_of, st.integers(0, 999999), births, st.integers(0, 999))


def refusal_of(value: object, on: date | None = None) -> Refusal:
    with pytest.raises(Refused) as caught:
        normalise_identity(value, on)
    return caught.value.refusal


@pytest.mark.parametrize(
    "number",
    [
        ZHANG_SAN,
        "410702198511209927",
        "41900120080601993X",
        "410881196605029945",
        "410711196401059953",
        "650104199308089965",
        "34052419800101001X",
        "410105197007019907",
    ],
)
def test_the_people_of_the_scenarios_and_the_standard_example_pass(number: str) -> None:
    assert normalise_identity(number) == number


def test_the_published_vectors_pass() -> None:
    if not VECTORS.exists():
        pytest.skip("the shared reference data (test_vectors.json) is not beside this checkout")
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    for person in vectors["persons"].values():
        assert normalise_identity(person["id18"]) == person["id18"]
        if "id15" in person:
            assert normalise_identity(person["id15"]) == person["id18"]
    for organisation in vectors["orgs"].values():
        assert normalise_organisation_code(organisation["uscc"]) == organisation["uscc"]
    example = vectors["standard_examples"]["GB11643 15->18 example"]
    assert normalise_identity(example["id15"]) == example["id18"]


@pytest.mark.parametrize(
    "written",
    [
        "４１０１０５１９９００３１５９９１ｘ ",
        "41010519900315991x",
        " 410105 19900315 991X\t",
        "\ufeff41010519900315991X\u200b",
        "\u202a41010519900315991X\u202c",
        "41010519900315991Ⅹ",
    ],
)
def test_widths_spaces_and_invisible_marks_do_not_make_another_person(written: str) -> None:
    assert normalise_identity(written) == ZHANG_SAN


def test_a_wrong_check_digit_is_refused_with_the_right_one_named() -> None:
    refusal = refusal_of("410105199003159919")
    assert refusal.code == "identity_check_digit"
    assert "校验码应为X" in refusal.title
    assert "410105********9919" in refusal.next_step


def test_fifteen_digits_become_eighteen() -> None:
    assert normalise_identity("410105700701990") == "410105197007019907"
    assert normalise_identity("130503670401001") == "130503196704010016"


def test_regions_that_no_longer_exist_and_regions_nobody_knows_are_not_judged() -> None:
    assert normalise_identity("410881196605029945") == "410881196605029945"
    for region in (0, 810000, 999999):
        number = identity_of(region, date(1990, 3, 15), 991)
        assert normalise_identity(number) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        None,
        "41010519900315991",
        "4101051990031599199",
        "41010519900315991Y",
        "X1010519900315991X",
        "张三",
        "٤١٠١٠٥١٩٩٠٠٣١٥٩٩١X",
        "41010519900315991Х",
    ],
)
def test_what_is_not_a_number_of_eighteen_is_malformed(written: object) -> None:
    assert refusal_of(written).code == "identity_malformed"


@pytest.mark.parametrize(
    "body",
    ["41010519900229991", "41010519901301991", "41010519900432991", "41010518991231991", "41010500000101991"],
)
def test_a_birthday_that_never_was_is_refused(body: str) -> None:
    refusal = refusal_of(body + mod_11_2.calc_check_digit(body))
    assert refusal.code == "identity_birth_date"
    assert body[6:14] not in refusal.sentence + str(refusal.facts)


def test_a_leap_day_and_the_first_day_of_1900_are_birthdays() -> None:
    for birth_on in (date(2000, 2, 29), date(1900, 1, 1)):
        assert read_identity(identity_of(410105, birth_on, 991)).birth_on == birth_on


def test_nobody_is_born_after_the_day_of_the_act() -> None:
    number = identity_of(410105, date(2024, 3, 7), 991)
    assert normalise_identity(number, date(2024, 3, 7)) == number
    assert refusal_of(number, date(2024, 3, 6)).code == "identity_birth_date"


@pytest.mark.parametrize(
    "stored",
    [
        4.10105199003159e17,
        410105199003159919,
        "4.10105E+17",
        "4.1010519900315994e+17",
        "4.10105E17",
        "410105199003159936.0",
        "410105199003159000",
        "４．１Ｅ＋１７",
    ],
)
def test_a_number_kept_as_a_number_by_a_spreadsheet_is_named_as_such(stored: object) -> None:
    refusal = refusal_of(stored)
    assert refusal.code == "identity_as_number"
    assert "请将该列设为文本后重新填写" in refusal.sentence


def test_a_real_number_may_end_in_three_zeros() -> None:
    number = next(
        each
        for serial in range(0, 1000, 100)
        for day in range(1, 29)
        if (each := identity_of(410105, date(1990, 3, day), serial)).endswith("000")
    )
    assert normalise_identity(number) == number


def test_an_identity_says_birth_date_and_sex_and_keeps_its_number_out_of_logs() -> None:
    man, woman = read_identity(ZHANG_SAN), read_identity("410702198511209927")
    assert (man.birth_on, man.sex) == (date(1990, 3, 15), Sex.MALE)
    assert (woman.birth_on, woman.sex) == (date(1985, 11, 20), Sex.FEMALE)
    assert ZHANG_SAN not in repr(man)
    assert "1990" not in repr(man)


@given(identities)
@QUIET
def test_reading_twice_is_reading_once(number: str) -> None:
    assert normalise_identity(normalise_identity(number)) == number
    assert read_identity(number).birth_on == date.fromisoformat(
        f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    )


@given(identities, st.integers(0, 17), st.integers(1, 9))
@QUIET
def test_one_wrong_digit_is_always_noticed_and_the_number_never_shown(
    number: str, place: int, shift: int
) -> None:
    value = 10 if number[place] == "X" else int(number[place])
    wrong = number[:place] + str((value + shift) % 10) + number[place + 1 :]
    if wrong == number:
        return
    refusal = refusal_of(wrong)
    assert refusal.code in {"identity_check_digit", "identity_birth_date", "identity_as_number"}
    assert wrong not in refusal.sentence + str(refusal.facts)
    assert number not in refusal.sentence + str(refusal.facts)


@given(st.text(max_size=25))
@QUIET
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    for read in (normalise_identity, normalise_organisation_code, normalise_mobile):
        with contextlib.suppress(Refused):
            read(text)


@given(births.filter(lambda day: day.year < 2000), st.integers(0, 999))
@QUIET
def test_old_and_new_number_of_one_person_are_one(birth_on: date, serial: int) -> None:
    old = f"410105{birth_on:%y%m%d}{serial:03d}"
    assert normalise_identity(old) == identity_of(410105, birth_on, serial)


@pytest.mark.parametrize(
    "code", ["52410105MJTE5T01X7", "12410702MBTE5T029K", "91350100M000100Y43", "91110000600037341L"]
)
def test_organisation_codes_pass_in_any_width_and_case(code: str) -> None:
    assert normalise_organisation_code(f" {code.lower()}\u3000") == code


def test_a_village_collective_has_letters_in_front() -> None:
    body = "N2410105MF1234567"
    code = body + uscc.calc_check_digit(body)
    assert not uscc.is_valid(code)
    assert normalise_organisation_code(code) == code


def test_the_example_that_is_wrong_in_its_source_is_refused_with_the_right_digit() -> None:
    with pytest.raises(Refused) as caught:
        normalise_organisation_code("91350100M000100Y4Z")
    assert caught.value.refusal.code == "organisation_code_malformed"
    with pytest.raises(Refused) as caught:
        normalise_organisation_code("91350100M000100Y44")
    assert caught.value.refusal.code == "organisation_code_check_digit"
    assert "校验码应为3" in caught.value.refusal.title


@given(st.text(CODE_LETTERS, min_size=9, max_size=9), st.integers(0, 16), st.integers(1, 30))
@QUIET
def test_one_wrong_character_of_an_organisation_code_is_noticed(subject: str, place: int, shift: int) -> None:
    body = "91410100" + subject
    code = body + uscc.calc_check_digit(body)
    assert normalise_organisation_code(code) == code
    letter = CODE_LETTERS[(CODE_LETTERS.index(code[place]) + shift) % 31]
    with pytest.raises(Refused):
        normalise_organisation_code(code[:place] + letter + code[place + 1 :])


@pytest.mark.parametrize(
    "code", ["", "5241010MJTE5T01X7", "52410105MJTE5T01X77", "5241010OMJTE5T01X7", "示例"]
)
def test_malformed_organisation_codes_say_so(code: str) -> None:
    with pytest.raises(Refused) as caught:
        normalise_organisation_code(code)
    assert caught.value.refusal.code == "organisation_code_malformed"


def test_a_personal_card_needs_its_check_digit_and_a_corporate_account_has_none() -> None:
    card = "622202020011223" + luhn.calc_check_digit("622202020011223")
    assert normalise_bank_account(f"{card[:4]} {card[4:8]}-{card[8:]}", AccountKind.PERSONAL) == card
    broken = card[:-1] + str((int(card[-1]) + 1) % 10)
    with pytest.raises(Refused) as caught:
        normalise_bank_account(broken, AccountKind.PERSONAL)
    assert caught.value.refusal.code == "account_check_digit"
    assert broken[:12] not in caught.value.refusal.sentence
    assert normalise_bank_account(broken, AccountKind.CORPORATE) == broken


@pytest.mark.parametrize(
    ("account", "kind", "code"),
    [
        (12345678, AccountKind.CORPORATE, "account_as_number"),
        ("6" * 15, AccountKind.PERSONAL, "account_malformed"),
        ("6" * 20, AccountKind.PERSONAL, "account_malformed"),
        ("1234567", AccountKind.CORPORATE, "account_malformed"),
        ("1" * 33, AccountKind.CORPORATE, "account_malformed"),
        ("6222O20200112233", AccountKind.CORPORATE, "account_malformed"),
        (6.22202020011223e18, AccountKind.PERSONAL, "account_as_number"),
        ("6.22202E+18", AccountKind.CORPORATE, "account_as_number"),
        (None, AccountKind.PERSONAL, "account_malformed"),
    ],
)
def test_accounts_that_cannot_be_paid_are_refused(account: object, kind: AccountKind, code: str) -> None:
    with pytest.raises(Refused) as caught:
        normalise_bank_account(account, kind)
    assert caught.value.refusal.code == code


@pytest.mark.parametrize("edge", ["1" * 8, "1" * 32])
def test_corporate_accounts_have_eight_to_thirty_two_digits(edge: str) -> None:
    assert normalise_bank_account(edge, AccountKind.CORPORATE) == edge


@pytest.mark.parametrize(
    "written",
    [
        "13812341234",
        "１３８１２３４１２３４",
        "+86 138-1234-1234",
        13812341234,
        13812341234.0,
        "8613812341234",
    ],
)
def test_mobile_numbers_are_read_in_their_usual_spellings(written: object) -> None:
    assert normalise_mobile(written) == "13812341234"


@pytest.mark.parametrize(
    "written", ["12812341234", "1381234123", "138123412345", "", None, 1.5, float("nan"), "0371-65500000"]
)
def test_other_numbers_are_no_mobile_numbers(written: object) -> None:
    with pytest.raises(Refused) as caught:
        normalise_mobile(written)
    assert caught.value.refusal.code == "mobile_malformed"
