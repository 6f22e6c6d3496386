"""Drilling down through the roll-ups, and counting one day's changes, with so many vouchers on PostgreSQL.

Pages under two and three filters are among the drill-downs; their times are told by themselves as well.

One fact per voucher is loaded by COPY; the sums are first made by the database, as the slow query makes them.
The day's changes move one voucher in 365 a step on. Reading the ledger for them is not part of it: what is
measured is taking them out as they were counted and putting them in as they are. Afterwards every sum must
equal the slow query over the facts.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benchmarks.copying import DURABLE, Started
from benchmarks.machine import describe_machine
from benchmarks.measuring import percentile, read_size
from voucher.doors.web.supervisor.asking import list_choices
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.catalogue import Region, list_subtree
from voucher.registry.founding import found
from voucher.stages.oversee.statistics import reading
from voucher.stages.oversee.statistics.adding import ALL, DIMENSIONS, OWN, Delta
from voucher.stages.oversee.statistics.checking import count_otherwise
from voucher.stages.oversee.statistics.employed import count_employed
from voucher.stages.oversee.statistics.facts import Fact
from voucher.stages.oversee.statistics.models import MEASURES, STEPS
from voucher.stages.oversee.statistics.reading import COLUMNS, Wish
from voucher.stages.oversee.statistics.refresh import ORDER, count_facts, load_facts, read_above

PROVINCE, SEED, DRILLS, DAYS, PIECE = "410000", 20241122, 400, 365, 2000
FIRST, MONTHS_OF = date(2022, 1, 1), 1080
CLASS, SHARES = 30, (1.0, 0.8, 0.65, 0.55, 0.5, 0.42, 0.35)
FUNDS = ("employment_subsidy", "unemployment_insurance")
GROUPS = ("农民工", "高校毕业生", "企业职工", "脱贫人口", "")
TRADES = tuple(f"4-{n // 10:02d}-01-{n % 10:02d}" for n in range(1, 41))
KEY = "thing, object_id, person_id, " + ", ".join(ORDER)
COPIED = (
    f"COPY statistic_fact ({KEY}, {', '.join(f'{each}_on' for each in STEPS)}, came_from, ended_as, why,"
    " reserved_fen, paid_fen, paid_on) FROM STDIN"
)
SUMS = ", ".join(
    [*(f"count({each}_on) AS {each}" for each in STEPS),
     "count(nullif(ended_as, '')) AS ended", "sum(reserved_fen)::bigint AS reserved_fen",
     "sum(paid_fen)::bigint AS paid_fen"]
)  # fmt: skip

# so that adding up ten million facts is done in memory; what is measured reads with what the server gives it
ROOM = "SET work_mem = '512MB'; SET jit = off; SET max_parallel_workers_per_gather = 2"
NODES = """
CREATE TABLE node AS
WITH RECURSIVE up AS (
    SELECT code, code AS top FROM region
    UNION ALL
    SELECT up.code, r.parent_code FROM up JOIN region r ON r.code = up.top WHERE r.parent_code IS NOT NULL
)
SELECT code, '*' || top AS node FROM up UNION ALL SELECT code, code FROM region
"""


def write_facts(size: int, counties: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yield one fact per voucher; every class has thirty, and every third person a second voucher."""
    dice = random.Random(SEED)
    for number in range(size):
        taught = number // CLASS
        county = taught % len(counties)
        place = random.Random(taught)
        issued = FIRST + timedelta(days=place.randrange(MONTHS_OF))
        far = sum(dice.random() < b / a for a, b in zip((1.0, *SHARES), SHARES, strict=False))
        reached = [issued + timedelta(days=9 * step) for step in range(far)]
        ended = far < 4 and dice.random() < 0.6
        in_class = far >= 3
        paid = 150_000 if far == len(STEPS) else 0
        yield (
            "voucher", number + 1, number // 4 * 3 + number % 3 + 1, counties[county],
            1 + taught % 3000 if in_class else 0, taught + 1 if in_class else 0, f"{issued:%Y-%m}",
            1 + county * 4 + place.randrange(4), FUNDS[place.randrange(2)], TRADES[place.randrange(40)],
            2 + place.randrange(3), GROUPS[dice.randrange(5)], *reached, *[None] * (len(STEPS) - far),
            STEPS[far - 1] if ended else "", "expired" if ended else "",
            f"原因{dice.randrange(8)}" if ended else "", 0 if paid or ended else 150_000, paid,
            reached[-1] if paid else None,
        )  # fmt: skip


