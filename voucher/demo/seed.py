"""Seeding the demonstration: a published quarter paid, the next one waiting; the same every time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from voucher.config import Config
from voucher.demo.house import House, moment
from voucher.demo.play import carry_through
from voucher.demo.quarter import Distribution, write_quarter
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
from voucher.stages.certify.extract import RegisterImporter
from voucher.stages.certify.upload import CertificatesImporter
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle.draft import Settled, Wish, settle

Say = Callable[[str], None]
ACCOUNTS_FILE = "demo-accounts.json"
REGION = "419001"
YEAR = 2024
BUDGET_FEN = 300_000_000
NEXT_QUARTER = Distribution(
    from_on=date(2024, 1, 1),
    until_on=date(2024, 3, 31),
    by_level={"初级工": 40, "中级工": 52, "高级工": 26, "技师": 2},
    direct={"中级工": 20},
    batches=12,
    mishaps=True,
)
FILES: tuple[tuple[str, type[Importer[Any]]], ...] = (
    ("evaluators", EvaluatorsImporter),
    ("certificates", CertificatesImporter),
    ("register", RegisterImporter),
)


def seed(config: Config, database: Database, keyring: Keyring, say: Say) -> list[DemoAccount]:
    """Build the demonstration in an empty database and return its accounts."""
    house = House(database, keyring, config.anchor_file, moment(date(2024, 1, 2)))
    found(database, keyring, house.at)
    accounts = perform(database, keyring, FOUNDER, house.at, hire)
    _keep_accounts(config.data_folder, accounts)
    budget_id = house.act("operator-jy", _open_budget)
    say("济源 2023 年第四季度：生成 9,637 人的证书与登记，导入、核验、结算……")
    first = settle_quarter(
        house, config.data_folder / "demo" / "2023Q4", Distribution(), budget_id, date(2024, 2, 20)
    )
    say(f"批次 {first.batch_number}：应付 {len(first.verdicts):,} 条")
    carry_through(house, first.batch_id, budget_id, say)
    following = settle_quarter(
        house, config.data_folder / "demo" / "2024Q1", NEXT_QUARTER, budget_id, date(2024, 4, 10), seed=2024
    )
    say(f"批次 {following.batch_number}（2024 年第一季度）等待初审")
    house.seal()
    return accounts


def _open_budget(work: Work) -> int:
    return open_budget(
        work,
        region_code=REGION,
        year=YEAR,
        source=FundSource.EMPLOYMENT_SUBSIDY,
        amount_fen=BUDGET_FEN,
        document="演示下达",
    ).id


def settle_quarter(
    house: House, folder: Path, distribution: Distribution, budget_id: int, on: date, seed: int = 2023
) -> Settled:
    """Write, import and settle one quarter as the operator, on a day."""
    house.at = moment(on)
    with house.database.read() as session:
        codes = session.scalars(
            select(Occupation.code).where(Occupation.code >= "4").order_by(Occupation.code)
        ).all()
    files = write_quarter(folder, codes, distribution, seed)
    for name, importing in FILES:
        house.act("operator-jy", partial(_import, importing=importing, path=getattr(files, name)))
    wish = Wish(SubsidyKind.EVALUATION, REGION, distribution.from_on, distribution.until_on, budget_id)

    def act(work: Work) -> Settled:
        verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
        return settle(work, wish)

    return house.act("operator-jy", act)


def _import(work: Work, importing: type[Importer[Any]], path: Path) -> None:
    import_file(work, importing, path, limits=Limits())


def _keep_accounts(folder: Path, accounts: list[DemoAccount]) -> None:
    """Keep the accounts beside the demonstration's database, for its login page only."""
    path = folder / ACCOUNTS_FILE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump([each.as_json() for each in accounts], out, ensure_ascii=False, indent=1)


def read_accounts(folder: Path) -> list[dict[str, str]]:
    """Return the accounts kept for the login page."""
    path = folder / ACCOUNTS_FILE
    kept: list[dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return kept
