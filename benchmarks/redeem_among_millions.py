"""What redeeming costs with five million vouchers in the table, against ten thousand in the same run.

`BENCH_FILLED` says another number than five million.
"""

from __future__ import annotations

import json
import os

from sqlalchemy import func, select

from benchmarks.filling import fill
from benchmarks.measuring import read_size
from benchmarks.redeem import WARMING, Ground, measure_limit, measure_redeem, opened, told
from voucher.ledger.vouchers import Voucher

FILLED, FEW = 5_000_000, 10_000


def main() -> None:
    """Measure few, fill, measure many, and print one line of JSON."""
    size = read_size("vouchers redeemed among millions, against among few")
    filled = int(os.environ.get("BENCH_FILLED", FILLED))
    with opened(2 * (size + WARMING)) as ground:
        counters = ground.counters
        everybody = counters.seats
        half = len(everybody) // 2
        fill(ground.url, max(0, FEW - len(everybody)))
        counters.seats = everybody[:half]
        few_vouchers, few = count(ground), measure_redeem(ground)
        fill(ground.url, filled)
        counters.seats = everybody[half:]
        limit = measure_limit(ground, size)
        many_vouchers, many = count(ground), measure_redeem(ground)
    more = {
        "vouchers": many_vouchers,
        "few_vouchers": few_vouchers,
        "few_per_s": round(few.rate, 1),
        "few_p99_ms": few.milliseconds(99),
        "flatness": round(many.rate / few.rate, 3),
    }
    print(
        json.dumps(told("redeem_among_millions", size, many, limit, **more), ensure_ascii=False), flush=True
    )


def count(ground: Ground) -> int:
    """Return how many vouchers there are."""
    with ground.database.read() as session:
        return session.scalar(select(func.count()).select_from(Voucher)) or 0


if __name__ == "__main__":
    main()
