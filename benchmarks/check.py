"""Codes of phones verified in process, each of another phone, as a counter verifies them: how many a second.

From the digits a scanner reads: decoded, held against their canonical form, the credential read, the phone's
key opened and its signature verified over credential and beacon, the moment held against the clock. A code of
kind F carries its credential, whose issuer's signature is verified as well.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from statistics import median
from time import process_time

from benchmarks.codes import Hands, judge, meet, show, timed
from benchmarks.machine import describe_machine
from benchmarks.measuring import percentile, read_size
from voucher.rules.code_format import Kind

ROUNDS = 7


def measure(size: int, kind: Kind, hands: list[Hands]) -> dict[str, object]:
    """Return how many codes of a kind are verified a second, and how long single ones take."""
    codes = [(each, show(each, kind, counter)) for counter, each in enumerate(hands[:size])]
    for each, digits in codes[:100]:
        judge(each, digits)

    def judge_all() -> None:
        for each, digits in codes:
            judge(each, digits)

    rounds, core = [], []
    for _ in range(ROUNDS):
        begun = process_time()
        rounds.append(timed(judge_all))
        core.append(process_time() - begun)
    single = [timed(lambda each=each, digits=digits: judge(each, digits)) for each, digits in codes]  # type: ignore[misc]
    return {
        "rate_per_s": round(size / median(rounds)),
        "rate_per_core_s": round(size / median(core)),
        "p50_ms": round(median(single) * 1000, 3),
        "p99_ms": round(percentile(single, 99) * 1000, 3),
    }


def main() -> None:
    """Measure and print one line of JSON; what stands at its top is the S code, which phones show."""
    size = read_size("codes of phones verified, per second on one core")
    hands = [meet() for _ in range(size)]
    carried = measure(size, Kind.F, hands)
    told = {"benchmark": "check", "size": size, "n": size, **measure(size, Kind.S, hands)}
    told |= {"rounds": ROUNDS, "with_credential": carried, "machine": asdict(describe_machine())}
    print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
