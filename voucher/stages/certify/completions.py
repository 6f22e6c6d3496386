"""培训合格证书: the institution's sign-off is the proof; the class makes certificate and register entry."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from voucher.ledger import audit, holds, states
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people, subjects
from voucher.registry.institutions import Institution
from voucher.registry.people import Named, Person
from voucher.rules.actor import ROLE_MISSING, Role, check_role
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.names import normalise_name
from voucher.rules.proofs import completion_number
from voucher.rules.vocabulary import CertificateKind, Method
from voucher.stages.certify import extract
from voucher.stages.certify.attach import write_proof
from voucher.stages.certify.models import CERTIFICATE_NAME, Certificate, RegisterEntry, Verification
from voucher.stages.certify.queries.register import find_proofs
from voucher.stages.train.queries import TrainingClass, classes_of, get_own_class_for, list_passed

SOURCE = "【参】培训合格证书（DOMAIN H-f、H11）; S2-Gd"
ISSUING = (Role.INSTITUTION_ADMIN, Role.REGISTRAR)
RECORD = "completion_record"
SIGNED_OFF = ("signed_off", "closed")

NOT_A_COMPLETION = reason(
    "class_without_completion_certificate",
    "该班级不发培训合格证书",
    "请由评价机构组织考试，合格后发给相应证书",
    SOURCE,
    Family.CONFLICT,
)
NOT_SIGNED_OFF = reason(
    "class_not_signed_off",
    "该班级还没有办理结业签字",
    "请先办理结业签字，再制发培训合格证书",
    SOURCE,
    Family.CONFLICT,
)


def issue_completions(work: Work, class_id: int) -> int:
    """Give everybody who passed a signed-off class the certificate its voucher turns into; return how many.

    Done again, it goes on with those who have none yet; vouchers on hold wait.
    Raises Refused role_missing, class_missing, class_without_completion_certificate, class_not_signed_off.
    """
    check_role(work.actor, *ISSUING)
    taught = get_own_class_for(work.session, work.actor, class_id)
    if not work.actor.serves(taught.institution_id, *ISSUING):
        raise ROLE_MISSING.refused(needed="主办机构管理员或教务")
    if taught.certificate_kind != CertificateKind.TRAINING_COMPLETION:
        raise NOT_A_COMPLETION.refused()
    if taught.state not in SIGNED_OFF:
        raise NOT_SIGNED_OFF.refused()
    passed = [each.voucher_id for each in list_passed(work.session, class_id)]
    vouchers = lock_vouchers(
        work,
        Voucher.id.in_(passed),
        Voucher.state == "trained",
        Voucher.id.not_in(holds.select_held(Thing.VOUCHER)),
    )
    classes = classes_of(work.session, [each.id for each in vouchers])
    proofs = find_proofs(work.session, passed)
    named = people.read_people(work.session, work.keyring, [each.holder_person_id for each in vouchers])
    ready = [
        each
        for each in vouchers
        if each.id not in proofs and classes[each.id].id == taught.id and each.holder_person_id in named
    ]
    _issue(work, taught, ready, [named[each.holder_person_id] for each in ready])
    advance(work, ready, "certify")
    return len(ready)


def _issue(work: Work, taught: TrainingClass, vouchers: Sequence[Voucher], holders: Sequence[Named]) -> None:
    """Write certificate, register entry, look-up and proof for each voucher, in this order."""
    session = work.session
    code = session.get_one(Institution, taught.institution_id).code
    trade_code = canonical_occupation(taught.trade_code, catalogue.read_aliases(session))
    # nothing is ever deleted, so the count is the last place given
    given = session.scalar(
        select(func.count()).select_from(Certificate).where(Certificate.evaluation_batch == taught.number)
    )
    for position, (voucher, holder) in enumerate(zip(vouchers, holders, strict=True), (given or 0) + 1):
        person = people.hold_person(work, voucher.holder_person_id)
        number = completion_number(taught.number, position)
        certificate = _write_certificate(work, taught, trade_code, number, person, holder)
        entry = _write_entry(work, certificate, code, person, holder)
        verification = Verification(
            certificate_id=certificate.id,
            register_entry_id=entry.id,
            person_id=person.id,
            trade_code=trade_code,
            level=certificate.level,
            verified=True,
            codes=[],
            source=RECORD,
            asked_at=work.at,
            asked_by_person_id=work.actor.person_id,
        )
        session.add(verification)
        session.flush()
        states.move(work, Certificate, [certificate], "verify")
        write_proof(work, voucher, verification)
    session.flush()


def _write_certificate(
    work: Work, taught: TrainingClass, trade_code: str, number: str, person: Person, holder: Named
) -> Certificate:
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    name = normalise_name(holder.name)
    certificate = Certificate(
        number=number,
        person_id=person.id,
        name_sealed=work.keyring.seal(key, CERTIFICATE_NAME, name),
        name_index=people.name_index_of(work.keyring, name),
        kind=str(CertificateKind.TRAINING_COMPLETION),
        trade_code=trade_code,
        level=taught.level,
        issued_on=work.today,
        institution_id=taught.institution_id,
        method=str(Method.EXAM),
        evaluation_batch=taught.number,
        uploaded_at=work.at,
        uploaded_by_person_id=work.actor.person_id,
        **states.first_state(Thing.CERTIFICATE, "record"),
    )
    work.session.add(certificate)
    work.session.flush()
    told: dict[int, dict[str, object]] = {
        certificate.id: {"number": number, "institution": taught.institution_id}
    }
    states.begin(work, Thing.CERTIFICATE, [certificate.id], "record", content=told)
    return certificate


def _write_entry(
    work: Work, certificate: Certificate, code: str, person: Person, holder: Named
) -> RegisterEntry:
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    entry = RegisterEntry(
        number=certificate.number,
        revision=1,
        subject_index=person.blind_index,
        name_sealed=work.keyring.seal(key, extract.NAME_CONTEXT, normalise_name(holder.name)),
        name_index=certificate.name_index,
        trade_code=certificate.trade_code,
        level=certificate.level,
        issued_on=certificate.issued_on,
        evaluator_code=code,
        status="valid",
        recorded_at=work.at,
        recorded_by_person_id=work.actor.person_id,
    )
    work.session.add(entry)
    work.session.flush()
    audit.record_one(work, "register_entry", entry.id, "complete", number=certificate.number)
    return entry
