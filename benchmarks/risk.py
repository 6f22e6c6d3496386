"""The risk rules over a town with schemes planted ten times each: how long, how many found, how many wronged.

SIZE is the number of sign-ins. The town is honest people, four sign-ins each, among them kiosks, siblings on
one phone, villages behind one address and small perfect classes; every row of it is read by every rule.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from time import perf_counter

from benchmarks.machine import describe_machine
from benchmarks.measuring import read_size
from tests.town_risk import SESSIONS, build_town, found_and_wronged
from voucher.rules.risk.catalogue import RULES
from voucher.rules.risk.findings import Finding
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

CASES = 10


def main() -> None:
    """Build the town, run every rule, run them all again, and print one line of JSON."""
    size = read_size("sign-ins the risk rules read")
    town = build_town(size // SESSIONS, CASES)
    facts, most = town.facts(), read_shipped_thresholds(date(2026, 11, 22))
    found: list[Finding] = []
    took_ms: dict[str, int] = {}
    for rule in RULES:
        begun = perf_counter()
        found += rule.find(facts, most)
        took_ms[rule.code] = round((perf_counter() - begun) * 1000)
    again = [finding for rule in RULES for finding in rule.find(facts, most)]
    missed, wronged = found_and_wronged(town, iter(found))
    told = {
        "benchmark": "risk",
        "size": size,
        "n": len(facts.marks),
        "people_honest": len(town.honest),
        "planted": len(town.planted),
        "found": len(town.planted) - len(missed),
        "recall_bp": (len(town.planted) - len(missed)) * 10_000 // len(town.planted),
        "honest_flagged": len(wronged),
        "honest_flagged_bp": len(wronged) * 10_000 // len(town.honest),
        "flags": len(found),
        "same_again": again == found,
        "seconds": round(sum(took_ms.values()) / 1000, 1),
        "rule_ms": took_ms,
        "machine": asdict(describe_machine()),
    }
    print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
