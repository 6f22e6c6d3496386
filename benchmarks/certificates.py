"""Certificates imported, held against the local register and verified, against COPY of the same rows.

Measured is what an office waits for: the evaluator's file read, every number parsed, every filing checked,
the people found and the certificates written; the register's extract read and written; every certificate
compared with it and its look-up kept; the trail of all of it. Three acts, each committed. The people are
registered before. The limit knows every row beforehand: COPY into the same tables of the same database,
constraints, triggers and indexes on, in one transaction. Peak memory is that of this process, the making of
people included.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import func, select

from benchmarks.copying import DURABLE, Started, copy_bare, read_marks
from benchmarks.issue import AT, REGION, TRADE, list_people, register_everybody
from benchmarks.machine import describe_machine
from benchmarks.measuring import parse_size
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.founding import found
from voucher.registry.importing.evaluators import EvaluatorsImporter
from voucher.registry.importing.frame import Importer, import_file
from voucher.registry.users import OPERATOR_LOGIN, load_actor
from voucher.stages.certify.extract import RegisterImporter
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.upload import CertificatesImporter
from voucher.stages.certify.verify import verify_issued

# in the order in which they refer to each other
TABLES = ("state_event", "certificate", "register_entry", "verification", "audit_row")
NAME, CODE, PREFIX = "示例评价中心", "91410100MATE5T033Y", "S000041010001"
FIRST, DAYS = date(2023, 1, 1), 365


@dataclass(frozen=True, slots=True)
class Files:
    """What comes in: who may evaluate, what it says it issued, what the register says."""

    evaluators: Path
    certificates: Path
    register: Path


def write_files(folder: Path, size: int) -> Files:
    """Write three files about so many certificates of as many people, over a year."""
    made = Files(*(folder / f"{name}.csv" for name in ("evaluators", "certificates", "register")))
    _write(made.evaluators, iter([_filing()]))
    _write(made.certificates, (each for each, _ in _rows(size)))
    _write(made.register, (each for _, each in _rows(size)))
    return made


def _filing() -> dict[str, object]:
    return {
        "名称": NAME, "统一社会信用代码": CODE, "类别": "社会培训评价组织", "地区": REGION, "备案号": PREFIX,
        "职业编码": TRADE, "等级": "五级", "有效期起": "2020-01-01", "有效期止": "2030-12-31",
    }  # fmt: skip


def _rows(size: int) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    for place, (name, number) in enumerate(list_people(size)):
        issued = FIRST + timedelta(days=place % DAYS)
        known = {
            "姓名": name, "证件号码": number, "职业编码": TRADE, "等级": "五级",
            "证书编号": f"{PREFIX}{issued:%y}5{place + 1:06d}", "发证日期": issued.isoformat(),
            "评价机构统一社会信用代码": CODE,
        }  # fmt: skip
        claimed = {"证书类型": "职业技能等级证书", "取得方式": "考试", "理论成绩": "80", "技能成绩": "85"}
        yield {**known, **claimed}, {**known, "状态": "有效"}


def _write(path: Path, rows: Iterator[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        first = next(rows)
        writer = csv.DictWriter(out, fieldnames=list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def _act(database: Database, keyring: Keyring, act: Callable[[Work], Any]) -> float:
    """Run one act as the operator and return how long it took with its commit."""
    with database.read() as session:
        operator = load_actor(session, OPERATOR_LOGIN, AT.date())
    begun = perf_counter()
    perform(database, keyring, operator, AT, act)
    return perf_counter() - begun


def _import(work: Work, importing: type[Importer[Any]], path: Path) -> None:
    import_file(work, importing, path, limits=Limits())


def _verify(work: Work) -> None:
    verify_issued(work, REGION, FIRST, FIRST + timedelta(days=DAYS))


def measure(folder: Path, size: int) -> dict[str, object]:
    """Return the measurement on a PostgreSQL of its own, durable as a real one."""
    with closing(Started(**DURABLE)) as server:
        server.create("measured")
        database = Database(server.plain_url("measured"))
        keyring = Keyring.open(folder / "keys.json", create=True)
        found(database, keyring, AT)
        files = write_files(folder, size)
        register_everybody(database, keyring, folder / "roster.csv", size)
        _act(database, keyring, partial(_import, importing=EvaluatorsImporter, path=files.evaluators))
        with psycopg.connect(server.plain_url("measured"), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
            marks = read_marks(connection, TABLES)
        database.dispose()
        server.create("bare", template="measured")
        steps: dict[str, Callable[[Work], Any]] = {
            "import": partial(_import, importing=CertificatesImporter, path=files.certificates),
            "register": partial(_import, importing=RegisterImporter, path=files.register),
            "verify": _verify,
        }
        seconds = {name: _act(database, keyring, act) for name, act in steps.items()}
        with database.read() as session:
            valid = session.scalar(select(func.count()).where(Certificate.state == "valid"))
        assert valid == size, f"{valid} of {size} certificates are verified"
        database.dispose()
        rows, limit_seconds = copy_bare(server, "measured", "bare", folder, marks)
    rate, limit = size / sum(seconds.values()), size / limit_seconds
    return {
        "benchmark": "certificates",
        "database": "postgresql",
        "size": size,
        "rows": rows,
        **{f"{name}_seconds": round(took, 2) for name, took in seconds.items()},
        "limit_seconds": round(limit_seconds, 2),
        "rate_per_s": round(rate),
        "limit_per_s": round(limit),
        "ratio": round(rate / limit, 3),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "machine": asdict(describe_machine()),
    }


def main() -> None:
    """Measure once and print one line of JSON."""
    parser = argparse.ArgumentParser(description="certificates verified against writing the same rows")
    parser.add_argument(
        "--size", default="small", type=parse_size, help="small, medium or a number of certificates"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Path(name), given.size), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
