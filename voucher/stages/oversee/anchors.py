"""Checkpoints held against the chain, their signatures and the file kept outside the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from voucher.ledger.sealing import checkpoint_message, stamp
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.stages.oversee.faults import Faults, moment_of

CHECKPOINTS = """
    SELECT c.seq, c.chain_hash, c.signed_at, c.key_id, c.signature, s.chain_hash AS sealed_hash
    FROM audit_checkpoint c LEFT JOIN audit_seal s ON s.seq = c.seq ORDER BY c.seq
"""


def verify_checkpoints(session: Session, keyring: Keyring, anchor_file: Path, faults: Faults) -> int:
    """Check every checkpoint and every anchor; return how many checkpoints there are.

    There is one every quarter of an hour, so a year of them fits in a few megabytes.
    """
    signer = CheckpointSigner(keyring)
    known: dict[int, dict[str, object]] = {}
    for row in session.execute(text(CHECKPOINTS)).mappings():
        seq = row["seq"]
        if row["chain_hash"] != row["sealed_hash"]:
            faults.add("checkpoint_differs", seq)
        if not _is_signed(signer, row):
            faults.add("signature_invalid", seq)
        known[seq] = _line_of(row)
    anchored = _read_anchors(anchor_file, faults)
    for seq, line in anchored.items():
        if seq not in known:
            faults.add("checkpoint_missing", seq)
        elif known[seq] != line:
            faults.add("anchor_differs", seq)
    for seq in sorted(known.keys() - anchored.keys()):
        faults.add("anchor_missing", seq)
    return len(known)


def _is_signed(signer: CheckpointSigner, row: Any) -> bool:
    signed_at = moment_of(row["signed_at"])
    if signed_at is None:
        return False
    try:
        signature = bytes.fromhex(row["signature"])
    except ValueError:
        return False
    # upper case would be the same bytes, but it is not what was written
    if signature.hex() != row["signature"]:
        return False
    message = checkpoint_message(row["seq"], row["chain_hash"], signed_at)
    return signer.verify(message, signature, row["key_id"])


def _line_of(row: Any) -> dict[str, object]:
    signed_at = moment_of(row["signed_at"])
    return {
        "seq": row["seq"],
        "chain_hash": row["chain_hash"],
        "signed_at": stamp(signed_at) if signed_at is not None else None,
        "key_id": row["key_id"],
        "signature": row["signature"],
    }


def _read_anchors(anchor_file: Path, faults: Faults) -> dict[int, dict[str, object]]:
    anchored: dict[int, dict[str, object]] = {}
    if not anchor_file.exists():
        return anchored
    with anchor_file.open(encoding="utf-8") as lines:
        for number, words in enumerate(lines, start=1):
            try:
                line = json.loads(words)
                seq = int(line["seq"])
            except (ValueError, TypeError, KeyError):
                faults.add("anchor_unreadable", None, line=number)
                continue
            if anchored.get(seq, line) != line:
                faults.add("anchor_differs", seq)
            anchored[seq] = line
    return anchored
