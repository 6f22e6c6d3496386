"""Risk rules over exams and certificates (评价、证书): R09 copied answers, R21 certificates, R22 pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Certificate, Result
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import (
    median,
    share_bp,
    written_day,
    written_month,
    written_share,
    z_hundredths,
)

SINCE = date(2021, 10, 28)
SOURCE = "人社厅发〔2022〕15号 评价质量（DOMAIN N2）; 【参】评价与证书异常"
RIGHT, TRIED = ".", "重查"


@rule(number="RSK-09", stage="监管", source=SOURCE, since=SINCE)
def find_copied_answers(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find pairs with the same wrong answers, and exams sat in an institution's office (R09).

    The office is known by its network, or where that changes daily by the counter that redeemed from there
    on the day of the exam.
    """
    index, least = most["risk_copy_index_bp"], most["risk_wrong_answers"]
    halls: dict[tuple[str, str, str, int], list[Result]] = defaultdict(list)
    for each in facts.results:
        halls[each.evaluator, each.occupation, each.level, each.sat_on].append(each)
    offices = {each.network: each.id for each in facts.institutions if each.network}
    for hall in sorted(halls):
        wrong = {each.id: _wrong(each) for each in halls[hall] if each.answers}
        sitting = [each for each in halls[hall] if len(wrong.get(each.id, ())) >= least]
        same: list[tuple[int, Result, Result]] = []
        indexes: list[int] = []
        for one, other in combinations(sitting, 2):
            mine, theirs = wrong[one.id], wrong[other.id]
            copied = share_bp(2 * len(mine & theirs), len(mine) + len(theirs))
            indexes.append(copied)
            if copied > index:
                same.append((copied, one, other))
        usual = median(indexes)
        for copied, one, other in same:
            pair = sorted((one.person, other.person))
            yield Finding(
                "R09", "person", "/".join(pair), written_day(one.sat_on), copied, "万分比", index, usual,
                f"{{person:{pair[0]}}} 和 {{person:{pair[1]}}} 在 {written_day(one.sat_on)} 的同一场考试中，"
                f"答错的题和错选的答案 {written_share(copied)} 相同，超过 {written_share(index)} 的界限；"
                f"同场其他人多为 {written_share(usual or 0)}。",
                (("results", one.id), ("results", other.id)), tuple(pair), one.institution,
            )  # fmt: skip
        yield from _sat_in_office(hall, halls[hall], offices)


def _wrong(result: Result) -> frozenset[tuple[int, str]]:
    return frozenset((place, said) for place, said in enumerate(result.answers) if said != RIGHT)


def _sat_in_office(
    hall: tuple[str, str, str, int], sitting: list[Result], offices: dict[str, str]
) -> Iterator[Finding]:
    held: dict[str, list[Result]] = defaultdict(list)
    for each in sitting:
        is_there = each.institution in (offices.get(each.network), each.counter)
        if is_there and each.institution not in ("", each.evaluator):
            held[each.institution].append(each)
    for house in sorted(held):
        found, day = held[house], written_day(hall[3])
        said = f"是从培训机构 {{institution:{house}}} 的办公网络入场或作答的"
        if all(offices.get(each.network) != house for each in found):
            said = (
                f"入场或作答的网络，当天只有培训机构 {{institution:{house}}} 的柜台用来核销"
                "（它的网络常换，按当天比对）"
            )
        yield Finding(
            "R09", "institution", house, f"{day} {hall[0]}", len(found), "人", 0, 0,
            f"{day} 的考试有 {len(found)} 人{said}；考试不应在培训机构进行。",
            tuple(("results", each.id) for each in found), tuple(each.person for each in found), house,
        )  # fmt: skip


