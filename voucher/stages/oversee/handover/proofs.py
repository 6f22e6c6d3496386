"""The proof of one payment: its acts in the trail, each with its way up to a signed checkpoint.

Whoever holds the checkpoint, from the file kept elsewhere or from a letter, needs nothing else of this house.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditCheckpoint, AuditRow, AuditSeal
from voucher.ledger.sealing import anchor_line, list_leaves, stamp
from voucher.plumbing.merkle import levels_of, path_of
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.queries.paid import find_paid

FORMAT = "voucher-payment-proof-1"
SOURCE = "S2-Z3b; AC-K5"

PAYMENT_MISSING = reason(
    "payment_not_found",
    "没有找到这笔拨付",
    "请从培训券的全链条页面进入",
    SOURCE,
    Family.MISSING,
)
NOT_ANCHORED_YET = reason(
    "payment_not_anchored",
    "这笔拨付的留痕还没有进入签名的检查点",
    "检查点最多相隔一小时，请稍后再取",
    SOURCE,
    Family.CONFLICT,
)


class Prover:
    """Finds the way of sealed rows up to their checkpoints; the tree of a checkpoint is built once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._trees: dict[int, list[list[bytes]]] = {}
        self._made = list(
            session.scalars(
                select(AuditCheckpoint)
                .where(AuditCheckpoint.merkle_root.is_not(None))
                .order_by(AuditCheckpoint.seq)
            )
        )
        self._ends = [each.seq for each in self._made]
        self.used: dict[int, dict[str, object]] = {}

    def prove(self, row: AuditRow, seq: int) -> dict[str, Any] | None:
        """Return an act with its way up; None where no checkpoint with a root stands above it."""
        place = bisect_left(self._ends, seq)
        above = self._made[place] if place < len(self._made) else None
        if above is None or above.first_seq is None or seq < above.first_seq:
            return None
        if above.seq not in self._trees:
            # acts come in the order of their numbers, so one tree at a time is enough
            leaves = list_leaves(self._session, above.first_seq, above.seq)
            self._trees = {above.seq: levels_of(leaves)}
        self.used[above.seq] = anchor_line(above)
        return {
            "seq": seq,
            "row": tell_row(row),
            "content_hash": row.content_hash,
            "checkpoint": above.seq,
            "path": path_of(self._trees[above.seq], seq - above.first_seq),
        }


def tell_row(row: AuditRow) -> dict[str, object]:
    """Return what a row of the trail says, as it is hashed."""
    return {
        "at": stamp(row.at),
        "user": row.actor_user_id,
        "person": row.actor_person_id,
        "act": row.act,
        "thing": row.thing,
        "object": row.object_id,
        "content": row.content,
        "previous": row.previous_hash,
    }


def list_sealed(session: Session, thing: Thing, object_ids: Collection[int]) -> list[tuple[AuditRow, int]]:
    """Return the sealed rows of objects in the order of their numbers."""
    rows = session.execute(
        select(AuditRow, AuditSeal.seq)
        .join(AuditSeal, AuditSeal.audit_row_id == AuditRow.id)
        .where(AuditRow.thing == str(thing), AuditRow.object_id.in_(sorted(object_ids)))
        .order_by(AuditSeal.seq)
    )
    return [(row, seq) for row, seq in rows]


def find_proved(session: Session, payment_ids: Collection[int]) -> set[int]:
    """Return those of some payments that stand under a signed root."""
    newest = select(func.max(AuditCheckpoint.seq)).where(AuditCheckpoint.merkle_root.is_not(None))
    rows = session.scalars(
        select(AuditRow.object_id)
        .join(AuditSeal, AuditSeal.audit_row_id == AuditRow.id)
        .where(
            AuditRow.thing == str(Thing.PAYMENT),
            AuditRow.object_id.in_(sorted(payment_ids)),
            AuditSeal.seq <= newest.scalar_subquery(),
        )
    )
    return set(rows)


def prove_payment(
    session: Session, keyring: Keyring, payment_id: int, regions: Collection[str]
) -> dict[str, Any]:
    """Return the proof of one payment of these regions; ids and amounts, no personal data.

    Raises Refused payment_not_found, payment_not_anchored.
    """
    paid = find_paid(session, payment_id, regions)
    if paid is None:
        raise PAYMENT_MISSING.refused()
    prover = Prover(session)
    acts = [prover.prove(*each) for each in list_sealed(session, Thing.PAYMENT, [payment_id])]
    proved: Sequence[dict[str, Any]] = [each for each in acts if each is not None]
    if not proved:
        raise NOT_ANCHORED_YET.refused()
    return {
        "format": FORMAT,
        "payment_id": payment_id,
        "amount_fen": paid.amount_fen,
        "acts": list(proved),
        "checkpoints": [prover.used[each] for each in sorted(prover.used)],
        "keys": CheckpointSigner(keyring).list_public_jwks(),
    }
