"""Small groups in open figures: too few to be told apart are told together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from voucher.rules.register import rule


@rule(
    number="PRV-07",
    stage="监管",
    source="个人信息保护法 第四条、第七十三条（匿名化）; 【设】少于若干张的合并公布",
    since=date(2021, 11, 1),
)
def choose_merged(sizes: Sequence[int], smallest: int) -> frozenset[int]:
    """Return which groups of a table, by place, are told as one: each under `smallest`, and then the next.

    A single small group beside the sum of all could be worked out; so the smallest of the others join until
    the merged ones are at least two and together no longer few, or nothing is left.
    """
    order = sorted(range(len(sizes)), key=lambda place: (sizes[place], place))
    merged = [place for place in order if sizes[place] < smallest]
    if not merged:
        return frozenset()
    for place in order[len(merged) :]:
        if len(merged) > 1 and sum(sizes[each] for each in merged) >= smallest:
            break
        merged.append(place)
    return frozenset(merged)
