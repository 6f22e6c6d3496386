"""May this still be had? One answer before any training: the key, the year's cap, the order of levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from voucher.rules.duplicates import (
    HIGHER_LEVEL_HELD,
    KEY_SOURCE,
    YEARLY_CAP_REACHED,
    DuplicateParameters,
    EarlierClaim,
    Precedence,
    judge_duplicates,
)
from voucher.rules.eligibility import Finding, Mark
from voucher.rules.levels import Level
from voucher.rules.register import rule
from voucher.rules.vocabulary import Outcome, SubsidyKind

SOURCE = f"{KEY_SOURCE}; 【参】N4、N5、N7"
SINCE = date(2021, 10, 28)

_MARKS = {Outcome.PAYABLE: Mark.PASSED, Outcome.MANUAL: Mark.CAUTION, Outcome.REFUSED: Mark.FAILED}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether one subsidy may still be had, with every check; the earlier claim is what stands in the way."""

    kind: SubsidyKind
    precedence: Precedence
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """Return what the rules say of this subsidy."""
        return self.precedence.outcome


@rule(number="STA-01", stage="发券", source=SOURCE, since=SINCE)
def judge_standing(
    kind: SubsidyKind,
    key: str,
    level: Level | None,
    occupation: str | None,
    on: date,
    earlier: Sequence[EarlierClaim],
    parameters: DuplicateParameters,
) -> Standing:
    """Return whether a subsidy may still be had on a day, each check told by itself with its source.

    The checks are those of DUP-03, asked one at a time; the answer is what DUP-03 says of all together.
    """
    whole = judge_duplicates(key, level, occupation, on, earlier, parameters)
    no_limits = DuplicateParameters(None, higher_bars_lower=parameters.higher_bars_lower)
    key_alone = judge_duplicates(key, None, None, on, earlier, no_limits)
    others = [
        each for each in earlier if judge_duplicates(key, None, None, on, [each], no_limits).earlier is None
    ]
    capped = judge_duplicates(key, None, None, on, others, parameters)
    higher = judge_duplicates(key, level, occupation, on, others, no_limits)
    findings = (
        _tell("STA-01.1", key_alone, "没有享受过，也没有正在办理", KEY_SOURCE),
        _tell("STA-01.2", capped, _tell_cap(parameters.yearly_cap, on), YEARLY_CAP_REACHED.source),
        _tell("STA-01.3", higher, "没有享受过同一职业的更高等级", HIGHER_LEVEL_HELD.source),
    )
    return Standing(kind, whole, findings if level is not None else findings[:2])


def _tell(number: str, judged: Precedence, passed: str, source: str) -> Finding:
    if judged.refusal is None:
        return Finding(Mark.PASSED, number, passed, source)
    return Finding(_MARKS[judged.outcome], number, judged.refusal.title, judged.refusal.source)


def _tell_cap(cap: int | None, on: date) -> str:
    return f"{on.year} 年没有次数上限" if cap is None else f"{on.year} 年未达到每人 {cap} 次的上限"


@rule(number="STA-02", stage="发券", source=SOURCE, since=SINCE)
def join_outcomes(person: Outcome, subsidies: Iterable[Outcome]) -> Outcome:
    """Return the one answer: no where the person may not or every subsidy is gone, yes where nothing is left.

    In between somebody decides: a subsidy that is gone does not take the other one along.
    """
    told = list(subsidies)
    if person is Outcome.REFUSED or (told and all(each is Outcome.REFUSED for each in told)):
        return Outcome.REFUSED
    if person is Outcome.PAYABLE and all(each is Outcome.PAYABLE for each in told):
        return Outcome.PAYABLE
    return Outcome.MANUAL
