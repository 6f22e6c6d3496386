"""质量评估 of evaluators and examiners: a year in figures, each beside the middle of its peers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.measures import median, z_hundredths
from voucher.rules.shares import shown_share

FOUNDED = date(2021, 10, 28)
SOURCE = "人社部发〔2020〕96号（评价机构质量监管）; S4-07b、S4-14b; 【设】数字和最少人次"


@dataclass(frozen=True, slots=True)
class Examined:
    """A year of an evaluator: who sat and passed, the busiest day, the largest group of one score.

    `revoked` counts certificates dated in the year that no longer stand, `flags` what was concluded about it.
    """

    exams: int = 0
    sat: int = 0
    passed: int = 0
    busiest: int = 0
    same: int = 0
    appeals: int = 0
    appeals_upheld: int = 0
    certificates: int = 0
    revoked: int = 0
    flags_upheld: int = 0
    flags_dismissed: int = 0

    @property
    def pass_bp(self) -> int | None:
        """Return who passed of those who sat, in basis points."""
        return shown_share(self.passed, self.sat) if self.sat else None

    @property
    def revoked_bp(self) -> int | None:
        """Return the certificates that no longer stand, in basis points."""
        return shown_share(self.revoked, self.certificates) if self.certificates else None

    @property
    def precision_bp(self) -> int | None:
        """Return how many of the concluded flags were true, in basis points."""
        concluded = self.flags_upheld + self.flags_dismissed
        return shown_share(self.flags_upheld, concluded) if concluded else None


@dataclass(frozen=True, slots=True)
class Judged:
    """A year of an examiner: exams, who sat and passed in them, and how far that lies above everybody else.

    `z_hundredths` is None where too few sat; an exam of several examiners counts for each of them.
    """

    person_id: int
    exams: int
    sat: int
    passed: int
    z_hundredths: int | None

    @property
    def pass_bp(self) -> int:
        """Return who passed, in basis points."""
        return shown_share(self.passed, self.sat)


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of evaluators with enough people; None where there are none."""

    pass_bp: int | None
    busiest: int | None
    same: int | None
    revoked_bp: int | None


@rule(number="QUA-01", stage="监管", source=SOURCE, since=FOUNDED)
def find_middle(figures: Collection[Examined], people_least: int) -> Middle:
    """Return the medians of evaluators with enough people."""
    shown = [each for each in figures if each.sat >= people_least]
    return Middle(
        median([each.pass_bp for each in shown if each.pass_bp is not None]),
        median([each.busiest for each in shown]),
        median([each.same for each in shown]),
        median([each.revoked_bp for each in shown if each.revoked_bp is not None]),
    )


@rule(number="QUA-02", stage="监管", source=SOURCE, since=FOUNDED)
def judge_examiners(
    sums: Collection[tuple[int, int, int, int]], whole: tuple[int, int], people_least: int
) -> list[Judged]:
    """Return each examiner (person, exams, sat, passed) beside all other exams, the furthest above first.

    `whole` is who sat and who passed in all exams together.
    """
    all_sat, all_passed = whole
    judged = [
        Judged(
            person_id, exams, sat, passed,
            z_hundredths(passed, sat, all_passed - passed, all_sat - sat)
            if sat >= people_least and all_sat - sat >= people_least else None,
        )
        for person_id, exams, sat, passed in sums
        if sat
    ]  # fmt: skip
    return sorted(judged, key=lambda each: (-(each.z_hundredths or 0), each.person_id))
