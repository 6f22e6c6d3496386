"""A roster issued to people who are registered already, against writing the same rows and doing nothing else.

Measured is what an officer waits for: the file stored and read, everybody recognised and judged, vouchers,
lines, events, reservations and trail committed piece by piece. The limit knows every row beforehand: COPY
into the same tables of the same database, constraints, triggers and indexes on, in one transaction. Up to
10,000 people it is SQLite that is measured, above PostgreSQL; `--on` says otherwise. Peak memory is that of
this process with everything it did before, the making of the people included.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

import psycopg
from stdnum.iso7064 import mod_11_2

from benchmarks.bare import copy_rows
from benchmarks.copying import DURABLE, Started, copy_bare, read_marks
from benchmarks.installation import copy_database
from benchmarks.machine import describe_machine
from benchmarks.measuring import parse_size
from voucher.ledger.budget import open_budget
from voucher.plumbing.bulk import write_many
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.founding import found
from voucher.registry.people import Newcomer, PersonTag, open_people
from voucher.registry.users import OPERATOR_LOGIN, load_actor, open_account
from voucher.rules.actor import Actor, Grant, Role
from voucher.rules.vocabulary import FundSource
from voucher.stages.issue.carrying_on import carry_on
from voucher.stages.issue.models_runs import IssueRun
from voucher.stages.issue.programmes import NewProgramme, draft_programme, publish_programme
from voucher.stages.issue.running import Desk, start_run
from voucher.stages.oversee.invariants import find_violations

SQLITE_UP_TO = 10_000
AT = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)
REGION, TRADE, PUBLISHER = "419001", "4-10-01-05", "发布员"
PEOPLE_AT_ONCE, CENTS_EACH = 5000, 2000_00
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静强磊军洋勇艳杰娟涛明超兰霞平刚"
TABLES = ("state_event", "issue", "issue_run", "voucher", "issue_line", "transfer", "audit_row")


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one measurement, in seconds."""

    database: str
    size: int
    rows: int
    seconds: float
    limit_seconds: float

    def as_json(self) -> dict[str, object]:
        """Return what is printed: rates in vouchers a second."""
        rate, limit = self.size / self.seconds, self.size / self.limit_seconds
        return {
            "benchmark": "issue",
            "database": self.database,
            "size": self.size,
            "rows": self.rows,
            "seconds": round(self.seconds, 2),
            "limit_seconds": round(self.limit_seconds, 2),
            "rate_per_s": round(rate),
            "limit_per_s": round(limit),
            "ratio": round(rate / limit, 3),
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "machine": asdict(describe_machine()),
        }


@dataclass(frozen=True, slots=True)
class House:
    """An installation with people to issue to."""

    desk: Desk
    programme_id: int
    roster: Path

    def operator(self) -> Actor:
        """Return who issues."""
        return _actor(self.desk.database, OPERATOR_LOGIN)

    def issue(self) -> float:
        """Issue to the whole roster and return how long it took."""
        begun = perf_counter()
        done = self.begin_and_carry_on()
        seconds = perf_counter() - begun
        self._check(done)
        return seconds

    def begin_and_carry_on(self) -> IssueRun:
        """Issue to the whole roster and return how it went."""
        with self.roster.open("rb") as file:
            run = perform(
                self.desk.database,
                self.desk.keyring,
                self.operator(),
                AT,
                lambda work: start_run(work, self.desk, self.programme_id, file, self.roster.name),
            )
        return carry_on(self.desk, run.issue_id, lambda _done, _total: None)

    def _check(self, done: IssueRun) -> None:
        """Stop where not everybody was issued to, or anything of it does not hold."""
        asked = done.rows_read
        assert (done.phase, done.lines_issued) == ("done", asked), (done.phase, done.lines_issued, asked)
        with self.desk.database.read() as session:
            broken = find_violations(session)
        assert not broken, broken


def _actor(database: Database, login: str) -> Actor:
    with database.read() as session:
        return load_actor(session, login, AT.date())


