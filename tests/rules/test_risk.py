"""Risk rules over a town: planted schemes are found, honest people left alone, flags can be checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

import pytest

from tests.town_risk import Town, build_town, found_and_wronged
from tests.town_risk_schemes import SCHEMES
from voucher.rules.risk.catalogue import BY_CODE, RULES, THRESHOLDS, run_rules
from voucher.rules.risk.counters import find_recruiters, find_self_served
from voucher.rules.risk.data_set import TABLES, Facts
from voucher.rules.risk.exams import find_false_certificates
from voucher.rules.risk.facts import (
    Certificate,
    Claim,
    History,
    Institution,
    Link,
    LookUp,
    Mark,
    Result,
    Voucher,
)
from voucher.rules.risk.findings import Finding, list_tokens, score_of_finding, tell
from voucher.rules.risk.gatherings import find_false_places
from voucher.rules.risk.measures import (
    deviation_hundredths,
    median,
    share_bp,
    written_growth,
    written_share,
    z_hundredths,
)
from voucher.rules.risk.offices import find_insiders
from voucher.rules.risk.people import find_paid_before, find_shared_links
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

TODAY = date(2026, 11, 22)
DAY = 86_400
MOST = read_shipped_thresholds(TODAY)


@pytest.fixture(scope="module")
def town() -> Town:
    return build_town(3000, 3)


@pytest.fixture(scope="module")
def flags(town: Town) -> list[Finding]:
    return list(run_rules(town.facts(), MOST))


def test_every_rule_has_a_scheme_a_number_and_thresholds_that_ship() -> None:
    assert [each.code for each in RULES] == [f"R{number:02d}" for number in range(1, 30)] == list(SCHEMES)
    assert set(MOST) == set(THRESHOLDS)
    assert {table for each in RULES for table in each.tables} == set(TABLES)
    blocking = {each.code for each in RULES if each.is_blocking}
    assert blocking == {"R01", "R02", "R04", "R11", "R12", "R21", "R25", "R27", "R29"}


def test_planted_schemes_are_found_and_honest_people_left_alone(town: Town, flags: list[Finding]) -> None:
    missed, wronged = found_and_wronged(town, iter(flags))
    assert len(missed) * 20 <= len(town.planted), missed
    assert len(wronged) * 100 <= len(town.honest), sorted(wronged)[:5]
    assert {each.rule for each in flags} == set(SCHEMES)


def test_only_starred_rules_stop_anything(flags: list[Finding]) -> None:
    assert {each.rule for each in flags if each.stops} <= {each.code for each in RULES if each.is_blocking}
    assert {each.rule for each in flags if each.stops} >= {
        "R01",
        "R02",
        "R04",
        "R11",
        "R12",
        "R21",
        "R27",
        "R29",
    }


def test_every_flag_is_a_sentence_a_clerk_can_check(town: Town, flags: list[Finding]) -> None:
    rows = {table: {each.id for each in found} for table, found in town.rows.items()}
    for flag in flags:
        said = tell(flag.words, {})
        assert re.fullmatch(r"[^{}]*[\u3400-\u9fff][^{}]*。", said), said
        assert re.search(r"\d", said), said
        assert flag.rows, flag
        assert all(row in rows[table] for table, row in flag.rows), flag
        assert 1 <= score_of_finding(flag, BY_CODE[flag.rule].weight) <= 100


def test_a_second_run_gives_the_same_flags_and_each_once(town: Town, flags: list[Finding]) -> None:
    assert list(run_rules(town.facts(), MOST)) == flags
    assert [key for key, count in Counter(each.key for each in flags).items() if count > 1] == []


def test_one_rule_may_be_run_alone_and_nothing_of_nothing(town: Town, flags: list[Finding]) -> None:
    only = list(run_rules(town.facts(), MOST, ["R16"]))
    assert only == [each for each in flags if each.rule == "R16"]
    assert list(run_rules(Facts(), MOST)) == []


def test_names_stand_in_place_of_numbers() -> None:
    words = "{class:7} 有 {person:3}。"
    assert tell(words, {("class", "7"): "电工班"}) == "电工班 有 学员 3。"
    assert list_tokens(words) == [("class", "7"), ("person", "3")]


def test_the_measures_are_whole_and_right() -> None:
    assert (median([]), median([3, 1, 2]), median([4, 1])) == (None, 2, 1)
    assert deviation_hundredths([2, 4, 4, 4, 5, 5, 7, 9]) == 200
    assert (deviation_hundredths([5]), share_bp(1, 3), share_bp(1, 0)) == (0, 3333, 0)
    assert (written_share(9050), written_share(10_000)) == ("90.5%", "100%")
    assert z_hundredths(60, 60, 45, 60) == 414
    assert z_hundredths(1, 2, 0, 0) == z_hundredths(1, 10, 5, 10) == 0


def test_each_ground_is_a_finding_of_its_own_so_that_one_dismissed_silences_no_other() -> None:
    claims = tuple(Claim(each, "7", "1", "", "training", "6-18-01-01", "4", 100, 0) for each in ("1", "2"))
    paid = tuple(
        History(each, "7", "training", "6-18-01-01", "4", 18_000, each, claim="2")
        for each in ("甲市", "乙市")
    )
    grounds = {each.period for each in find_paid_before(Facts(claims=claims, history=paid), MOST)}
    assert grounds == {
        "1970-01-01 发过（2019-04-14，甲市）", "1970-01-01 发过（2019-04-14，乙市）",
        "1970-01-01 申报过（申领 1）",
    }  # fmt: skip
    doubted = Certificate("9", "7", "1", "", "1", "6-18-01-01", "4", 10, 12, 0, "", 9)
    told = find_false_certificates(Facts(certificates=(doubted,)), MOST)
    found = {each.period: bool(each.stops) for each in told}
    assert found == {"1970-01-11 没有登记": True, "1970-01-11 早于考试": True, "1970-01-11 重查": False}


def test_a_picture_of_many_is_told_of_its_evaluator_and_stops_nobody() -> None:
    def held(people: int) -> dict[tuple[str, str], tuple[int, int]]:
        certificates = tuple(
            Certificate(
                str(each), f"p{each}", "1", "", f"ev{each % 2}", "6-18-01-01", "4", 10, photo="d" * 16
            )
            for each in range(people)
        )
        told = list(find_false_certificates(Facts(certificates=certificates), MOST))
        assert all(not each.stops for each in told if each.kind == "evaluator")
        return {(each.kind, each.subject): (each.figure, len(each.stops)) for each in told}

    few, many = held(5), held(6)
    assert few == {("certificate", str(each)): (5, 1) for each in range(5)}
    assert many == {("evaluator", "ev0"): (6, 0), ("evaluator", "ev1"): (6, 0)}


def test_certificates_of_an_exam_that_nobody_passed_are_found_and_of_one_not_seen_are_not() -> None:
    def held(people: int, *passed: int) -> list[tuple[int, str, int | None, bool]]:
        results = tuple(
            Result(str(each), f"r{each}", "", "1", "ev", "", "6-18-01-01", "4", 50_00, is_passed, 10)
            for each, is_passed in enumerate(passed)
        )
        certificates = tuple(
            Certificate(str(each), f"p{each}", "1", "", "ev", "6-18-01-01", "4", 20, 10)
            for each in range(people)
        )
        told = find_false_certificates(Facts(results=results, certificates=certificates), MOST)
        return [(each.figure, each.unit, each.peer_median, "没有一人合格" in each.words) for each in told]

    least = MOST["risk_certificate_burst"]
    assert held(30, 0, 0) == [(30, "本", None, True)]
    assert held(least, 0) == [(least, "本", None, True)]
    assert held(least - 1, 0) == [], "fewer may be a slip of the pen"
    assert held(30) == [], "sat before the first day looked at: who passed is not known here"
    assert held(least + 2, 1, 1, 0) == [((least + 2) * 5000, "万分比", (least + 2) * 5000, False)]


def test_one_point_is_what_satellites_say_and_not_what_a_network_tells_a_whole_room() -> None:
    def found(accuracy_m: int | None) -> list[str]:
        marks = (
            Mark(
                str(each),
                "s",
                "c",
                f"p{each}",
                "in",
                f"d{each}",
                0,
                each,
                35_067_900,
                112_602_300,
                accuracy_m,
            )
            for each in range(4)
        )
        return [each.words for each in find_false_places(Facts(marks=tuple(marks)), MOST)]

    assert "由不同的人在小数点后六位都相同的一点作出" in found(8)[0]
    assert (found(40), found(None)) == ([], []), "indoors everybody is told the same point"


def test_a_desk_that_opens_masked_pages_for_questions_is_no_insider() -> None:
    schools = tuple(Institution(each, "419001") for each in ("甲校", "乙校"))
    used = tuple(
        Voucher(str(n), str(n), schools[n % 2].id, "", "", "", "", 10 * DAY, "", 60 * DAY) for n in range(80)
    )

    def found(shown: Iterable[int], is_masked: int) -> list[str]:
        looks = tuple(LookUp(str(n), "窗口", "", str(n), 1, 0, 30 * DAY, is_masked) for n in shown)
        told = find_insiders(Facts(institutions=schools, vouchers=used, look_ups=looks), MOST)
        return [each.subject for each in told]

    assert found(range(0, 10, 2), 1) == [], "five questions on the telephone"
    assert found(range(0, 10, 2), 0) == ["窗口/甲校"], "five looks at names"
    assert found(range(60), 1) == [], "thirty each of the county's two schools"
    assert found(range(0, 60, 2), 1) == ["窗口/甲校"], "thirty, and nobody of the other school"


def test_a_voucher_taken_long_before_its_use_is_compared_and_makes_no_month() -> None:
    held = tuple(
        Voucher(str(n), str(n), "甲校", "", "", "一台", "", 10 * DAY, "一台", 100 * DAY, 1) for n in range(30)
    )
    facts = Facts(vouchers=held)
    assert len(list(find_self_served(facts, MOST))) == 30
    assert list(find_recruiters(facts, MOST)) == [], "those of the month used early are not among them"
    whole = Facts(vouchers=tuple(each._replace(is_taken_earlier=0) for each in held))
    assert len(list(find_recruiters(whole, MOST))) == 1


def test_a_figure_that_has_doubled_is_another_ground() -> None:
    assert [written_growth(each, 3, "人") for each in (3, 5, 6, 11, 12)] == [
        "", "", "6 人以上", "6 人以上", "12 人以上",
    ]  # fmt: skip
    assert written_growth(1, 0, "笔") == ""
    links = tuple(Link(str(each), str(each), "phone", "same") for each in range(7))
    few, many = (find_shared_links(Facts(links=links[:count]), MOST) for count in (3, 7))
    assert [each.period for each in few] == ["-"]
    assert [each.period for each in many] == ["6 人以上"]


@pytest.mark.long
def test_a_larger_town_with_every_scheme_ten_times() -> None:
    town = build_town(20_000, 10)
    missed, wronged = found_and_wronged(town, run_rules(town.facts(), MOST))
    assert len(missed) * 20 <= len(town.planted), missed
    assert len(wronged) * 100 <= len(town.honest), len(wronged)
