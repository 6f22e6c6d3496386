"""A corrected identity number taken up: every certificate is held against the register again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.corrections import NumberCorrection
from voucher.registry.renumbering import Renumbered, give_number
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify import extract
from voucher.stages.certify.models import Certificate, RegisterEntry
from voucher.stages.certify.queries.candidates import find_candidates
from voucher.stages.certify.queries.register import find_newest_entries
from voucher.stages.certify.verify import verify


def approve_number(work: Work, correction_id: int, typed: str) -> NumberCorrection:
    """Approve a corrected number, typed once more: the person is found by it, every proof is asked anew.

    A certificate the register holds under the number given up counts on where that number was the person's,
    and is nobody's of ours where it never was. Raises what `give_number` raises.
    """
    done = give_number(work, correction_id, typed)
    certificates = work.session.scalars(
        select(Certificate).where(Certificate.person_id == done.person.id).order_by(Certificate.id)
    ).all()
    _correct_own_entries(work, done, certificates)
    asked_before = find_candidates(work.session, [each.id for each in certificates]).values()
    verify(work, [each.certificate.id for each in asked_before if each.verification_id is not None])
    return done.correction


def _correct_own_entries(work: Work, done: Renumbered, certificates: Sequence[Certificate]) -> None:
    """Say of the certificates this house keeps the register of that they are under the new number.

    What was entered before stays as a revision; the number had before stays as it was on the day.
    """
    own = [each.number for each in certificates if each.kind == CertificateKind.TRAINING_COMPLETION]
    for entry in find_newest_entries(work.session, own).values():
        if entry.subject_index != done.correction.former_index:
            continue
        name = work.keyring.unseal(done.old_key, extract.NAME_CONTEXT, entry.name_sealed)
        again = RegisterEntry(
            number=entry.number,
            revision=entry.revision + 1,
            subject_index=done.person.blind_index,
            name_sealed=work.keyring.seal(done.new_key, extract.NAME_CONTEXT, name),
            name_index=entry.name_index,
            trade_code=entry.trade_code,
            level=entry.level,
            issued_on=entry.issued_on,
            evaluator_code=entry.evaluator_code,
            status=entry.status,
            recorded_at=work.at,
            recorded_by_person_id=work.actor.person_id,
        )
        work.session.add(again)
        work.session.flush()
        audit.record_one(work, "register_entry", again.id, "correct_number", number=again.number)
