"""What a certificate earns, by the dated standards of Henan and by none that are not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.money import parse_yuan
from voucher.rules.subsidy import Case, Form, Modifier, Price, Standard, price_subsidy
from voucher.rules.vocabulary import CertificateKind, Level, Method, Outcome, SubsidyKind

FOUNDED = date(2021, 10, 28)
HENAN = "豫办〔2021〕29号"
RULES_2022 = "豫人社规〔2022〕2号"
REGIONS = ("410103", "410100", "410000")
LEVEL_AMOUNTS = {
    Level.JUNIOR: "200",
    Level.INTERMEDIATE: "240",
    Level.SENIOR: "280",
    Level.TECHNICIAN: "350",
    Level.SENIOR_TECHNICIAN: "380",
}


def evaluation(form: str, level: Level | None, yuan: str) -> Standard:
    return Standard(
        SubsidyKind.EVALUATION, form, None, level, None, parse_yuan(yuan), FOUNDED, None, HENAN, "document"
    )


def training(form: str, level: Level | None, yuan: str) -> Standard:
    return Standard(
        SubsidyKind.TRAINING, form, None, level, None, parse_yuan(yuan), FOUNDED, None, RULES_2022, "news"
    )


STANDARDS = [
    evaluation(Form.SPECIAL_SKILL, None, "100"),
    *(evaluation(Form.LEVEL_CERTIFICATE, level, yuan) for level, yuan in LEVEL_AMOUNTS.items()),
    training(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "1200"),
    training(Form.TRAINING_COMPLETION, None, "700"),
    training(Form.TRAINING_COMPLETION_HOUR, None, "10"),
    training(Form.SPECIAL_OPERATION, None, "800"),
]
HALF = Modifier(SubsidyKind.EVALUATION, Method.DIRECT, 5_000, date(2022, 3, 31), None, RULES_2022)
CARER5 = Case(
    kind=SubsidyKind.EVALUATION,
    certificate_kind=CertificateKind.SKILL_LEVEL,
    level=Level.JUNIOR,
    occupation_code="4-10-01-05",
    item_code=None,
    method=Method.EXAM,
    issued_on=date(2024, 3, 1),
    region_codes=REGIONS,
)
SPECIAL = replace(
    CARER5, certificate_kind=CertificateKind.SPECIAL_SKILL, level=None, occupation_code=None, item_code="Z-1"
)
COMPLETION = replace(CARER5, certificate_kind=CertificateKind.TRAINING_COMPLETION, level=None)


def price(case: Case, *more: Standard, modifiers: tuple[Modifier, ...] = (HALF,)) -> Price:
    return price_subsidy(case, [*STANDARDS, *more], modifiers)


def code(answer: Price) -> str | None:
    return answer.refusal.code if answer.refusal else None


def test_ac_g1_one_of_each_by_exam_is_1550_yuan() -> None:
    prices = [price(SPECIAL), *(price(replace(CARER5, level=level)) for level in LEVEL_AMOUNTS)]
    assert [each.amount_fen for each in prices] == [10_000, 20_000, 24_000, 28_000, 35_000, 38_000]
    assert sum(each.amount_fen for each in prices) == 155_000
    assert all(each.outcome is Outcome.PAYABLE and each.refusal is None for each in prices)
    assert prices[2].explanation == "240.00 四级/中级工，豫办〔2021〕29号"


def test_ac_g3_jiyuan_in_full_and_with_3107_by_direct_recognition() -> None:
    people = {Level.JUNIOR: 2272, Level.INTERMEDIATE: 4930, Level.SENIOR: 2411, Level.TECHNICIAN: 24}
    full = sum(count * price(replace(CARER5, level=level)).amount_fen for level, count in people.items())
    assert full == 232_108_000
    fourth = replace(CARER5, level=Level.INTERMEDIATE)
    gap = price(fourth).amount_fen - price(replace(fourth, method=Method.DIRECT)).amount_fen
    assert full - 3107 * gap == 194_824_000


def test_direct_recognition_earns_half_and_says_so() -> None:
    answer = price(replace(CARER5, level=Level.INTERMEDIATE, method=Method.DIRECT))
    assert (answer.outcome, answer.amount_fen) == (Outcome.PAYABLE, 12_000)
    assert answer.explanation.startswith("240.00 × 50% 直接认定，豫人社规〔2022〕2号")
    assert "240.00 四级/中级工，豫办〔2021〕29号" in answer.explanation


def test_process_evaluation_earns_the_full_standard() -> None:
    assert price(replace(CARER5, method=Method.PROCESS)).amount_fen == 20_000


def test_a_qualification_certificate_earns_what_a_skill_certificate_earns() -> None:
    assert price(replace(CARER5, certificate_kind=CertificateKind.QUALIFICATION)).amount_fen == 20_000


@pytest.mark.parametrize("method", [Method.COMPETITION, Method.EXCEPTIONAL, Method.CREDIT])
def test_ac_j3_a_method_without_a_rule_is_decided_by_a_person(method: Method) -> None:
    answer = price(replace(CARER5, level=Level.SENIOR, method=method))
    assert (answer.outcome, answer.amount_fen) == (Outcome.MANUAL, 0)
    assert code(answer) == "method_needs_decision"
    assert "280.00 三级/高级工，豫办〔2021〕29号" in answer.explanation
    assert answer.proposed_fen == 28_000
    assert answer.standard is not None
    assert answer.standard.amount_fen == 28_000


def test_direct_recognition_before_the_rule_of_2022_is_decided_by_a_person() -> None:
    case = replace(CARER5, method=Method.DIRECT)
    assert code(price(replace(case, issued_on=date(2022, 3, 30)))) == "method_needs_decision"
    assert price(replace(case, issued_on=date(2022, 3, 31))).amount_fen == 10_000


def test_a_method_is_payable_once_a_dated_row_says_so() -> None:
    rewarded = Modifier(SubsidyKind.EVALUATION, Method.COMPETITION, 10_000, FOUNDED, None, "新文件")
    answer = price(replace(CARER5, method=Method.COMPETITION), modifiers=(HALF, rewarded))
    assert (answer.outcome, answer.amount_fen) == (Outcome.PAYABLE, 20_000)


def test_a_modifier_of_the_training_subsidy_leaves_the_evaluation_subsidy_alone() -> None:
    other = replace(HALF, kind=SubsidyKind.TRAINING, method=Method.EXAM)
    assert price(CARER5, modifiers=(other,)).amount_fen == 20_000


@pytest.mark.parametrize("level", [Level.SPECIAL_TECHNICIAN, Level.CHIEF_TECHNICIAN, Level.APPRENTICE, None])
@pytest.mark.parametrize("method", list(Method))
def test_ac_f10_a_level_without_a_standard_earns_nothing(level: Level | None, method: Method) -> None:
    answer = price(replace(CARER5, level=level, method=method))
    assert (answer.outcome, answer.amount_fen, answer.standard) == (Outcome.REFUSED, 0, None)
    assert answer.refusal is not None
    assert answer.refusal.code == "no_standard"
    assert "无标准" in answer.refusal.title


def test_a_row_for_all_levels_does_not_pay_a_level_certificate() -> None:
    everything = evaluation(Form.LEVEL_CERTIFICATE, None, "500")
    assert code(price(replace(CARER5, level=Level.SPECIAL_TECHNICIAN), everything)) == "no_standard"
    assert code(price(replace(CARER5, level=None), everything)) == "no_standard"


def test_a_certificate_from_before_the_document_earns_nothing() -> None:
    assert code(price(replace(CARER5, issued_on=date(2021, 10, 27)))) == "no_standard"
    assert price(replace(CARER5, issued_on=FOUNDED)).amount_fen == 20_000


def test_ac_g7_a_completion_certificate_has_no_evaluation_subsidy() -> None:
    answer = price(COMPLETION, evaluation(Form.TRAINING_COMPLETION, None, "100"))
    assert (answer.outcome, answer.amount_fen, code(answer)) == (
        Outcome.REFUSED,
        0,
        "completion_not_subsidised",
    )


@pytest.mark.parametrize(
    ("hours", "yuan"), [(40, "400"), (69, "690"), (70, "700"), (71, "700"), (500, "700")]
)
def test_ac_g7_its_training_subsidy_goes_by_hours_up_to_700(hours: int, yuan: str) -> None:
    answer = price(replace(COMPLETION, kind=SubsidyKind.TRAINING, hours=hours))
    assert (answer.outcome, answer.amount_fen) == (Outcome.PAYABLE, parse_yuan(yuan))
    assert f"10.00/学时 × {hours} 学时" in answer.explanation
    assert ("上限 700.00" in answer.explanation) == (hours > 70)


@pytest.mark.parametrize("hours", [None, 0, -1])
def test_without_hours_a_person_looks(hours: int | None) -> None:
    answer = price(replace(COMPLETION, kind=SubsidyKind.TRAINING, hours=hours))
    assert (answer.outcome, answer.amount_fen, code(answer)) == (Outcome.MANUAL, 0, "hours_missing")


def test_training_before_a_job_has_its_own_amount_whatever_its_hours() -> None:
    own = training(Form.PRE_JOB, None, "300")
    city = replace(training(Form.TRAINING_COMPLETION, None, "900"), region_code=REGIONS[0])
    case = replace(COMPLETION, kind=SubsidyKind.TRAINING, hours=40, training_kind="pre_job")
    assert price(case, own, city).amount_fen == 30_000
    assert price(replace(case, hours=None), own).explanation == f"300.00 培训合格证书，{RULES_2022}"
    assert price(case).amount_fen == 40_000, "without a row of its own it goes by the hour"
    assert price(replace(case, training_kind="on_job"), own).amount_fen == 40_000
    promised = replace(case, promised_on=own.since - timedelta(days=1))
    assert price(promised, own).amount_fen == 40_000, "what was promised before it stays promised"
    assert price(replace(case, promised_on=own.since), own).amount_fen == 30_000
    level = replace(CARER5, kind=SubsidyKind.TRAINING, training_kind="pre_job")
    assert price(level, own).amount_fen == 120_000, "a certificate with a level is worth its level"


def test_a_senior_technicians_upgrade_has_its_own_amount_whatever_its_hours() -> None:
    own = training(Form.SENIOR_UPGRADE, None, "2000")
    case = replace(COMPLETION, kind=SubsidyKind.TRAINING, hours=40, training_kind="senior_upgrade")
    assert (price(case, own).amount_fen, price(case).amount_fen) == (200_000, 40_000)


def test_renewing_a_card_earns_its_own_amount_and_never_that_of_a_first_card() -> None:
    first, renewed = training(Form.SPECIAL_OPERATION, None, "800"), training(Form.CARD_RENEWAL, None, "300")
    kind = CertificateKind.SPECIAL_OPERATION
    case = replace(COMPLETION, kind=SubsidyKind.TRAINING, certificate_kind=kind, training_kind="card_renewal")
    assert price(case, first, renewed).explanation == f"300.00 特种作业操作证书复审，{RULES_2022}"
    assert code(price(case, first)) == "no_standard"
    assert price(replace(case, training_kind="on_job"), first, renewed).amount_fen == 80_000


def test_hours_without_a_ceiling_are_no_standard() -> None:
    rows = [each for each in STANDARDS if each.form != Form.TRAINING_COMPLETION]
    case = replace(COMPLETION, kind=SubsidyKind.TRAINING, hours=40)
    assert code(price_subsidy(case, rows, [])) == "no_standard"


def test_a_ceiling_without_an_hourly_row_is_the_flat_amount() -> None:
    rows = [each for each in STANDARDS if each.form != Form.TRAINING_COMPLETION_HOUR]
    case = replace(COMPLETION, kind=SubsidyKind.TRAINING)
    assert price_subsidy(case, rows, []).amount_fen == 70_000


@pytest.mark.parametrize("kind", [CertificateKind.SPECIAL_OPERATION, CertificateKind.SPECIAL_EQUIPMENT])
def test_special_operations_have_no_evaluation_subsidy(kind: CertificateKind) -> None:
    answer = price(replace(CARER5, certificate_kind=kind, level=None))
    assert (answer.outcome, answer.amount_fen, code(answer)) == (Outcome.REFUSED, 0, "kind_not_subsidised")


def test_the_two_subsidies_have_their_own_standards() -> None:
    assert price(replace(CARER5, kind=SubsidyKind.TRAINING)).amount_fen == 120_000
    operation = replace(CARER5, certificate_kind=CertificateKind.SPECIAL_OPERATION, level=None)
    assert price(replace(operation, kind=SubsidyKind.TRAINING)).amount_fen == 80_000


def test_one_occupation_goes_before_all_and_a_nearer_region_before_a_wider() -> None:
    base = evaluation(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "200")
    province = replace(base, region_code="410000", amount_fen=21_000)
    city = replace(base, region_code="410100", amount_fen=22_000)
    county = replace(base, region_code="410103", amount_fen=23_000)
    occupation = replace(base, occupation_code="4-10-01-05", amount_fen=24_000)
    both = replace(county, occupation_code="4-10-01-05", amount_fen=25_000)
    elsewhere = replace(base, region_code="410700", amount_fen=99_000)
    other = replace(base, occupation_code="6-18-01-01", amount_fen=99_000)
    rows: list[Standard] = [elsewhere, other]
    for more in (province, city, county, occupation, both):
        rows.insert(0, more)
        assert price(CARER5, *rows).amount_fen == more.amount_fen


def test_the_later_first_day_wins_where_the_older_row_was_never_closed() -> None:
    newer = replace(
        evaluation(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "260"),
        since=date(2024, 1, 1),
        until=date(2024, 3, 1),
    )
    assert price(CARER5, newer).amount_fen == 26_000
    assert price(replace(CARER5, issued_on=date(2024, 3, 2)), newer).amount_fen == 20_000
    assert price(replace(CARER5, issued_on=date(2023, 12, 31)), newer).amount_fen == 20_000


def test_two_rows_that_differ_only_in_the_amount_are_decided_by_a_person() -> None:
    rival = replace(evaluation(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "210"), document="另一文件")
    answer = price(CARER5, rival)
    assert (answer.outcome, answer.amount_fen, code(answer)) == (Outcome.MANUAL, 0, "standards_conflict")
    assert price(CARER5, evaluation(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "200")).amount_fen == 20_000


def test_never_above_the_reservation_and_the_explanation_says_so() -> None:
    answer = price(replace(CARER5, reserved_fen=15_000))
    assert (answer.outcome, answer.amount_fen) == (Outcome.PAYABLE, 15_000)
    assert "不高于占用 150.00" in answer.explanation
    assert "占用" not in price(replace(CARER5, reserved_fen=20_000)).explanation
    assert code(price(replace(CARER5, reserved_fen=0))) == "nothing_payable"


def test_an_odd_share_is_shown_as_it_is() -> None:
    third = replace(HALF, basis_points=3_350)
    answer = price(replace(CARER5, method=Method.DIRECT), modifiers=(third,))
    assert answer.amount_fen == 6_700
    assert answer.explanation.startswith("200.00 × 33.5% 直接认定")


@settings(max_examples=200)
@given(
    method=st.sampled_from(Method),
    kind=st.sampled_from(CertificateKind),
    subsidy=st.sampled_from(SubsidyKind),
    level=st.none() | st.sampled_from(Level),
    reserved_fen=st.none() | st.integers(0, 200_000),
    hours=st.none() | st.integers(0, 200),
    days=st.integers(-2000, 2000),
)
def test_every_answer_is_explained_and_within_its_bounds(
    method: Method,
    kind: CertificateKind,
    subsidy: SubsidyKind,
    level: Level | None,
    reserved_fen: int | None,
    hours: int | None,
    days: int,
) -> None:
    answer = price(
        Case(
            subsidy,
            kind,
            level,
            "6-18-01-01",
            None,
            method,
            FOUNDED + timedelta(days),
            REGIONS,
            reserved_fen,
            hours,
        )
    )
    assert answer.explanation
    assert (answer.amount_fen > 0) == (answer.outcome is Outcome.PAYABLE) == (answer.refusal is None)
    if answer.standard is not None:
        assert answer.amount_fen <= answer.standard.amount_fen
    if reserved_fen is not None:
        assert max(answer.amount_fen, answer.proposed_fen) <= reserved_fen


def test_a_row_of_the_very_kind_of_certificate_goes_before_one_of_all_and_one_of_a_level_before_all() -> None:
    own = replace(evaluation(CertificateKind.SKILL_LEVEL, Level.JUNIOR, "230"))
    assert price(CARER5, own).amount_fen == 23_000
    assert price(CARER5, *reversed([own, *STANDARDS])).amount_fen == 23_000
    operation = replace(
        CARER5, kind=SubsidyKind.TRAINING, certificate_kind=CertificateKind.SPECIAL_OPERATION,
        level=Level.JUNIOR,
    )  # fmt: skip
    assert price(operation, training(Form.SPECIAL_OPERATION, Level.JUNIOR, "810")).amount_fen == 81_000


def test_of_two_rows_alike_the_answer_does_not_hang_on_their_order() -> None:
    twin = replace(evaluation(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "200"), document="一号文件")
    later = replace(twin, document="二号文件")
    for rows in ((twin, later), (later, twin)):
        assert (
            "一号文件" in price(CARER5, *(replace(each, since=date(2023, 1, 1)) for each in rows)).explanation
        )


def test_one_hour_and_one_fen_are_paid_and_what_a_person_may_decide_keeps_to_the_reservation() -> None:
    assert price(replace(COMPLETION, kind=SubsidyKind.TRAINING, hours=1)).amount_fen == 10_00
    assert price(replace(CARER5, reserved_fen=1)).amount_fen == 1
    nothing = price(replace(CARER5, reserved_fen=0))
    assert (nothing.outcome, nothing.amount_fen) == (Outcome.REFUSED, 0)
    asked = replace(CARER5, method=Method.DIRECT)
    for reserved_fen, proposed_fen in ((150_00, 150_00), (300_00, 200_00), (-1, 0)):
        assert price(replace(asked, reserved_fen=reserved_fen), modifiers=()).proposed_fen == proposed_fen