@rule(number="RSK-21", stage="监管", source=SOURCE, since=SINCE)
def find_false_certificates(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find certificates not registered, before their exam, with a used photograph, too many (R21).

    Each ground is a finding of its own: that one was dismissed says nothing of another. A picture of many
    people is a program's own that stands for none: its evaluator is told, and no certificate stops for it.
    """
    tries, many = most["risk_register_tries"], most["risk_photo_people"]
    photos: dict[str, set[str]] = defaultdict(set)
    for each in facts.certificates:
        if each.photo:
            photos[each.photo].add(each.person)
    usual = median([each.tries for each in facts.certificates if each.tries is not None])
    for each in facts.certificates:
        sharing = len(photos.get(each.photo, ())) if each.photo else 0
        sharing = 0 if sharing > many else sharing
        for ground, (figure, unit, limit, peers, said) in _doubt(each, sharing, tries, usual).items():
            yield Finding(
                "R21", "certificate", each.id, f"{written_day(each.issued_on)} {ground}", figure, unit, limit,
                peers, f"{{person:{each.person}}} 的 {{certificate:{each.id}}} {said}。",
                (("certificates", each.id),), (each.person,), each.institution,
                (("certificate", each.id),) if ground != TRIED else (),
            )  # fmt: skip
    common = {photo: len(people) for photo, people in photos.items() if len(people) > many}
    yield from _standing_for_none(facts, common, many)
    yield from _more_than_sat(facts, most["risk_certificate_burst_bp"], most["risk_certificate_burst"])


def _doubt(
    each: Certificate, sharing: int, tries: int, usual: int | None
) -> dict[str, tuple[int, str, int, int | None, str]]:
    """Return figure, unit, limit, peers and sentence of each ground to doubt a certificate."""
    found: dict[str, tuple[int, str, int, int | None, str]] = {}
    if each.is_registered == 0:
        found["没有登记"] = 1, "处", 0, None, "在全国联网登记里查不到"
    if each.sat_on is not None and each.issued_on < each.sat_on:
        days = each.sat_on - each.issued_on
        said = f"的发证日期 {written_day(each.issued_on)} 早于考试日期 {written_day(each.sat_on)} {days} 天"
        found["早于考试"] = days, "天", 0, None, said
    if sharing > 1:
        found["照片重复"] = sharing, "人", 1, None, f"的照片同时用在 {sharing} 个人的证书上"
    if each.tries is not None and each.tries >= tries:
        said = f"改动信息后重查 {each.tries} 次才一致，达到 {tries} 次的界限；其他证书多为 {usual} 次"
        found[TRIED] = each.tries, "次", tries, usual, said
    return found


def _standing_for_none(facts: Facts, common: dict[str, int], limit: int) -> Iterator[Finding]:
    """Tell of every evaluator which one picture it states for more people than anybody passes it on to."""
    held: dict[tuple[str, str], list[Certificate]] = defaultdict(list)
    for each in facts.certificates:
        if each.photo in common:
            held[each.evaluator, each.photo].append(each)
    for evaluator, photo in sorted(held):
        found, people = held[evaluator, photo], common[photo]
        yield Finding(
            "R21", "evaluator", evaluator, f"照片 {photo[:8]}", people, "人", limit, None,
            f"{{evaluator:{evaluator}}} 有 {len(found)} 本证书的照片相同，这张照片用在 {people} 人的证书上，"
            f"超过 {limit} 人：多是系统默认的图片。只提示，不停证书；请评价机构重新上传，改正照片摘要。",
            tuple(("certificates", each.id) for each in found), tuple(each.person for each in found),
            evaluator,
        )  # fmt: skip


def _more_than_sat(facts: Facts, limit: int, least: int) -> Iterator[Finding]:
    """Find evaluators with more certificates of an exam than people who sat it and passed.

    An exam without any result here was sat before the first day looked at, or is not confirmed: nothing is
    said of it. One that people sat and nobody passed is told in certificates, as nothing is a share of none.
    """
    passed: dict[tuple[str, str, str, int], int] = Counter()
    for each in facts.results:
        passed[each.evaluator, each.occupation, each.level, each.sat_on] += each.is_passed
    held: dict[tuple[str, str, str, int], list[Certificate]] = defaultdict(list)
    for one in facts.certificates:
        if one.sat_on is not None:
            held[one.evaluator, one.occupation, one.level, one.sat_on].append(one)
    ratios = {key: share_bp(len(found), passed[key]) for key, found in held.items() if passed.get(key)}
    usual = median(ratios.values())
    for key in sorted(key for key in held if key in passed):
        found, sat = held[key], passed[key]
        if len(found) - sat < least or (sat and ratios[key] <= limit):
            continue
        if sat:
            measured = ratios[key], "万分比", limit, usual
            said = f"而合格的只有 {sat} 人；其他考试多为 {written_share(usual or 0)}。"
        else:
            measured, said = (len(found), "本", 0, None), "而这场考试没有一人合格。"
        yield Finding(
            "R21", "evaluator", key[0], f"{written_day(key[3])} {key[1]} {key[2]}", *measured,
            f"{{evaluator:{key[0]}}} 为 {written_day(key[3])} 的考试发了 {len(found)} 本证书，{said}",
            tuple(("certificates", each.id) for each in found), tuple(each.person for each in found), key[0],
        )  # fmt: skip


@rule(number="RSK-22", stage="监管", source=SOURCE, since=SINCE)
def find_lenient_pairs(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find pairs of examiner and institution whose people pass far more often than either's others (R22)."""
    limit, least = most["risk_pair_z_hundredths"], most["risk_pair_people"]
    pairs: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for each in facts.results:
        if each.examiner:
            pairs[each.examiner, each.institution].append(each)
    sums = {key: (sum(each.is_passed for each in found), len(found)) for key, found in pairs.items()}
    by_examiner, by_house = _sum_by(sums, 0), _sum_by(sums, 1)
    rates = {key: share_bp(*both) for key, both in sums.items() if both[1] >= least}
    usual = median(rates.values())
    for key in sorted(rates):
        hits, count = sums[key]
        others = [
            (whole[0] - hits, whole[1] - count)
            for whole in (by_examiner[key[0]], by_house[key[1]])
            if whole[1] - count >= least
        ]
        z = min((z_hundredths(hits, count, *each) for each in others), default=0)
        if z <= limit:
            continue
        peers = " 和 ".join(written_share(share_bp(*each)) for each in others)
        yield Finding(
            "R22", "examiner", f"{key[0]}/{key[1]}",
            written_month(max(each.sat_on for each in pairs[key])), z, "百分之一标准差", limit,
            usual,
            f"{{examiner:{key[0]}}} 评 {{institution:{key[1]}}} 的 {count} 人，{written_share(rates[key])} "
            f"合格，而两者与别人搭配时为 {peers}；"
            f"相差 {z // 100}.{z % 100:02d} 个标准差，界限 {limit // 100}。",
            tuple(("results", each.id) for each in pairs[key]), tuple(each.person for each in pairs[key]),
            key[1],
        )  # fmt: skip


def _sum_by(sums: dict[tuple[str, str], tuple[int, int]], side: int) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for key, (hits, count) in sums.items():
        before = found.get(key[side], (0, 0))
        found[key[side]] = (before[0] + hits, before[1] + count)
    return found