def load(server: Started, size: int, counties: list[str]) -> None:
    """Load the facts by COPY, and have the database make every sum of them."""
    with psycopg.connect(server.plain_url("measured"), autocommit=True) as connection:
        with connection.transaction(), connection.cursor() as cursor, cursor.copy(COPIED) as copy:
            for row in write_facts(size, counties):
                copy.write_row(row)
        connection.execute(ROOM)
        connection.execute(NODES)
        connection.execute("ANALYZE statistic_fact")
        for table, query in slow_queries().items():
            connection.execute(f"INSERT INTO {table} {query}".encode())
        # as autovacuum leaves a table that has been in use
        connection.execute("VACUUM ANALYZE")


def slow_queries() -> dict[str, str]:
    """Return, per table of sums, the query over all facts that makes it."""
    place = "region_code, institution_id, class_id, issued_month, programme_id, fund, trade_code, level,"
    place += " person_group"
    cut = {"": "''", **{each: f"{COLUMNS[each]}::text" for each in DIMENSIONS}}
    by = "region_code, issued_month"
    slices = " UNION ALL ".join(
        f"SELECT '{name}' AS dimension, {word} AS word, {by}, {SUMS} FROM statistic_fact GROUP BY 2, {by}"
        for name, word in cut.items()
    )
    losses = " UNION ALL ".join(
        f"SELECT '{name}' AS dimension, {word} AS word, {by}, came_from, ended_as, why, count(*) AS times"
        f" FROM statistic_fact WHERE ended_as <> '' GROUP BY 2, {by}, came_from, ended_as, why"
        for name, word in cut.items()
    )
    happened = [(each, f"{each}_on", "0") for each in STEPS] + [("paid", "paid_on", "paid_fen")]
    flows = " UNION ALL ".join(
        f"SELECT region_code, to_char({day}, '{form}') AS period, '{step}' AS step, count(*) AS times,"
        f" sum({fen}) AS amount_fen FROM statistic_fact WHERE {day} IS NOT NULL GROUP BY region_code, 2"
        for step, day, fen in happened
        for form in ("YYYY-MM-DD", "YYYY-MM")
    )
    ending = "dimension, word, node, issued_month, came_from, ended_as, why"
    slices = _at_nodes(slices, "dimension, word, node, issued_month", MEASURES)
    losses = _at_nodes(losses, ending, ("times",))
    blend, ended = "fund, level, person_group", "came_from, ended_as, why"
    together = _at_nodes(
        f"SELECT {by}, {blend}, {ended}, count(*) AS times FROM statistic_fact"
        f" WHERE ended_as <> '' GROUP BY {by}, {blend}, {ended}",
        f"node, {blend}, issued_month, {ended}",
        ("times",),
    )
    flows = _at_nodes(flows, "node, period, step", ("times", "amount_fen"))
    there = ", ".join(f"bool_or({each}_on IS NOT NULL) AS {each}" for each in STEPS)
    people = ", ".join(f"count(*) FILTER (WHERE {each}) AS {each}" for each in STEPS)
    nodes = (
        ("substr(node, 2)", ALL, ALL, "statistic_fact JOIN node ON code = region_code AND node LIKE '*%'"),
        ("region_code", OWN, ALL, "statistic_fact"),
        ("region_code", "institution_id", ALL, "statistic_fact"),
        ("region_code", "institution_id", "class_id", "statistic_fact"),
    )
    heads = " UNION ALL ".join(
        f"SELECT region, house, taught, year, {people} FROM (SELECT {region} AS region,"
        f" {house}::bigint AS house, {taught}::bigint AS taught, {year} AS year, person_id, {there}"
        f" FROM {rows} GROUP BY 1, 2, 3, 4, 5) each_once GROUP BY 1, 2, 3, 4"
        for region, house, taught, rows in nodes
        for year in ("0::bigint", "substr(issued_month, 1, 4)::bigint")
    )
    return {
        "statistic_cell": f"SELECT {place}, {SUMS} FROM statistic_fact GROUP BY {place}",
        "statistic_slice": slices,
        "statistic_cuboid": f"SELECT {by}, {blend}, {SUMS} FROM statistic_fact GROUP BY {by}, {blend}",
        "statistic_cuboid_loss": together,
        "statistic_loss": losses,
        "statistic_flow": flows,
        "statistic_heads": heads,
    }