def list_people(size: int) -> Iterator[tuple[str, str]]:
    """Yield names and canonical numbers, nobody twice, all of working age."""
    first = date(1966, 1, 1)
    for place in range(size):
        born = first + timedelta(days=place % 14_000)
        stem = f"410105{born:%Y%m%d}{1 + place // 14_000:03d}"
        name = SURNAMES[place % 20] + GIVEN[place // 20 % 20] + GIVEN[place // 400 % 20]
        yield name, stem + mod_11_2.calc_check_digit(stem)


def build(database: Database, folder: Path, size: int) -> House:
    """Found an installation, register the people with their facts, publish a programme, write the roster."""
    keyring = Keyring.open(folder / "keys.json", create=True)
    found(database, keyring, AT)
    roster = folder / "roster.csv"
    register_everybody(database, keyring, roster, size)
    desk = Desk(database, keyring, lambda: AT, FileStore(folder / "files"), Limits())
    return House(desk, _publish(database, keyring, size), roster)


def register_everybody(database: Database, keyring: Keyring, roster: Path, size: int) -> None:
    """Register so many people with their facts and write the roster that names them."""
    with roster.open("w", encoding="utf-8") as out:
        out.write("姓名,证件号码\n")
        piece: list[Newcomer] = []
        for name, number in list_people(size):
            out.write(f"{name},{number}\n")
            piece.append(Newcomer(number, name, None, REGION))
            if len(piece) == PEOPLE_AT_ONCE:
                _register(database, keyring, piece)
                piece = []
        _register(database, keyring, piece)


def _register(database: Database, keyring: Keyring, people: list[Newcomer]) -> None:
    def act(work: Work) -> None:
        ids = open_people(work, people).values()
        said = (("category", "农民工"), ("pension", "未领取养老金"), ("intent", "yes"))
        since = date(2020, 1, 1)
        for kind, value in said:
            same = {"kind": kind, "value": value, "since": since, "source": "人员导入文件", "recorded_at": AT}
            write_many(work.session, PersonTag, ("person_id",), [(i,) for i in ids], same)

    perform(database, keyring, _actor(database, OPERATOR_LOGIN), AT, act)


def _publish(database: Database, keyring: Keyring, size: int) -> int:
    """Open a budget that carries everybody, draft and publish a programme of that many vouchers."""

    def draft(work: Work) -> int:
        budget = open_budget(
            work, region_code=REGION, year=2024, source=FundSource.EMPLOYMENT_SUBSIDY,
            amount_fen=size * CENTS_EACH, document="测速",
        )  # fmt: skip
        stem = "31010119900101021"
        person = open_people(work, [Newcomer(stem + mod_11_2.calc_check_digit(stem), PUBLISHER)])
        grants = [Grant(Role.OFFICER_CITY, "410000")]
        open_account(
            work, login=PUBLISHER, display_name=PUBLISHER, person_id=next(iter(person.values())),
            grants=grants, since=date(2021, 1, 1),
        )  # fmt: skip
        wanted = NewProgramme(
            name="养老护理员五级培训券", region_code=REGION, project_code="TRAIN", budget_id=budget.id,
            worth="face_value", channel="directed", training_kind="on_job", certificate_kind="skill_level",
            trade_code=TRADE, level=2, quantity=size, from_on=AT.date(),
            until_on=AT.date() + timedelta(days=300), document="测速",
        )  # fmt: skip
        return draft_programme(work, wanted).id

    programme_id = perform(database, keyring, _actor(database, OPERATOR_LOGIN), AT, draft)
    publisher = _actor(database, PUBLISHER)
    perform(database, keyring, publisher, AT, lambda work: publish_programme(work, programme_id))
    return programme_id


def measure_sqlite(folder: Path, size: int) -> Measured:
    """Return the measurement on SQLite; its limit is INSERT ... SELECT of every row that was written."""
    path, start, bare = folder / "issue.db", folder / "start.db", folder / "bare.db"
    house = build(Database(f"sqlite:///{path}"), folder, size)
    house.desk.database.dispose()
    copy_database(path, start)
    seconds = house.issue()
    house.desk.database.dispose()
    copy_database(start, bare)
    copied = copy_rows(path, bare, TABLES)
    return Measured("sqlite", size, copied.rows, seconds, copied.seconds)


def measure_postgres(folder: Path, size: int) -> Measured:
    """Return the measurement on a PostgreSQL of its own, durable as a real one."""
    with closing(Started(**DURABLE)) as server:
        server.create("issue")
        database = Database(server.plain_url("issue"))
        house = build(database, folder, size)
        with psycopg.connect(server.plain_url("issue"), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
            marks = read_marks(connection, TABLES)
        database.dispose()
        server.create("bare", template="issue")
        seconds = house.issue()
        database.dispose()
        rows, limit_seconds = copy_bare(server, "issue", "bare", folder, marks)
    return Measured("postgresql", size, rows, seconds, limit_seconds)


def main() -> None:
    """Measure once and print one line of JSON."""
    parser = argparse.ArgumentParser(description="issue to a roster against writing the same rows")
    parser.add_argument(
        "--size", default="small", type=parse_size, help="small, medium or a number of people"
    )
    parser.add_argument("--on", choices=("sqlite", "postgres"), help="which database")
    given = parser.parse_args()
    on = given.on or ("sqlite" if given.size <= SQLITE_UP_TO else "postgres")
    with tempfile.TemporaryDirectory() as name:
        measure = measure_sqlite if on == "sqlite" else measure_postgres
        print(json.dumps(measure(Path(name), given.size).as_json(), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
