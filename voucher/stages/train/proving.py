"""Evidence behind hours written by hand: one photograph or PDF each, sealed, opened for who checks it."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.reading import UploadKind, UploadLimits, read_upload
from voucher.registry import people, subjects
from voucher.registry.tables import require_parameter_number
from voucher.rules.attendance import SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.places import Attendance
from voucher.stages.train.models.proofs import AttendanceProof, proof_context
from voucher.stages.train.reading import STAFF, load_class, serves_class

PROOF_MISSING = reason(
    "attendance_proof_missing",
    "没有找到这份到课凭据",
    "请从到课登记重新选择；没有上传凭据的，请补登时一并上传",
    SOURCE,
    Family.MISSING,
)
PROOF_NEEDED = reason(
    "attendance_proof_needed",
    "没有上传凭据",
    "补登学时、会签后更正，须上传签到表、现场照片等凭据（照片或 PDF）",
    SOURCE,
)


def keep_proof(work: Work, written: Attendance, content: bytes) -> AttendanceProof:
    """Keep the evidence behind hours just written, sealed under the attendee's key.

    Raises Refused what `read_upload` refuses, subject_erased, parameter_missing.
    """
    limits = UploadLimits(
        require_parameter_number(work.session, "attachment_bytes_most", work.today, ()),
        require_parameter_number(work.session, "attachment_pixels_most", work.today, ()),
    )
    read = read_upload(content, limits)
    index = people.hold_person(work, written.person_id).blind_index
    key = subjects.open_keys(work, [index])[index]
    proof = AttendanceProof(
        attendance_id=written.id,
        kind=str(read.kind),
        sha256=read.sha256,
        content_sealed=work.keyring.seal(key, proof_context(read.sha256), read.content),
    )
    work.session.add(proof)
    work.session.flush()
    return proof


def look_at_proof(work: Work, attendance_id: int) -> tuple[UploadKind, bytes]:
    """Return the evidence behind hours, for the institution and the office; the look is kept.

    Raises Refused attendance_proof_missing (also for a foreign one, and of somebody erased).
    """
    proof = work.session.get(AttendanceProof, attendance_id)
    if proof is None:
        raise PROOF_MISSING.refused()
    written = work.session.get_one(Attendance, attendance_id)
    held = work.session.get_one(ClassSession, written.session_id)
    found = load_class(work.session, held.class_id)
    if not (serves_class(work.actor, found, *STAFF) or found.region_code in work.actor.regions):
        raise PROOF_MISSING.refused()
    index = people.find_subject_indexes(work.session, [written.person_id])[written.person_id]
    key = subjects.find_keys(work.session, work.keyring, [index]).get(index)
    if key is None:
        raise PROOF_MISSING.refused()
    content = work.keyring.unseal_bytes(key, proof_context(proof.sha256), proof.content_sealed)
    audit.record_one(work, str(Thing.CLASS), found.id, "look_at_proof", attendance=written.id)
    return UploadKind(proof.kind), content
