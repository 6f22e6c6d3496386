"""The package for auditors: what was paid, the trail behind it, its proofs, and the program that checks them.

Everything in it is named in a signed manifest; nobody needs this system to find one changed byte.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import getsource
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.sealing import stamp
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.plumbing.spreadsheets import harmless
from voucher.plumbing.types import canonical_json
from voucher.registry import people
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.oversee.handover import verify
from voucher.stages.oversee.handover.describing import COLUMNS, DICTIONARY, README
from voucher.stages.oversee.handover.proofs import FORMAT, Prover, list_sealed
from voucher.stages.settle.queries.paid import PaidRow, PaidWish, list_paid

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
OBJECTS_AT_ONCE = 500
Told = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Packed:
    """A package: payments, fen and acts in it, and how many payments no checkpoint proves yet."""

    content: bytes
    payments: int
    amount_fen: int
    acts: int
    left_out: int


def pack(
    session: Session,
    keyring: Keyring,
    regions: Collection[str],
    wish: PaidWish,
    *,
    made_at: datetime,
    unmasked: bool,
    progress: Told | None = None,
) -> Packed:
    """Return the package of what left in a span; names and numbers are masked unless asked for otherwise."""
    paid = list_paid(session, regions, wish)
    prover = Prover(session)
    keys = CheckpointSigner(keyring).list_public_jwks()
    wanted = len(paid)
    acts, proofs = _prove(session, prover, paid, keys, progress)
    paid = [each for each in paid if _name_of(each) in proofs]
    files = {
        "README.md": README.encode(),
        "verify.py": getsource(verify).encode(),
        "dictionary.csv": write_csv(("文件", "列", "含义"), DICTIONARY),
        "data/payments.csv": write_csv(COLUMNS, _rows(session, keyring, paid, unmasked=unmasked)),
        "data/summary.json": _json(_sums(paid)),
        verify.TRAIL: "".join(f"{canonical_json(each)}\n" for each in acts).encode(),
        verify.KEYS: _json(keys),
        **proofs,
    }
    lines = [prover.used[each] for each in sorted(prover.used)]
    files[verify.CHECKPOINTS] = "".join(f"{canonical_json(each)}\n" for each in lines).encode()
    told = {
        "format": "voucher-export-1",
        "made_at": stamp(made_at),
        "since": stamp(wish.since),
        "before": stamp(wish.before),
        "fund_source": wish.fund_source,
        "institution_id": wish.institution_id,
        "regions": sorted(regions),
        "masked": not unmasked,
        "left_out": wanted - len(paid),
    }
    content = _zip(_sign(keyring, files, told))
    return Packed(content, len(paid), sum(each.amount_fen for each in paid), len(acts), wanted - len(paid))


def _prove(
    session: Session,
    prover: Prover,
    paid: Sequence[PaidRow],
    keys: list[dict[str, str]],
    progress: Told | None,
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return every proved act behind the payments, and a proof of its own for each of them."""
    wanted: tuple[tuple[Thing, set[int]], ...] = (
        (Thing.VOUCHER, {each.voucher_id for each in paid if each.voucher_id is not None}),
        (Thing.CLAIM, {each.claim_id for each in paid}),
        (Thing.PAYMENT_FILE, {each.payment_file_id for each in paid}),
        (Thing.PAYMENT, {each.id for each in paid}),
    )
    sealed = [
        row
        for thing, ids in wanted
        for first in range(0, len(ids), OBJECTS_AT_ONCE)
        for row in list_sealed(session, thing, sorted(ids)[first : first + OBJECTS_AT_ONCE])
    ]
    acts: list[dict[str, Any]] = []
    # in the order of their numbers the leaves of a checkpoint are read once
    for done, (row, seq) in enumerate(sorted(sealed, key=lambda each: each[1]), start=1):
        act = prover.prove(row, seq)
        if act is not None:
            acts.append(act)
        if progress is not None:
            progress(done, len(sealed))
    of: dict[int, list[dict[str, Any]]] = {}
    for act in acts:
        if act["row"]["thing"] == str(Thing.PAYMENT):
            of.setdefault(act["row"]["object"], []).append(act)
    proofs = {
        _name_of(each): _json(
            {
                "format": FORMAT,
                "payment_id": each.id,
                "amount_fen": each.amount_fen,
                "acts": of[each.id],
                "checkpoints": [
                    prover.used[seq] for seq in sorted({act["checkpoint"] for act in of[each.id]})
                ],
                "keys": keys,
            }
        )
        for each in paid
        if each.id in of
    }
    return acts, proofs


