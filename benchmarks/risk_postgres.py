"""The risk rules over so many sign-ins that stand in PostgreSQL: read as the nightly run reads, day by day.

The town of `benchmarks.risk` is put into the tables of the house by COPY, as far as its readers look: people,
institutions, classes, sessions, places, sign-ins, vouchers taken and used, claims, certificates, and what the
house writes down besides (`risk_traces`). Measured is reading all of it and running every rule over it,
sign-ins a day at a time; counted are the schemes found of those that leave rows, and the honest flagged.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.copying import DURABLE, Started
from benchmarks.machine import describe_machine
from benchmarks.measuring import read_size
from benchmarks.risk_traces import (
    EVALUATORS,
    REGION,
    Numbers,
    day,
    everybody,
    is_told,
    moment,
    number,
    tables_of_traces,
)
from tests.town_risk import DECEMBER, JANUARY, SESSIONS, Planted, Town, build_town
from voucher.plumbing import types as t
from voucher.plumbing.db import Database, Model
from voucher.plumbing.secrets import Keyring
from voucher.registry.founding import found as found_house
from voucher.rules.risk.catalogue import RULES
from voucher.rules.risk.findings import Finding
from voucher.rules.risk.measures import EPOCH
from voucher.stages.oversee.risk.facts import Window, read_facts, read_marks_of_day
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

CASES = 10
FIRST, LAST = EPOCH + timedelta(days=JANUARY - 40), EPOCH + timedelta(days=DECEMBER + 100)
FILLERS: tuple[tuple[type, object], ...] = (
    (t.UtcTime, datetime(2026, 1, 1, tzinfo=UTC)), (t.Day, date(2026, 1, 1)), (t.Bytes, b"sealed"),
    (t.Json, "[]"), (t.Int64, 0), (t.Flag, 0),
)  # fmt: skip


def copy_rows(connection: psycopg.Connection, table: str, rows: Iterable[dict[str, Any]]) -> int:
    """Copy rows into a table; what a row must have and nobody reads is filled in. Return how many."""
    columns = Model.metadata.tables[table].columns
    blank = {
        each.name: next((said for kind, said in FILLERS if isinstance(each.type, kind)), "-")
        for each in columns
        if not each.nullable
    }
    count, cursor = 0, connection.cursor()
    first = next(iter(rows), None)
    if first is None:
        return 0
    names = sorted({**blank, **first})
    words = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with cursor.copy(words) as copy:
        for row in _again(first, rows):
            full = {**blank, **row}
            copy.write_row([full[each] for each in names])
            count += 1
    return count


def _again(first: dict[str, Any], rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rows


def tables_of(town: Town, numbers: Numbers) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """Yield the tables of the house with their rows."""
    rows = town.rows
    houses = {each.id: each for each in rows["institutions"]}
    people = everybody(town)
    phones = {each.person: each.value for each in rows["links"] if each.kind == "phone"}
    yield (
        "institution",
        iter(
            [
                {
                    "id": number(each.id),
                    "code": each.id,
                    "region_code": REGION,
                    "since": day(each.opened_on or 0),
                }
                for each in houses.values()
            ]
        ),
    )
    yield (
        "person",
        iter(
            [
                {
                    "id": number(each),
                    "blind_index": each,
                    "name_index": "-",
                    "region_code": REGION,
                    "mobile_index": phones.get(each),
                }
                for each in sorted(people)
            ]
        ),
    )
    yield "training_class", (
        {
            "id": number(each.id), "institution_id": number(each.institution), "region_code": REGION,
            "delivering_institution_id": number(each.institution), "trade_code": each.occupation,
            "level": int(each.level), "capacity": each.seats or 1, "starts_on": moment(each.starts_at).date(),
            "ends_on": moment(each.ends_at).date(), "state": "closed", "thing": "class",
        }
        for each in rows["classes"]
    )  # fmt: skip
    positions: dict[str, int] = defaultdict(int)

    def sessions() -> Iterator[dict[str, Any]]:
        for each in rows["sessions"]:
            positions[each.class_id] += 1
            yield {
                "id": number(each.id), "class_id": number(each.class_id), "teacher": each.teacher,
                "position": positions[each.class_id], "starts_at": moment(each.starts_at),
                "ends_at": moment(each.ends_at), "hours": 3,
            }  # fmt: skip

    yield "class_session", sessions()
    yield "enrolment", (
        {"id": number(each.id), "voucher_id": number(each.id), "person_id": number(each.person),
         "class_id": number(each.class_id)}
        for each in rows["places"]
    )  # fmt: skip
    yield "attendance_mark", (
        {
            "id": number(each.id), "session_id": number(each.session), "voucher_id": number(each.person),
            "person_id": number(each.person), "direction": each.direction,
            "way": "scanned" if each.is_kiosk else "class_code",
            "browser": None if each.is_kiosk else each.device,
            "distance_m": each.distance_m, "accuracy_m": each.accuracy_m, "marked_at": moment(each.at),
            "marked_by_person_id": number(each.device if each.is_kiosk else each.person),
        }
        for each in rows["marks"]
    )  # fmt: skip
    yield "voucher", (
        {"id": number(each.id), "holder_person_id": number(each.person), "region_code": REGION,
         "issued_at": moment(each.accepted_at), "thing": "voucher", "state": "settled"}
        for each in rows["vouchers"]
    )  # fmt: skip
    yield "acceptance", (
        {"voucher_id": number(each.id), "person_id": number(each.person), "channel": "page",
         "accepted_by_person_id": number(each.agent or each.person), "accepted_at": moment(each.accepted_at)}
        for each in rows["vouchers"]
    )  # fmt: skip
    used = {(each.person, each.class_id): number(each.id) for each in rows["vouchers"]}
    yield "redemption", (
        {"id": 40_000_000 + number(each.id), "voucher_id": 40_000_000 + number(each.id),
         "person_id": number(each.person), "class_id": number(each.class_id),
         "institution_id": number(each.institution), "redeemed_at": moment(each.filed_at)}
        for each in rows["claims"]
        if (each.person, each.class_id) not in used
    )  # fmt: skip
    yield "redemption", (
        {"id": number(each.id), "voucher_id": number(each.id), "person_id": number(each.person),
         "enrolment_id": number(each.id), "class_id": number(each.class_id),
         "institution_id": number(each.institution), "device": each.redeem_device, "nonce": each.id,
         "redeemed_at": moment(each.redeemed_at)}
        for each in rows["vouchers"]
        if each.redeemed_at is not None
    )  # fmt: skip
    yield "budget", iter([{"id": 1, "region_code": REGION, "year": 2026, "granted_fen": 1}])
    yield "claim", (
        {"id": number(each.id), "kind": each.kind, "person_id": number(each.person), "budget_id": 1,
         "voucher_id": used.get((each.person, each.class_id), 40_000_000 + number(each.id)),
         "institution_id": number(each.institution), "trade_code": each.occupation,
         "level": int(each.level), "amount_fen": each.amount_fen, "filed_at": moment(each.filed_at),
         "filed_on": moment(each.filed_at).date(), "region_code": REGION, "thing": "claim", "state": "paid"}
        for each in rows["claims"]
    )  # fmt: skip
    yield "certificate", (
        {"id": number(each.id), "number": each.id, "person_id": number(each.person),
         "institution_id": numbers(EVALUATORS, each.evaluator), "trade_code": each.occupation,
         "level": int(each.level), "issued_on": day(each.issued_on), "thing": "certificate",
         "state": "valid"}
        for each in rows["certificates"]
    )  # fmt: skip


def load(server: Started, town: Town, numbers: Numbers) -> None:
    """Load the town; nothing is checked and nobody told, as a copy of an installation would be."""
    with psycopg.connect(server.plain_url("measured"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        with connection.transaction():
            loosened = set()
            for table, rows in (*tables_of(town, numbers), *tables_of_traces(town, numbers)):
                if table not in loosened:
                    _loosen(connection, table)
                loosened.add(table)
                copy_rows(connection, table, rows)
        connection.execute("ANALYZE")


def _loosen(connection: psycopg.Connection, table: str) -> None:
    """Empty a table and take its checks away: what is loaded has only the columns the readers read.

    What was unique is still found by an index.
    """
    unique = connection.execute(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary",
        (table,),
    ).fetchall()
    held = connection.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u', 'f')",
        (table,),
    ).fetchall()
    name = sql.Identifier(table)
    for (each,) in held:
        words = sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {} CASCADE")
        connection.execute(words.format(name, sql.Identifier(each)))
    for index, made in unique:
        connection.execute(sql.SQL("DROP INDEX IF EXISTS {} CASCADE").format(sql.Identifier(index)))
        connection.execute(made.replace("CREATE UNIQUE INDEX", "CREATE INDEX"))
    connection.execute(sql.SQL("DELETE FROM {}").format(name))


def run(database: Database, keyring: Keyring) -> tuple[list[Finding], float, float, int]:
    """Read and run everything; return what is found, seconds reading, seconds running, sign-ins read."""
    most = read_shipped_thresholds(date(2026, 11, 23))
    found: list[Finding] = []
    begun = perf_counter()
    ran = 0.0
    count = 0
    with database.read() as session:
        facts = read_facts(session, Window(FIRST, LAST), keyring)
        for rule in RULES:
            if not rule.is_daily:
                at = perf_counter()
                found += rule.find(facts, most)
                ran += perf_counter() - at
        for back in range((LAST - FIRST).days + 1):
            on = FIRST + timedelta(days=back)
            of_day = read_marks_of_day(session, facts, Window(on, on), keyring)
            count += len(of_day.marks)
            at = perf_counter()
            for rule in RULES:
                if rule.is_daily:
                    found += rule.find(of_day, most)
            ran += perf_counter() - at
    return found, perf_counter() - begun - ran, ran, count


def list_missed(planted: list[Planted], found: list[Finding], numbers: Numbers) -> list[str]:
    """Return the rule of every scheme no finding of it names: neither its subject nor anybody in it.

    Whoever is in a scheme is in that one alone. A teacher is known by house and name.
    """
    subjects = {(each.rule, each.subject) for each in found}
    teachers = {(each.rule, each.subject.split("/")[-1]) for each in found if each.kind == "teacher"}
    people = {(each.rule, one) for each in found for one in each.people}
    return [
        each.rule
        for each in planted
        if not {(each.rule, numbers.written(one)) for one in each.subjects} & subjects
        and not {(each.rule, one) for one in each.subjects} & teachers
        and not {(each.rule, str(number(one))) for one in each.people} & people
    ]


def main() -> None:
    """Build the town, load it, run every rule over it twice, and print one line of JSON."""
    size = read_size("sign-ins in PostgreSQL the risk rules read")
    town = build_town(size // SESSIONS, CASES)
    town.facts()
    numbers = Numbers()
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        server = Started(**DURABLE)
        try:
            server.create("measured")
            database = Database(server.plain_url("measured"))
            keyring = Keyring.open(folder / "keys.json", create=True)
            found_house(database, keyring, datetime(2026, 1, 1, tzinfo=UTC))
            load(server, town, numbers)
            found, reading, running, count = run(database, keyring)
            again, *_ = run(database, keyring)
            database.dispose()
        finally:
            server.close()
    shown = [each for each in town.planted if is_told(each)]
    missed = list_missed(shown, found, numbers)
    wronged = {int(one) for each in found for one in each.people} & {number(each) for each in town.honest}
    told = {
        "benchmark": "risk_postgres", "size": size, "n": count, "seconds": round(reading + running, 1),
        "reading_seconds": round(reading, 1), "rules_seconds": round(running, 1), "flags": len(found),
        "planted_told": len(shown), "found": len(shown) - len(missed), "missed": Counter(missed),
        "people_honest": len(town.honest), "honest_flagged": len(wronged),
        "same_again": again == found, "machine": asdict(describe_machine()),
    }  # fmt: skip
    print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
