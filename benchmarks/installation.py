"""A founded installation with a quarter beside it: on SQLite as a file that a round starts from as a copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from voucher.demo.house import House, moment
from voucher.demo.quarter import Distribution, Files, write_quarter
from voucher.demo.seed import FILES, REGION, YEAR
from voucher.ledger.budget import open_budget
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Occupation
from voucher.registry.founding import found
from voucher.registry.importing.frame import Importer, import_file
from voucher.registry.users import OPERATOR_LOGIN
from voucher.rules.vocabulary import FundSource, Outcome, SubsidyKind
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle.draft import Settled, Wish, settle

FOUNDED_ON, FILED_ON = date(2024, 1, 2), date(2024, 2, 20)
FEN_PER_CLAIM = 400_00  # more than any standard, so that no claim waits for money
PUBLISHED = Distribution()
MOST = "中级工"  # what scaling leaves over goes to the most frequent level


@dataclass(frozen=True, slots=True)
class Installation:
    """A database file, the house that opens it, and the quarter that waits to be imported."""

    path: Path
    house: House
    files: Files
    wish: Wish

    def copy_to(self, path: Path) -> Installation:
        """Return the same installation in another file, with the same keys."""
        copy_database(self.path, path)
        held = self.house
        house = House(_open(path), held.keyring, path.with_suffix(".anchors"), held.at)
        return Installation(path, house, self.files, self.wish)

    def import_quarter(self) -> None:
        """Import the three files as the operator."""
        import_quarter(self.house, self.files)
        self.close()

    def verify_quarter(self) -> None:
        """Verify the quarter's certificates as the operator."""
        verify_quarter(self.house, self.wish)
        self.close()

    def settle_quarter(self) -> Settled:
        """Settle the verified quarter as the operator, in one act."""
        settled = settle_quarter(self.house, self.wish)
        self.close()
        return settled

    def close(self) -> None:
        """Close the database until it is used again, so that its file alone can be copied."""
        self.house.database.dispose()

    def remove(self) -> None:
        """Close and delete the database."""
        self.close()
        self.path.unlink()


def scale(size: int) -> Distribution:
    """Return the published quarter with `size` certificates, in the published shares."""
    whole = sum(PUBLISHED.by_level.values())
    by_level = {level: count * size // whole for level, count in PUBLISHED.by_level.items()}
    by_level[MOST] += size - sum(by_level.values())
    direct = {level: count * size // whole for level, count in PUBLISHED.direct.items()}
    return Distribution(by_level=by_level, direct=direct, batches=min(PUBLISHED.batches, size))


def import_quarter(house: House, files: Files) -> None:
    """Import the three files as the operator."""
    for name, importing in FILES.items():
        house.act(OPERATOR_LOGIN, partial(_import, importing, getattr(files, name)))


def verify_quarter(house: House, wish: Wish) -> None:
    """Verify a quarter's certificates as the operator, in one act."""
    house.act(OPERATOR_LOGIN, lambda work: verify_issued(work, wish.region_code, wish.from_on, wish.until_on))


def settle_quarter(house: House, wish: Wish) -> Settled:
    """Settle a verified quarter as the operator, in one act."""
    return house.act(OPERATOR_LOGIN, lambda work: settle(work, wish))


def found_house(database: Database, folder: Path, size: int) -> tuple[House, Files, Wish]:
    """Found an installation, give it a budget, and write a quarter of `size` certificates beside it."""
    keyring = Keyring.open(folder / "keys.json", create=True)
    house = House(database, keyring, folder / "anchors.jsonl", moment(FOUNDED_ON))
    found(database, keyring, house.at)
    budget_id = house.act(OPERATOR_LOGIN, partial(_open_budget, size))
    with database.read() as session:
        codes = session.scalars(
            select(Occupation.code).where(Occupation.code >= "4").order_by(Occupation.code)
        ).all()
    wanted = scale(size)
    files = write_quarter(folder / "files", codes, wanted)
    house.at = moment(FILED_ON)
    return house, files, Wish(SubsidyKind.EVALUATION, REGION, wanted.from_on, wanted.until_on, budget_id)


def build(folder: Path, size: int) -> Installation:
    """Found an installation in a file of its own, with a quarter of `size` certificates beside it."""
    path = folder / "founded.db"
    house, files, wish = found_house(_open(path), folder, size)
    house.database.dispose()
    return Installation(path, house, files, wish)


def build_settled(folder: Path, size: int) -> tuple[Installation, Settled]:
    """Build an installation whose quarter has been imported, verified and settled."""
    made = build(folder, size)
    made.import_quarter()
    made.verify_quarter()
    settled = made.settle_quarter()
    check_settled(settled, size)
    return made, settled


def check_settled(settled: Settled, size: int) -> None:
    """Stop where not every certificate came out payable: less work would have been measured."""
    payable = len(settled.with_outcome(Outcome.PAYABLE))
    assert payable == size, f"{payable} of {size} lines are payable"


def copy_database(path: Path, to: Path) -> None:
    """Copy a database nobody has open; its write-ahead log has been folded in by the last to close it."""
    log = path.with_name(f"{path.name}-wal")
    assert not log.exists() or log.stat().st_size == 0, f"{log} still holds writes"
    shutil.copyfile(path, to)


def _open(path: Path) -> Database:
    return Database(f"sqlite:///{path}")


def _open_budget(size: int, work: Work) -> int:
    return open_budget(
        work,
        region_code=REGION,
        year=YEAR,
        source=FundSource.EMPLOYMENT_SUBSIDY,
        amount_fen=size * FEN_PER_CLAIM,
        document="测速",
    ).id


def _import(importing: type[Importer[Any]], path: Path, work: Work) -> None:
    import_file(work, importing, path, limits=Limits())