def _name_of(paid: PaidRow) -> str:
    return f"proofs/payment-{paid.id}.json"


def _rows(
    session: Session, keyring: Keyring, paid: Sequence[PaidRow], *, unmasked: bool
) -> list[tuple[object, ...]]:
    named = people.read_people(session, keyring, [each.person_id for each in paid])
    ids = sorted({each.institution_id for each in paid})
    known = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids)))
    houses: dict[int, str] = dict(known.all())
    rows: list[tuple[object, ...]] = []
    for each in paid:
        who = named.get(each.person_id)
        name, number = (who.name, who.number or "") if who is not None else ("（已删除）", "")
        rows.append(
            (
                each.id, each.payment_file_number, each.reference, each.region_code, each.year,
                FUND_SOURCE_NAMES[FundSource(each.fund_source)], each.kind, each.trade_code, each.level,
                houses.get(each.institution_id, ""), each.institution_id, each.person_id,
                name if unmasked else mask_name(name),
                number if unmasked or not number else mask_identity(number),
                each.claim_id, each.voucher_id or "", each.amount_fen, each.computed_fen,
                each.offset_fen, each.state,
                stamp(each.released_at) if each.released_at else "", each.bank_outcome or "",
                stamp(each.answered_at) if each.answered_at else "",
            )
        )  # fmt: skip
    return rows


def _sums(paid: Sequence[PaidRow]) -> dict[str, object]:
    sums: dict[str, object] = {"payments": len(paid)}
    # the budget books what was computed; what the bank was sent is less by what was offset
    kinds: tuple[tuple[str, str, Callable[[PaidRow], int]], ...] = (
        ("amount_fen", "", lambda each: each.amount_fen),
        ("computed_fen", "computed_", lambda each: each.computed_fen),
        ("offset_fen", "offset_", lambda each: each.offset_fen),
    )
    for key, sort, fen_of in kinds:
        by_fund: dict[str, int] = {}
        by_house: dict[str, int] = {}
        for each in paid:
            by_fund[each.fund_source] = by_fund.get(each.fund_source, 0) + fen_of(each)
            house = str(each.institution_id)
            by_house[house] = by_house.get(house, 0) + fen_of(each)
        sums |= {
            key: sum(by_fund.values()),
            f"by_fund_{sort}fen": by_fund,
            f"by_institution_{sort}fen": by_house,
        }
    return sums


def _sign(keyring: Keyring, files: dict[str, bytes], told: Mapping[str, object]) -> dict[str, bytes]:
    """Return the files with the digests of their lines, the manifest and its signature."""
    per_line = {
        name: [verify.sha256(line)[: verify.LINE_CHARS] for line in data.split(b"\n")]
        for name, data in files.items()
    }
    files = {**files, verify.LINES: _json(per_line)}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = _json({**told, "files": digests})
    signer = CheckpointSigner(keyring)
    signature = signer.sign(b"voucher-export:" + manifest).hex()
    return {
        **files,
        verify.MANIFEST: manifest,
        verify.SIGNATURE: _json({"key_id": signer.key_id, "signature": signature}),
    }


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in sorted(files.items()):
            packed.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _json(value: object) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)}\n".encode()


def write_csv(head: Sequence[str], rows: Collection[Sequence[object]]) -> bytes:
    """Return a table as csv that a spreadsheet opens in Chinese and takes no cell of for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[harmless(each) for each in row] for row in rows])
    return "\ufeff".encode() + out.getvalue().encode()
