"""以证换券: an assessed voucher whose holder's certificate fits and is in the register becomes certified."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_

from voucher.ledger import holds
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.importing.frame import OFFICE
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import Thing
from voucher.rules.proofs import find_mismatch
from voucher.stages.certify.models import Certificate, Verification, VoucherProof
from voucher.stages.certify.queries.proofs import (
    find_newest_verifications,
    list_offered,
    offer_of,
    read_wanted,
)
from voucher.stages.certify.queries.register import find_held, find_proven
from voucher.stages.certify.verify import verify
from voucher.stages.train.queries import select_examined_elsewhere

ATTACHING = (*OFFICE, Role.EVALUATOR_ADMIN, Role.CLOCK)


def attach_proofs(work: Work, voucher_ids: Sequence[int] | None = None) -> int:
    """Certify every assessed voucher (or those named) whose certificate matches; return how many.

    So is a trained one that another authority examines for (特种作业、特种设备): nobody here assesses it.
    The register is asked again about each certificate that fits. Vouchers on hold are left for later; why
    another one stays assessed is told by `why_not_certified`. Raises Refused role_missing.
    """
    check_role(work.actor, *ATTACHING)
    elsewhere = and_(Voucher.state == "trained", Voucher.id.in_(select_examined_elsewhere()))
    wheres: list[ColumnElement[bool]] = [
        or_(Voucher.state == "assessed", elsewhere),
        Voucher.id.not_in(holds.select_held(Thing.VOUCHER)),
    ]
    if voucher_ids is not None:
        wheres.append(among(work.session, Voucher.id, voucher_ids))
    vouchers = lock_vouchers(work, *wheres)
    fitting = find_fitting(work, vouchers)
    ids = [each.id for found in fitting.values() for each in found]
    verify(work, [each.id for found in fitting.values() for each in found if each.filing_id is not None])
    newest = find_newest_verifications(work.session, ids)
    certified: list[Voucher] = []
    used: set[int] = set()
    for voucher in vouchers:
        proven = [each for each in fitting[voucher.id] if newest[each.id].verified and each.id not in used]
        if proven:
            used.add(proven[0].id)
            write_proof(work, voucher, newest[proven[0].id])
            certified.append(voucher)
    work.session.flush()
    advance(work, certified, "certify")
    return len(certified)


def find_fitting(work: Work, vouchers: Sequence[Voucher]) -> dict[int, list[Certificate]]:
    """Return, per voucher, the certificates of its holder that it is for, the first issued first.

    What is on hold, as in a revocation that waits for its second person, fits nothing until that is over.
    """
    session = work.session
    aliases = catalogue.read_aliases(session)
    wanted = read_wanted(session, [each.id for each in vouchers])
    offered = list_offered(session, [each.holder_person_id for each in vouchers])
    ids = [each.id for held in offered.values() for each in held]
    proven, stopped = find_proven(session, ids), find_held(session, ids)
    return {
        voucher.id: [
            each
            for each in offered.get(voucher.holder_person_id, ())
            if voucher.id in wanted
            and each.id not in proven
            and each.id not in stopped
            and each.state != "revoked"
            and find_mismatch(wanted[voucher.id], offer_of(each), aliases) is None
        ]
        for voucher in vouchers
    }


def write_proof(work: Work, voucher: Voucher, verification: Verification) -> None:
    """Write down the certificate a voucher turns into and the look-up that says so."""
    work.session.add(
        VoucherProof(
            voucher_id=voucher.id,
            person_id=voucher.holder_person_id,
            certificate_id=verification.certificate_id,
            verification_id=verification.id,
            trade_code=verification.trade_code,
            level=verification.level,
            verified=True,
            attached_at=work.at,
        )
    )