def _at_nodes(query: str, keys: str, sums: tuple[str, ...]) -> str:
    """Return the sums of every region, and of every region with all below it."""
    added = ", ".join(f"sum({each})::bigint AS {each}" for each in sums)
    return f"SELECT {keys}, {added} FROM ({query}) s JOIN node ON code = region_code GROUP BY {keys}"


def count_differences(session: Session) -> int:
    """Return how many sums differ from the slow query, either way; sums of nothing are no sums."""
    found = 0
    session.execute(text(ROOM))
    for table, query in slow_queries().items():
        sums: dict[str, tuple[str, ...]] = {"statistic_heads": STEPS}
        sums |= dict.fromkeys(("statistic_loss", "statistic_cuboid_loss", "statistic_flow"), ("times",))
        some = " OR ".join(f"{name} <> 0" for name in sums.get(table, MEASURES))
        session.execute(text(f"CREATE TEMPORARY TABLE slow AS {query}"))
        kept, slow = f"SELECT * FROM {table} WHERE {some}", "SELECT * FROM slow"
        found += (
            session.scalar(
                text(
                    f"SELECT (SELECT count(*) FROM (({kept}) EXCEPT ({slow})) a)"
                    f" + (SELECT count(*) FROM (({slow}) EXCEPT ({kept})) b)"
                )
            )
            or 0
        )
        session.execute(text("DROP TABLE slow"))
    return found


def drill_down(session: Session, dice: random.Random, counties: list[str], province: list[str]) -> str:
    """Read what one page of the statistics reads, and return which level it was."""
    year = dice.choice((None, "2022", "2023", "2024"))
    months = (f"{year}-01", f"{year}-12") if year else ("0000-01", "9999-12")
    words = {
        "programme": str(1 + dice.randrange(4 * len(counties))), "fund": dice.choice(FUNDS),
        "trade": dice.choice(TRADES), "level": str(2 + dice.randrange(3)), "group": dice.choice(GROUPS),
    }  # fmt: skip
    chosen = sorted(dice.sample(sorted(words), dice.choice((0, 0, 1, 1, 2, 2, 3))))
    wish = Wish(*months, {each: words[each] for each in chosen})
    level = dice.choice(("province", "county", "house", "class"))
    code = dice.choice(counties)
    if level == "province":
        _read_page(
            session, PROVINCE, wish, province, list(reading.sum_below(session, PROVINCE, wish).values())
        )
        return f"{level} {'+'.join(chosen)}" if len(chosen) > 1 else level
    houses = reading.sum_houses(session, code, wish)
    if level == "county":
        _read_page(session, code, wish, [code], list(houses.values()))
        return f"{level}, several filters" if len(chosen) > 1 else level
    house = dice.choice(sorted(houses)) if houses else 0
    classes = reading.sum_classes(session, code, house, wish)
    _read_page(session, code, wish, [code], list(classes.values()), house)
    return level


