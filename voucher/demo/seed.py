"""Seeding the demonstration: a published quarter paid, the next one waiting; the same every time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from voucher.config import Config
from voucher.demo.house import House, moment
from voucher.demo.play import approve, carry_through, publish, review_first, review_second
from voucher.demo.province.playing import play_province
from voucher.demo.province.sandbox import Sandbox, open_sandbox
from voucher.demo.province.stage import Act
from voucher.demo.quarter import Distribution, Files, write_quarter
from voucher.demo.sittings import play_sittings, read_sittings
from voucher.demo.staff import DemoAccount, hire
from voucher.ledger.budget import open_budget
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.catalogue import Occupation
from voucher.registry.founding import FOUNDER, found
from voucher.registry.importing.evaluators import EvaluatorsImporter
from voucher.registry.importing.frame import Importer, import_file
from voucher.rules.vocabulary import FundSource, SubsidyKind
from voucher.rules.windows import add_months
from voucher.stages.certify.extract import RegisterImporter
from voucher.stages.certify.upload import CertificatesImporter
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle.draft import Settled, Wish, settle

Say = Callable[[str], None]
ACCOUNTS_FILE, SANDBOX_FILE, SEEDED_FILE = "demo-accounts.json", "demo-sandbox.json", "demo-seeded"
REGION = "419001"
YEAR = 2024
BUDGET_FEN = 300_000_000
FOUNDED_ON, BUDGET_ON, SETTLED_ON = date(2023, 8, 1), date(2024, 1, 2), date(2024, 2, 20)
SMALL_QUARTER = Distribution(
    by_level={"初级工": 20, "中级工": 26, "高级工": 13, "技师": 1}, direct={"中级工": 10}, batches=12
)
FILES: dict[str, type[Importer[Any]]] = {
    "evaluators": EvaluatorsImporter,
    "certificates": CertificatesImporter,
    "register": RegisterImporter,
}


def seed(
    config: Config, database: Database, keyring: Keyring, say: Say, *, due: Sequence[Act], today: date
) -> list[DemoAccount]:
    """Build the demonstration in an empty database as of a day and return its accounts.

    `due` are the acts of the clock. The published quarter is history; the living province ends today.
    """
    house = House(database, keyring, config.anchor_file, moment(FOUNDED_ON))
    found(database, keyring, house.at)
    accounts = perform(database, keyring, FOUNDER, house.at, hire)
    say("济源 2023 年第四季度：168 个评价批次，9,637 人取证……")
    wanted, folder = Distribution(), config.data_folder / "demo" / "2023Q4"
    files = sit_quarter(house, folder, wanted)
    house.at = moment(BUDGET_ON)
    budget_id = house.act("operator-jy", _open_budget)
    say("导入登记、核验、结算……")
    house.at = moment(SETTLED_ON)
    import_files(house, files, "register")
    first = settle_issued(house, wanted, budget_id)
    say(f"批次 {first.batch_number}：应付 {len(first.verdicts):,} 条")
    carry_through(house, first.batch_id, budget_id, say)
    fill_desks(house, config.data_folder / "demo", budget_id, say)
    say("示例省：机构、券种、班级、劳动者，各环节各留一些待办……")
    more, stage = play_province(house, today, config.data_folder / "demo" / "province", due, say)
    accounts = [*more, *accounts]
    keep_accounts(config.data_folder, accounts)
    keep_sandbox(config.data_folder, open_sandbox(stage))
    house.seal()
    (config.data_folder / SEEDED_FILE).touch()
    return accounts


def fill_desks(house: House, folder: Path, budget_id: int, say: Say) -> None:
    """Leave a small batch waiting at every desk: approval, second review, first review."""
    waiting: dict[str, Callable[[int], None]] = {
        "制单": lambda batch_id: _carry(house, batch_id, "approve"),
        "审批": lambda batch_id: _carry(house, batch_id, "publish"),
        "复核": lambda batch_id: review_first(house, batch_id, _say_nothing),
        "初审": lambda _batch_id: None,
    }
    for place, (desk, carry) in enumerate(waiting.items(), start=1):
        from_on = add_months(date(2023, 10, 1), 3 * place)
        until_on = add_months(from_on, 3) - timedelta(days=1)
        quarter = replace(SMALL_QUARTER, from_on=from_on, until_on=until_on, mishaps=desk == "初审")
        settled = settle_quarter(
            house,
            folder / f"{from_on:%Y-%m}",
            quarter,
            budget_id,
            until_on + timedelta(days=10),
            seed=2023 + place,
        )
        carry(settled.batch_id)
        say(f"批次 {settled.batch_number}（{from_on:%Y-%m} 至 {until_on:%Y-%m} 发证）等待{desk}")


def _carry(house: House, batch_id: int, upto: str) -> None:
    review_first(house, batch_id, _say_nothing)
    review_second(house, batch_id, _say_nothing)
    publish(house, batch_id, _say_nothing)
    if upto == "approve":
        approve(house, batch_id, _say_nothing)


def _say_nothing(_sentence: str) -> None:
    """The desks are filled quietly."""


def _open_budget(work: Work) -> int:
    return open_budget(
        work,
        region_code=REGION,
        year=YEAR,
        source=FundSource.EMPLOYMENT_SUBSIDY,
        amount_fen=BUDGET_FEN,
        document="演示下达",
    ).id


def sit_quarter(house: House, folder: Path, distribution: Distribution) -> Files:
    """Have every certificate of a quarter earned in an exam and uploaded after it; return the files."""
    files = write_files(house, folder, distribution)
    import_files(house, files, "evaluators")
    play_sittings(house, folder, read_sittings(house, files.certificates))
    return files


def settle_quarter(
    house: House, folder: Path, distribution: Distribution, budget_id: int, on: date, seed: int = 2023
) -> Settled:
    """Write, import and settle one quarter as the operator, on a day."""
    house.at = moment(on)
    import_files(house, write_files(house, folder, distribution, seed), *FILES)
    return settle_issued(house, distribution, budget_id)


def settle_issued(house: House, distribution: Distribution, budget_id: int) -> Settled:
    """Verify and settle as the operator what was issued in a quarter."""
    wish = Wish(SubsidyKind.EVALUATION, REGION, distribution.from_on, distribution.until_on, budget_id)

    def act(work: Work) -> Settled:
        verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
        return settle(work, wish)

    return house.act("operator-jy", act)


def write_files(house: House, folder: Path, distribution: Distribution, seed: int = 2023) -> Files:
    """Write the files of a quarter for the occupations the house knows."""
    with house.database.read() as session:
        codes = session.scalars(
            select(Occupation.code).where(Occupation.code >= "4").order_by(Occupation.code)
        ).all()
    return write_quarter(folder, codes, distribution, seed)


def import_files(house: House, files: Files, *names: str) -> None:
    """Import some of a quarter's files as the operator."""
    for name in names:
        path = getattr(files, name)
        house.act("operator-jy", partial(_import, importing=FILES[name], path=path))


def _import(work: Work, importing: type[Importer[Any]], path: Path) -> None:
    import_file(work, importing, path, limits=Limits())


def keep_accounts(folder: Path, accounts: list[DemoAccount]) -> None:
    """Keep the accounts beside the demonstration's database, for its login page only."""
    _keep(folder / ACCOUNTS_FILE, [each.as_json() for each in accounts])


def keep_sandbox(folder: Path, opened: Sandbox) -> None:
    """Keep what a program needs to try itself out, for whoever starts the demonstration."""
    _keep(folder / SANDBOX_FILE, opened.as_json())


def read_sandbox(folder: Path) -> dict[str, Any]:
    """Return what was kept of the sandbox; nothing where the demonstration is older than it."""
    path = folder / SANDBOX_FILE
    kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return kept


def _keep(path: Path, content: object) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out, ensure_ascii=False, indent=1)


def read_accounts(folder: Path) -> list[dict[str, str]]:
    """Return the accounts kept for the login page."""
    path = folder / ACCOUNTS_FILE
    kept: list[dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return kept


def is_seeded(folder: Path) -> bool:
    """Return whether a demonstration has been built here to its end."""
    return (folder / SEEDED_FILE).exists()
