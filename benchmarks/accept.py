"""Credentials signed and stored, against bare signatures and the same rows put into the same tables.

What is measured is what acceptance does for vouchers in the hand of people with phones: who they are is read,
each credential written, signed, sealed under its holder's key and stored with its place in a status list and
its row in the trail, committed once. One core, one process; SQLite with the program's durability.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, select

from benchmarks.bare import copy_rows
from benchmarks.installation import copy_database
from benchmarks.measuring import Measurement, read_size, tell
from voucher.demo.house import House, moment
from voucher.demo.province.stage import invent_workers
from voucher.demo.seed import REGION
from voucher.ledger.budget import open_budget
from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.issuing import Asked, IssuedCredential, issue_credentials
from voucher.ledger.credentials.keys import ensure_keys
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import users
from voucher.registry.founding import found
from voucher.registry.machines import open_system_person
from voucher.registry.phones import read_bearers
from voucher.registry.users import OPERATOR_LOGIN
from voucher.rules.actor import Grant, Role
from voucher.rules.vocabulary import FundSource
from voucher.stages.issue.issuing import issue_at_once
from voucher.stages.issue.programmes import NewProgramme, draft_programme, publish_programme

ROUNDS = 3
DAY = date(2024, 3, 4)
PUBLISHER = "发布员"
SEED, CAP_FEN = 4, 240_00
WRITTEN = ("credential", "status_place", "audit_row")
# what a core was busy for, round by round: beside the clock's, which counts whoever else has it as well
core_seconds: list[float] = []


@dataclass(frozen=True, slots=True)
class Town:
    """A founded installation whose vouchers are accepted by people with phones, nothing signed yet."""

    path: Path
    keyring: Keyring
    size: int

    def copy_to(self, path: Path) -> House:
        """Return the same in another file."""
        copy_database(self.path, path)
        return House(
            Database(f"sqlite:///{path}"), self.keyring, path.with_suffix(".anchors"), moment(DAY, 12)
        )


def build(folder: Path, size: int) -> Town:
    """Found an installation and issue `size` vouchers to as many people, each with a phone."""
    path = folder / "town.db"
    database, keyring = Database(f"sqlite:///{path}"), Keyring.open(folder / "keys.json", create=True)
    house = House(database, keyring, folder / "anchors.jsonl", moment(DAY))
    found(database, keyring, house.at)
    house.act(OPERATOR_LOGIN, ensure_keys)
    programme_id = house.act(OPERATOR_LOGIN, lambda work: _draft(work, size))
    house.act(PUBLISHER, lambda work: publish_programme(work, programme_id))
    newcomers = list(islice(invent_workers(SEED, DAY), size))
    house.act(OPERATOR_LOGIN, lambda work: issue_at_once(work, programme_id, newcomers))
    house.act(OPERATOR_LOGIN, _hand_out)
    database.dispose()
    return Town(path, keyring, size)


def _draft(work: Work, size: int) -> int:
    budget = open_budget(
        work,
        region_code=REGION,
        year=DAY.year,
        source=FundSource.EMPLOYMENT_SUBSIDY,
        amount_fen=size * 10 * CAP_FEN,
        document="济财社〔2024〕1号",
    )
    users.open_account(
        work,
        login=PUBLISHER,
        display_name=PUBLISHER,
        person_id=open_system_person(work, PUBLISHER, PUBLISHER),
        grants=[Grant(Role.OFFICER_CITY, REGION)],
        since=DAY - timedelta(days=1),
    )
    return draft_programme(
        work,
        NewProgramme(
            name="通用培训券",
            region_code=REGION,
            project_code="TRAIN",
            budget_id=budget.id,
            worth="face_value",
            channel="open",
            training_kind="on_job",
            certificate_kind="skill_level",
            trade_code=None,
            level=None,
            training_cap_fen=CAP_FEN,
            evaluation_cap_fen=CAP_FEN,
            quantity=size,
            from_on=DAY,
            until_on=DAY + timedelta(days=200),
            document="济人社〔2024〕1号",
        ),
    ).id


def _hand_out(work: Work) -> None:
    """Let everybody accept, with a phone each."""
    vouchers = lock_vouchers(work, Voucher.state == "issued")
    advance(work, vouchers, "accept")
    for voucher in vouchers:
        key = generate_private_key(SECP256R1()).public_key()
        public = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex()
        work.session.add(
            Device(
                person_id=voucher.holder_person_id,
                public_key=public,
                label="手机",
                bound_at=work.at,
                counter=0,
            )
        )
    work.session.flush()


def sign_all(work: Work) -> int:
    """Sign every voucher into its holder's phone and return how many."""
    vouchers = lock_vouchers(work, Voucher.state == "accepted")
    phones = {each.person_id: each for each in work.session.scalars(select(Device))}
    bearers = read_bearers(work.session, work.keyring, [each.holder_person_id for each in vouchers])
    until = work.at + timedelta(days=30)
    asked = []
    for voucher in vouchers:
        phone = phones[voucher.holder_person_id]
        asked.append(Asked(voucher, phone.id, bytes.fromhex(phone.public_key), until))
    return issue_credentials(work, asked, bearers)


def sign_bare(size: int) -> float:
    """Return the seconds of as many bare signatures."""
    key, message = generate_private_key(SECP256R1()), bytes(90)
    begun = perf_counter()
    for _ in range(size):
        key.sign(message, ECDSA(SHA256()))
    return perf_counter() - begun


def measure(size: int, rounds: int = ROUNDS) -> Sequence[Measurement]:
    """Return the measurement of signing and storing `size` credentials."""
    seconds, limits = [], []
    core_seconds.clear()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        town = build(folder, size)
        for _ in range(rounds):
            signed, bare = folder / "signed.db", folder / "bare.db"
            house = town.copy_to(signed)
            copy_database(town.path, bare)
            begun, core_begun = perf_counter(), process_time()
            done = house.act(OPERATOR_LOGIN, sign_all)
            seconds.append(perf_counter() - begun)
            core_seconds.append(process_time() - core_begun)
            with house.database.read() as session:
                stored = session.scalar(select(func.count()).select_from(IssuedCredential))
            assert done == stored == size, f"{stored} of {size} credentials stored"
            house.database.dispose()
            limits.append(sign_bare(size) + copy_rows(signed, bare, WRITTEN).seconds)
            signed.unlink()
            bare.unlink()
    return [
        Measurement(
            benchmark="accept",
            name="credentials signed and stored",
            limit="OpenSSL signatures, and INSERT ... SELECT of the same rows",
            size=size,
            rows=size,
            seconds=seconds,
            limit_seconds=limits,
        )
    ]


def main() -> None:
    """Measure, and end with what it comes to a second."""
    measured = measure(read_size("credentials signed and stored, per second on one core"))
    tell(measured)
    for each in measured:
        rate, limit = (each.rows / median(times) for times in (each.seconds, each.limit_seconds))
        told = {
            "rate_per_s": round(rate),
            "rate_per_core_s": round(each.rows / median(core_seconds)),
            "limit_per_s": round(limit),
            "ratio": round(rate / limit, 2),
        }
        print(json.dumps({"benchmark": each.benchmark, **told}), flush=True)


if __name__ == "__main__":
    main()
