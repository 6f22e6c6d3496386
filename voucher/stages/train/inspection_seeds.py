"""The seed of a draw of inspections: fixed and its hash shown to everybody before there is a list to draw.

So nobody who fills the list knows the seed, and nobody who draws can choose one to the list.
"""

from __future__ import annotations

import secrets

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import REGION_FOREIGN, Role, check_role
from voucher.rules.draws import DRAW_SOURCE, commitment_of
from voucher.rules.errors import Family, reason
from voucher.stages.train.models.inspections import InspectionDraw, InspectionSeed
from voucher.stages.train.reading import OFFICERS

INSPECTORS = (*OFFICERS, Role.SUPERVISOR)
SEED_BYTES = 32
THING = "inspection_seed"

SEED_NOT_COMMITTED = reason(
    "inspection_seed_not_committed",
    "这个地区还没有公布下一次抽取的种子摘要",
    "请先点“公布种子摘要”，再抽取：摘要公开在前，名单抽取在后，任何人可以核对",
    DRAW_SOURCE,
    Family.CONFLICT,
)


def commit_inspection_seed(work: Work, region_code: str) -> InspectionSeed:
    """Fix the seed of the next draw in a region and return it; one that waits already is the one.

    Raises Refused role_missing, region_foreign.
    """
    check_role(work.actor, *INSPECTORS)
    if not any(region_code in work.actor.reach.get(role, frozenset()) for role in INSPECTORS):
        raise REGION_FOREIGN.refused(region=region_code)
    return find_waiting_seed(work, region_code) or _commit(work, region_code)


def take_seed(work: Work, region_code: str) -> InspectionSeed:
    """Return the seed that waits in a region, locked. Raises Refused inspection_seed_not_committed."""
    found = find_waiting_seed(work, region_code)
    if found is None:
        raise SEED_NOT_COMMITTED.refused()
    return found


def use_seed(work: Work, seed: InspectionSeed, drawn: InspectionDraw) -> InspectionSeed:
    """Note which draw a seed made, and fix the one after it, which is returned."""
    seed.draw_id = drawn.id
    work.session.flush()
    return _commit(work, seed.region_code)


def find_waiting_seed(work: Work, region_code: str) -> InspectionSeed | None:
    """Return the seed no draw of a region has used yet, locked."""
    return work.session.scalars(
        select(InspectionSeed)
        .where(InspectionSeed.region_code == region_code, InspectionSeed.draw_id.is_(None))
        .with_for_update()
    ).first()


def _commit(work: Work, region_code: str) -> InspectionSeed:
    seed = secrets.token_hex(SEED_BYTES)
    fixed = InspectionSeed(
        region_code=region_code,
        seed=seed,
        commitment=commitment_of(seed),
        committed_at=work.at,
        committed_by_person_id=work.actor.person_id,
    )
    work.session.add(fixed)
    work.session.flush()
    audit.record_one(work, THING, fixed.id, "commit_seed", commitment=fixed.commitment, region=region_code)
    return fixed
