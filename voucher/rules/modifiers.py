"""What a standard is multiplied by: the way of earning a certificate, the way of teaching, 急需紧缺."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.dictionaries import TRAINING_MODE_NAMES, TrainingMode
from voucher.rules.money import WHOLE_BASIS_POINTS, format_yuan, share
from voucher.rules.periods import in_force
from voucher.rules.register import rule
from voucher.rules.vocabulary import METHOD_NAMES, Level, Method, SubsidyKind

SOURCE = "豫人社规〔2022〕2号（直接认定可按50%）; 新办〔2023〕10号 第5项 急需紧缺 (S1-05a); S3-07b"
SINCE = date(2021, 10, 28)


class Condition(StrEnum):
    """What a modifier goes by."""

    METHOD = "method"
    MODE = "mode"
    SHORTAGE = "shortage"


CONDITION_NAMES: dict[Condition, str] = {
    Condition.METHOD: "取得方式",
    Condition.MODE: "培训方式",
    Condition.SHORTAGE: "急需紧缺",
}


@dataclass(frozen=True, slots=True)
class Modifier:
    """One dated row saying which share of the standard is earned, and when; both dates are inclusive.

    It goes by a method or by a mode of teaching; with neither it goes by an occupation on a list of
    急需紧缺, from `listed_since` to `listed_until`. Empty occupation, level and region mean all.
    """

    kind: SubsidyKind
    method: Method | None
    basis_points: int
    since: date
    until: date | None
    document: str
    mode: TrainingMode | None = None
    occupation_code: str | None = None
    level: Level | None = None
    region_code: str | None = None
    listed_since: date | None = None
    listed_until: date | None = None

    @property
    def condition(self) -> Condition:
        """Return what it goes by."""
        if self.method is not None:
            return Condition.METHOD
        return Condition.MODE if self.mode is not None else Condition.SHORTAGE


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What modifiers look at: regions from county up to province, `on` the day that fixes the price."""

    kind: SubsidyKind
    method: Method
    mode: TrainingMode | None
    occupation_code: str | None
    level: Level | None
    region_codes: tuple[str, ...]
    on: date


@rule(number="SUB-02", stage="兑现", source=SOURCE, since=SINCE)
def earns_unmodified(method: Method) -> bool:
    """Return whether a way of earning a certificate has the full standard without any row saying so."""
    return method in (Method.EXAM, Method.PROCESS)


@rule(number="SUB-03", stage="兑现", source=SOURCE, since=SINCE)
def find_modifiers(case: Circumstances, modifiers: Iterable[Modifier]) -> list[Modifier]:
    """Return the modifiers of a case, at most one per condition.

    One of an occupation or level goes before one of all, a nearer region before a wider one, then the
    later first day.
    """
    best: dict[Condition, Modifier] = {}
    for each in modifiers:
        if _applies(each, case):
            known = best.get(each.condition)
            if known is None or _rank(each, case) > _rank(known, case):
                best[each.condition] = each
    return [best[condition] for condition in Condition if condition in best]


def _applies(modifier: Modifier, case: Circumstances) -> bool:
    return (
        modifier.kind is case.kind
        and in_force(case.on, modifier.since, modifier.until)
        and (modifier.listed_since is None or in_force(case.on, modifier.listed_since, modifier.listed_until))
        and modifier.method in (None, case.method)
        and modifier.mode in (None, case.mode)
        and modifier.occupation_code in (None, case.occupation_code)
        and modifier.level in (None, case.level)
        and (modifier.region_code is None or modifier.region_code in case.region_codes)
    )


def _rank(modifier: Modifier, case: Circumstances) -> tuple[bool, bool, int, date, int]:
    regions = case.region_codes
    code = modifier.region_code
    return (
        modifier.occupation_code is not None,
        modifier.level is not None,
        -len(regions) if code is None else -regions.index(code),
        modifier.since,
        # of one day the lower share: it can be topped up where the higher could not be taken back
        -modifier.basis_points,
    )


@rule(number="SUB-04", stage="兑现", source=SOURCE, since=SINCE)
def apply_modifiers(full_fen: int, words: str, modifiers: Sequence[Modifier]) -> tuple[int, str]:
    """Return the full amount times every share, rounded once, and the words for it.

    A share of the whole changes nothing and is not told.
    """
    changing = [each for each in modifiers if each.basis_points != WHOLE_BASIS_POINTS]
    if not changing:
        return full_fen, words
    told = "".join(f" × {_percent(each.basis_points)} {name_condition(each)}" for each in changing)
    documents = "；".join(dict.fromkeys(each.document for each in changing))
    amount_fen = share(full_fen, *(each.basis_points for each in changing))
    return amount_fen, f"{format_yuan(full_fen)}{told}，{documents}；标准 {words}"


@rule(number="SUB-05", stage="通用", source=SOURCE, since=SINCE)
def name_condition(modifier: Modifier) -> str:
    """Return what a modifier goes by, in words: 直接认定, 混合培训, 急需紧缺."""
    if modifier.method is not None:
        return METHOD_NAMES[modifier.method]
    if modifier.mode is not None:
        return f"{TRAINING_MODE_NAMES[modifier.mode]}培训"
    return CONDITION_NAMES[Condition.SHORTAGE]


def _percent(basis_points: int) -> str:
    whole, part = divmod(basis_points, 100)
    return (f"{whole}.{part:02d}".rstrip("0") if part else str(whole)) + "%"
