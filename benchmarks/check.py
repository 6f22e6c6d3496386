"""Codes of phones verified in process, each of another phone, as a counter verifies them: how many a second.

From the digits a scanner reads: decoded, held against their canonical form, the credential read, the phone's
key opened and its signature verified over credential and beacon, the moment held against the clock. A code of
kind F carries its credential, whose issuer's signature is verified as well. The limit is OpenSSL alone over
as many signatures, keys loaded. A counter remembers the 4,096 phones it met last: beyond that size every
phone is met for the first time in every round.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from statistics import median
from time import process_time

from benchmarks.codes import Hands, judge, meet, show, timed, verify_alone
from benchmarks.machine import describe_machine
from benchmarks.measuring import percentile, read_size
from voucher.rules.code_format import Kind

ROUNDS = 7
SIGNATURES = {Kind.S: 1, Kind.F: 2}


def measure(size: int, kind: Kind, hands: list[Hands]) -> dict[str, object]:
    """Return how many codes of a kind are verified a second, and how long single ones take."""
    codes = [(each, show(each, kind, counter)) for counter, each in enumerate(hands[:size])]
    for each, digits in codes[:100]:
        judge(each, digits)

    def judge_all() -> None:
        for each, digits in codes:
            judge(each, digits)

    rounds, core, limit = [], [], []
    for _ in range(ROUNDS):
        begun = process_time()
        rounds.append(timed(judge_all))
        core.append(process_time() - begun)
        begun = process_time()
        verify_alone(hands[0], size * SIGNATURES[kind])
        limit.append(process_time() - begun)
    single = [timed(partial(judge, each, digits)) for each, digits in codes]
    return {
        "rate_per_s": round(size / median(rounds)),
        "rate_per_core_s": round(size / median(core)),
        "limit_per_core_s": round(size / median(limit)),
        "ratio": round(median(limit) / median(core), 3),
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
