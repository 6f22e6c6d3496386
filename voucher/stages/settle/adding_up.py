"""Adding up the lines of a batch as they are written, so that a long batch opens as fast as a short one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from voucher.plumbing.bulk import Stored, write_many
from voucher.plumbing.unit_of_work import Work
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.models.sums import BatchSum

COUNTED = ("lines", "claims", "people", "amount_fen")


@dataclass(frozen=True, slots=True)
class Counted:
    """What is added up of one line; the amount in fen."""

    institution_id: int
    outcome: Outcome
    level: int
    person_id: int
    amount_fen: int
    claimed: bool


def keep_sums(work: Work, batch_id: int, lines: Iterable[Counted]) -> None:
    """Keep what the lines of a batch come to, by payee, outcome and level; in the order of the lines."""
    sums: dict[tuple[int, str, int], list[int]] = {}
    seen: set[int] = set()
    for each in lines:
        added = sums.setdefault((each.institution_id, str(each.outcome), each.level), [0, 0, 0, 0])
        added[0] += 1
        added[1] += each.claimed
        added[3] += each.amount_fen
        if each.outcome is Outcome.PAYABLE and each.person_id not in seen:
            seen.add(each.person_id)
            added[2] += 1
    rows: list[tuple[Stored, ...]] = [(*of, *added) for of, added in sorted(sums.items())]
    columns = ("institution_id", "outcome", "level", *COUNTED)
    write_many(work.session, BatchSum, columns, rows, {"batch_id": batch_id})