def _read_page(
    session: Session,
    code: str,
    wish: Wish,
    regions: list[str],
    rows: list[reading.Sums],
    house: int | None = None,
) -> None:
    """Read what stands around the rows of a page: people, check, losses, months, employment, choices, age."""
    whole = reading.total(rows)
    count_otherwise(session, code, wish, regions=regions, institution_id=house, vouchers=whole["issued"])
    reading.list_losses(session, code, wish, house)
    if house is None and not wish.filters:
        reading.read_flow(session, code, ("2024-01", "2024-12"))
    count_employed(session, regions, wish, institution_id=house, certified=whole["certified"])
    list_choices(session, code, wish.filters)
    reading.read_age(session)


def move_on(each: Fact, on: date) -> Fact:
    """Return a fact one step further, or paid where it had arrived."""
    left = [step for step in STEPS if step not in each.days]
    if not left:
        return replace(each, paid_fen=each.paid_fen + 10_000)
    return replace(each, days={**each.days, left[0]: on}, came_from="", ended_as="", why="")


def count_day(session: Session, size: int) -> int:
    """Count one day's changes, and return how many vouchers changed."""
    dice = random.Random(SEED + 1)
    ids = sorted(dice.sample(range(1, size + 1), max(1, size // DAYS)))
    delta = Delta(read_above(session))
    for start in range(0, len(ids), PIECE):
        wanted = ids[start : start + PIECE]
        people = {number // 4 * 3 + number % 3 + 1 for number in (each - 1 for each in wanted)}
        kept = load_facts(session, people)
        count_facts(session, delta, [move_on(kept["voucher", each], date(2024, 12, 20)) for each in wanted])
    delta.write(session)
    return len(ids)


def timed(call: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    begun = perf_counter()
    call()
    return perf_counter() - begun


def main() -> None:
    """Load, drill down, count a day, compare, and print one line of JSON."""
    size = read_size("drill-downs from the roll-ups, and one day's changes")
    server = Started(**DURABLE)
    try:
        server.create("measured")
        database = Database(server.plain_url("measured"))
        with tempfile.TemporaryDirectory() as folder:
            found(
                database,
                Keyring.open(Path(folder) / "keys.json", create=True),
                datetime(2024, 1, 1, tzinfo=UTC),
            )
        with database.read() as session:
            province = list_subtree(session, PROVINCE)
            counties = sorted(session.scalars(select(Region.code).where(Region.rank == "county")))
        loading = timed(lambda: load(server, size, counties))
        dice = random.Random(SEED)
        times: dict[str, list[float]] = {}
        for _ in range(DRILLS):
            with database.read() as session:
                begun = perf_counter()
                level = drill_down(session, dice, counties, province)
                times.setdefault(level, []).append(perf_counter() - begun)
        with Session(database.engine) as session:
            begun = perf_counter()
            changed = count_day(session, size)
            session.commit()
            refreshed = perf_counter() - begun
        with database.read() as session:
            begun = perf_counter()
            differences = count_differences(session)
            slow = perf_counter() - begun
        database.dispose()
    finally:
        server.close()
    every = [each for found in times.values() for each in found]
    several = [each for name, found in times.items() if "+" in name or "," in name for each in found]
    told = {
        "benchmark": "statistics", "size": size, "p95_ms": round(percentile(every, 95) * 1000, 1),
        "by_level_p95_ms": {name: round(percentile(each, 95) * 1000, 1) for name, each in times.items()},
        "drills": len(every), "several_filters": len(several),
        "several_filters_p95_ms": round(percentile(several, 95) * 1000, 1),
        "changed": changed, "refresh_s": round(refreshed, 2),
        "differences": differences, "slow_query_s": round(slow, 1), "load_s": round(loading, 1),
        "machine": asdict(describe_machine()),
    }  # fmt: skip
    print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
