"""Which receivable a credit belongs to: by the letter's number, else by payer and sum; no guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voucher.rules.register import rule

SOURCE = "AC-I1 追回; PAGES 4.6 回单匹配; 【设】先按通知书编号，再按付款户名和金额"
SINCE = date(2021, 10, 28)
LETTER = re.compile(r"TH-\d{6}-\d{4}-\d{6,12}")
# how a bank's program or a clerk writes the dash of the number
DASHES = str.maketrans(dict.fromkeys("—–―−‐‑‒", "-"))


@dataclass(frozen=True, slots=True)
class Owed:
    """One open receivable: the number on its letter, the names it may be paid under, what is left in fen."""

    clawback_id: int
    letter_number: str
    names: frozenset[str]
    left_fen: int


@dataclass(frozen=True, slots=True)
class Matched:
    """What a credit was found to be: the receivable, or in words why it is none."""

    clawback_id: int | None
    problem: str | None


@rule(number="RPY-01", stage="兑现", source=SOURCE, since=SINCE)
def match_credit(remark: str, payer: str, amount_fen: int, owed: Sequence[Owed]) -> Matched:
    """Return the receivable a credit in fen is for, by its words, else by payer and the whole rest."""
    words = unicodedata.normalize("NFKC", remark).translate(DASHES).upper()
    numbers = sorted(set(LETTER.findall(re.sub(r"\s", "", words))))
    if len(numbers) > 1:
        return Matched(None, f"附言写了 {len(numbers)} 个追回单编号")
    if numbers:
        named = [each for each in owed if each.letter_number == numbers[0]]
        if named:
            return Matched(named[0].clawback_id, None)
        return Matched(None, f"附言写的 {numbers[0]} 不是本地区未收清的追回单")
    name = unicodedata.normalize("NFKC", payer).strip()
    meant = [each for each in owed if name in each.names and each.left_fen == amount_fen]
    if len(meant) == 1:
        return Matched(meant[0].clawback_id, None)
    if meant:
        return Matched(None, f"附言没有追回单编号，同户名同金额的追回单有 {len(meant)} 张")
    return Matched(None, "附言没有追回单编号，付款户名和金额也对不上")
