"""While a revocation waits for its second person, nothing is paid on its certificates: each is on hold.

So are the vouchers that have turned into one, and those that wait for one: their days do not run out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import and_, or_, select

from voucher.ledger import holds
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.attach import find_fitting
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_revocations import MassRevocation, MassRevocationHold
from voucher.stages.certify.queries.register import find_certificates, find_proven

WAITS_FOR_SECOND = "已提出撤销证书，待另一人确认"


def find_touched(work: Work, certificate_ids: Collection[int]) -> list[Voucher]:
    """Return the vouchers certificates have proven or would prove, locked: vouchers before certificates."""
    wanted = sorted(set(certificate_ids))
    proven = find_proven(work.session, wanted)
    holders = {each.person_id for each in find_certificates(work.session, wanted).values()}
    locked = lock_vouchers(
        work,
        or_(
            among(work.session, Voucher.id, list(proven.values())),
            and_(Voucher.state == "assessed", among(work.session, Voucher.holder_person_id, sorted(holders))),
        ),
    )
    turned = set(proven.values())
    waiting = find_fitting(work, [each for each in locked if each.id not in turned])
    meant = set(wanted)
    return [
        each
        for each in locked
        if each.id in turned or any(fits.id in meant for fits in waiting.get(each.id, ()))
    ]


def stop_certificates(
    work: Work, asked: MassRevocation, certificates: Sequence[Certificate], vouchers: Sequence[Voucher]
) -> None:
    """Put certificates and the vouchers they touch on hold until what was asked is decided."""
    made = holds.open_holds(work, Thing.CERTIFICATE, [each.id for each in certificates], WAITS_FOR_SECOND)
    made += holds.open_holds(work, Thing.VOUCHER, [each.id for each in vouchers], WAITS_FOR_SECOND)
    work.session.add_all(MassRevocationHold(revocation_id=asked.id, hold_id=each) for each in made)
    work.session.flush()


def let_go(work: Work, asked: MassRevocation, conclusion: str) -> None:
    """Close every hold a wish opened and nobody else has closed."""
    opened = work.session.scalars(
        select(Hold)
        .join(MassRevocationHold, MassRevocationHold.hold_id == Hold.id)
        .where(MassRevocationHold.revocation_id == asked.id, Hold.closed_at.is_(None))
        .order_by(Hold.id)
        .with_for_update(of=Hold)
    )
    holds.close_holds(work, list(opened), conclusion)
