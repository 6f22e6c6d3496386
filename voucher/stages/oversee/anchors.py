"""Checkpoints held against the chain, their signatures and the file kept outside the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from voucher.ledger.sealing import checkpoint_message, list_leaves, stamp
from voucher.plumbing.merkle import root_of
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.stages.oversee.faults import Faults, moment_of

CHECKPOINTS = """
    SELECT c.seq, c.chain_hash, c.signed_at, c.key_id, c.signature, c.first_seq, c.merkle_root,
           s.chain_hash AS sealed_hash
    FROM audit_checkpoint c LEFT JOIN audit_seal s ON s.seq = c.seq ORDER BY c.seq
"""
SEALED_HASH = "SELECT chain_hash FROM audit_seal WHERE seq = :seq"


def verify_checkpoints(session: Session, keyring: Keyring, anchor_file: Path, faults: Faults) -> int:
    """Check every checkpoint and every anchor; return how many checkpoints there are.

    There is one every quarter of an hour, so a year of them fits in a few megabytes.
    """
    signer = CheckpointSigner(keyring)
    known: dict[int, dict[str, object]] = {}
    sealed: dict[int, str | None] = {}
    agreed = 0
    for row in session.execute(text(CHECKPOINTS)).mappings():
        seq = row["seq"]
        if row["chain_hash"] == row["sealed_hash"]:
            agreed = seq
        else:
            faults.add("checkpoint_differs", seq, first=agreed + 1)
        if not _is_signed(signer, row):
            faults.add("signature_invalid", seq)
        if row["merkle_root"] is not None and not _is_rooted(session, row):
            faults.add("merkle_differs", seq, first=row["first_seq"])
        known[seq], sealed[seq] = _line_of(row), row["sealed_hash"]
    anchored = _read_anchors(anchor_file, faults)
    kept = 0
    for seq, line in sorted(anchored.items()):
        if seq not in known:
            faults.add("checkpoint_missing", seq)
            sealed[seq] = session.scalar(text(SEALED_HASH), {"seq": seq})
        elif known[seq] != line:
            faults.add("anchor_differs", seq)
        if sealed[seq] == line.get("chain_hash"):
            kept = seq
        else:
            faults.add("chain_differs_from_anchor", seq, first=kept + 1)
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
    message = checkpoint_message(
        row["seq"], row["chain_hash"], signed_at, row["first_seq"], row["merkle_root"]
    )
    return signer.verify(message, signature, row["key_id"])


def _is_rooted(session: Session, row: Any) -> bool:
    """Return whether a checkpoint's root is that of the rows as they stand."""
    leaves = list_leaves(session, row["first_seq"] or 1, row["seq"])
    return bool(leaves) and root_of(leaves).hex() == row["merkle_root"]


def _line_of(row: Any) -> dict[str, object]:
    signed_at = moment_of(row["signed_at"])
    line: dict[str, object] = {
        "seq": row["seq"],
        "chain_hash": row["chain_hash"],
        "signed_at": stamp(signed_at) if signed_at is not None else None,
        "key_id": row["key_id"],
        "signature": row["signature"],
    }
    if row["merkle_root"] is not None:
        line |= {"first_seq": row["first_seq"], "merkle_root": row["merkle_root"]}
    return line


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
