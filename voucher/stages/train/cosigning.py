"""The co-signature (会签): who teaches, or the desk, confirms a list; then only corrections change it."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.train.attend import SESSION_COSIGNED, SOURCE, take_up
from voucher.stages.train.filed import find_filed_teacher
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.models.proofs import CoSignature
from voucher.stages.train.queries.facts import attended_by_session, is_cosigned
from voucher.stages.train.reading import DESK, serves_class, teacher_of
from voucher.stages.train.tallying import tally_taken_up

NOBODY_ATTENDED = reason(
    "attendance_list_empty",
    "这次课还没有登记到课，不能会签",
    "请先按签到登记学时，或登记到课",
    SOURCE,
    Family.CONFLICT,
)
LEARNS_HERE = reason(
    "cosigner_learns_here",
    "您是这个班的学员，不能会签到课名单",
    "请授课教师，或机构教务、管理员会签",
    SOURCE,
    Family.FORBIDDEN,
)
TEACHES_NOT = reason(
    "cosigner_teaches_not",
    "这次课备案的授课教师是“{teacher}”，不是您",
    "请授课教师本人，或机构教务、管理员会签；换了教师的，请先办理课程变更",
    SOURCE,
    Family.FORBIDDEN,
)


def co_sign(work: Work, session_id: int) -> CoSignature:
    """Confirm the list of a session that is over, its marks written down as hours first.

    By who teaches it, or by the desk of its institutions; never by somebody who learns in the class.
    Raises Refused role_missing, class_session_missing, class_session_not_begun, class_not_in_session,
    cosigner_learns_here, cosigner_teaches_not, signing_not_over, session_cosigned, attendance_list_empty,
    parameter_missing.
    """
    held, found = take_up(work, session_id)
    _check_cosigner(work, held, found)
    if is_cosigned(work.session, held.id):
        raise SESSION_COSIGNED.refused()
    tally_taken_up(work, held, found)
    hours = attended_by_session(work.session, held.id)
    if not hours:
        raise NOBODY_ATTENDED.refused()
    signed = CoSignature(
        session_id=held.id,
        people=len(hours),
        hours=sum(hours.values()),
        signed_at=work.at,
        signed_by_person_id=work.actor.person_id,
    )
    work.session.add(signed)
    work.session.flush()
    told: dict[str, object] = {"session": held.id, "people": signed.people, "hours": signed.hours}
    audit.record_one(work, str(Thing.CLASS), found.id, "co_sign", **told)
    return signed


def _check_cosigner(work: Work, held: ClassSession, found: TrainingClass) -> None:
    """Refuse a learner of the class, and a teacher of another one where the filing says who teaches."""
    person_id = work.actor.person_id
    learns = select(Enrolment.id).where(Enrolment.class_id == found.id, Enrolment.person_id == person_id)
    if work.session.scalars(learns.limit(1)).first() is not None:
        raise LEARNS_HERE.refused()
    if serves_class(work.actor, found, *DESK):
        return
    name = teacher_of(found, held)
    filed = find_filed_teacher(work.session, work.keyring, found, name)
    if filed is not None and filed != person_id:
        raise TEACHES_NOT.refused(teacher=name)
