"""The sign-off of a class (结业签字): hours and exam are frozen, and who passed has finished the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from voucher.ledger import commitments, states
from voucher.ledger.holds import is_held
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.rules.assessment import FULL_SCORE_HUNDREDTHS, SCORE_MALFORMED
from voucher.rules.classes import check_final_exam
from voucher.rules.errors import Family, Refusal, Refused, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.training import check_attendance
from voucher.rules.vocabulary import LEVEL_CERTIFICATE_KINDS
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.marks import SCANNED, TYPED, AttendanceMark
from voucher.stages.train.models.places import Attendance, Completion, Enrolment
from voucher.stages.train.phone_draws import draw_at_sign_off
from voucher.stages.train.queries.desk import list_taught_stopped
from voucher.stages.train.queries.facts import completions_of
from voucher.stages.train.queries.hours import Bars, count_hours, read_bars
from voucher.stages.train.queries.marks import list_open_of_class
from voucher.stages.train.reading import format_moment, get_own_class, list_sessions, load_class
from voucher.stages.train.running import start_if_begun
from voucher.stages.train.standing import find_stopped

SOURCE = "豫办〔2021〕29号 第16项; S2-16e; LIFECYCLE 结业签字"
POINT = 100  # hundredths

CLASS_NOT_OVER = reason(
    "class_not_over",
    "最后一次课 {ends} 才结束，不能结业签字",
    "请在全部课次结束、到课登记完毕后办理",
    SOURCE,
    Family.CONFLICT,
)
EXAMS_MISSING = reason(
    "exams_missing",
    "该证书须有结业考核成绩，尚缺 {count} 人：{vouchers}",
    "请逐人填写结业考核成绩；未参加考核的，填写“缺考”",
    SOURCE,
)
EXAM_NOT_ON_ROSTER = reason(
    "exam_not_on_roster",
    "券 {vouchers} 不在本班待结业的名单中",
    "请刷新名册，只填写正在培训的学员",
    SOURCE,
    Family.CONFLICT,
)
ATTENDANCE_CASES_OPEN = reason(
    "attendance_cases_open",
    "本班还有 {count} 件到课核查没有办结，不能结业签字",
    "请配合人社部门核查；办结后按签到登记学时，再办理结业签字",
    SOURCE,
    Family.CONFLICT,
)
CLASS_CUT_SHORT = reason(
    "class_cut_short",
    "{institution}当前为“{state}”，本班有 {count} 次课在停下以后，没有上完，不能结业签字",
    "学员已上的学时保留：由人社部门转到其他机构的班级，在那里上完、签字；恢复以后由本机构加课补上，再签字",
    SOURCE,
    Family.CONFLICT,
)
ALL_ON_HOLD = reason(
    "sign_off_all_on_hold",
    "{institution}当前为“{state}”，本班待结业学员的券都停着，不能结业签字",
    "课已全部上完的，请人社部门在券的页面作出处置结论，再由本机构结业签字；也可以由人社部门转到其他班级签字",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Somebody who did not pass, with every reason."""

    voucher_id: int
    voucher_number: str
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class SignedOff:
    """What the sign-off came to, in people: finished, completed (签到), failed, left out on hold."""

    finished: int
    completed: int
    failed: int
    held: int
    failures: tuple[Failure, ...]


def sign_off(work: Work, class_id: int, exams: Mapping[int, int | None]) -> SignedOff:
    """Sign a class off once all its sessions are over; exams by voucher in hundredths, None for absent.

    Whoever is on hold is left out, and signed off later by another call. Who is called by telephone
    afterwards is drawn at once. The signer is not the only one who
    recorded attendance. A stopped institution signs what it had taught to the end, for those the office let
    go on. Raises Refused role_missing, class_missing, event_not_allowed, class_not_over, class_cut_short,
    sign_off_all_on_hold, second_person_needed, second_person_reset_lately, attendance_cases_open,
    exams_missing, exam_not_on_roster, score_malformed, parameter_missing.
    """
    get_own_class(work, class_id)
    vouchers = lock_vouchers(work, Voucher.id.in_(_sitting(class_id)), Voucher.state == "training")
    found = load_class(work.session, class_id, lock=True)
    _check_time(work, found)
    start_if_begun(work, found)
    signed = completions_of(work.session, [each.id for each in vouchers])
    waiting = [each for each in vouchers if each.id not in signed]
    held = [each for each in waiting if is_held(work, Thing.VOUCHER, each.id)]
    due = [each for each in waiting if each not in held]
    if found.state != "signed_off" or not due:
        check_event(Thing.CLASS, found.state, "sign_off")
    _check_taught_to_the_end(work, found, due)
    _check_signer(work, found)
    _check_no_case(work, found)
    _check_exams(found, due, waiting, exams)
    failures = _complete(work, found, due, exams)
    failed = {each.voucher_id for each in failures}
    passed = [each for each in due if each.id not in failed]
    finished = [each for each in passed if each.worth != "sign_in"]
    completed = [each for each in passed if each.worth == "sign_in"]
    advance(work, finished, "finish")
    # nothing is kept for a 签到 voucher, so no budget is locked
    commitments.end_vouchers(work, completed, "complete")
    if found.state == "running":
        told: dict[str, object] = {"finished": len(passed), "failed": len(failures), "held": len(held)}
        states.move(work, TrainingClass, [found], "sign_off", content={found.id: told})
        draw_at_sign_off(work, found)
    return SignedOff(len(finished), len(completed), len(failures), len(held), tuple(failures))


def _sitting(class_id: int) -> Select[int]:
    return select(Enrolment.voucher_id).where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None))


def _check_time(work: Work, found: TrainingClass) -> None:
    ends_at = max(each.ends_at for each in list_sessions(work.session, found.id))
    if ends_at > work.at:
        raise CLASS_NOT_OVER.refused(ends=format_moment(ends_at))


def _check_taught_to_the_end(work: Work, found: TrainingClass, due: Sequence[Voucher]) -> None:
    """Refuse a stopped institution what would freeze hours its people could still sit elsewhere."""
    stopped = find_stopped(work.session, found, work.at)
    if stopped is None:
        return
    told = dict(zip(("institution", "state"), stopped, strict=True))
    held = [each.id for each in list_sessions(work.session, found.id)]
    missed = list_taught_stopped(work.session, held)
    if missed:
        raise CLASS_CUT_SHORT.refused(count=len(missed), **told)
    if not due:
        raise ALL_ON_HOLD.refused(**told)


def _check_signer(work: Work, found: TrainingClass) -> None:
    recorder = find_only_recorder(work.session, found.id)
    if recorder is not None:
        check_second_hand(work, recorder)


def _check_no_case(work: Work, found: TrainingClass) -> None:
    count = len(list_open_of_class(work.session, found.id))
    if count:
        raise ATTENDANCE_CASES_OPEN.refused(count=count)


def find_only_recorder(session: Session, class_id: int) -> int | None:
    """Return the only person who ever said that anybody was there: not the one who may sign.

    Typed hours say so, and so does a mark made by staff, scanned or typed, whoever tallies it. Where people
    signed in themselves, nobody said it for them.
    """
    typed = (
        select(Attendance.recorded_by_person_id)
        .join(ClassSession, ClassSession.id == Attendance.session_id)
        .where(ClassSession.class_id == class_id, Attendance.way != "scan")
    )
    marked = (
        select(AttendanceMark.marked_by_person_id)
        .join(ClassSession, ClassSession.id == AttendanceMark.session_id)
        .where(ClassSession.class_id == class_id, AttendanceMark.way.in_((SCANNED, TYPED)))
    )
    recorders = session.scalars(union(typed, marked).limit(2)).all()
    return recorders[0] if len(recorders) == 1 else None


def _check_exams(
    found: TrainingClass,
    due: Sequence[Voucher],
    waiting: Sequence[Voucher],
    exams: Mapping[int, int | None],
) -> None:
    strangers = sorted(set(exams) - {each.id for each in waiting})
    if strangers:
        raise EXAM_NOT_ON_ROSTER.refused(vouchers="、".join(map(str, strangers)))
    if any(score is not None and not 0 <= score <= FULL_SCORE_HUNDREDTHS for score in exams.values()):
        raise SCORE_MALFORMED.refused()
    missing = [each.number for each in due if each.id not in exams]
    if needs_exam(found) and missing:
        raise EXAMS_MISSING.refused(count=len(missing), vouchers="、".join(missing[:5]))


def needs_exam(found: TrainingClass) -> bool:
    """Return whether nobody finishes a class without a final exam: one for a certificate with levels."""
    return found.certificate_kind in LEVEL_CERTIFICATE_KINDS


def _complete(
    work: Work, found: TrainingClass, due: Sequence[Voucher], exams: Mapping[int, int | None]
) -> list[Failure]:
    """Freeze hours and exam of everybody and return those who did not pass."""
    session, bars = work.session, read_bars(work.session, found)
    hours = count_hours(session, found, [each.id for each in due])
    failures = []
    for voucher in due:
        attended, score = hours.get(voucher.id, 0), exams.get(voucher.id)
        refusals = judge_completion(found, bars, attended, score)
        if refusals:
            failures.append(Failure(voucher.id, voucher.number, refusals))
        session.add(
            Completion(
                voucher_id=voucher.id,
                person_id=voucher.holder_person_id,
                class_id=found.id,
                hours_attended=attended,
                hours_planned=found.hours_planned,
                exam_hundredths=score,
                passed=not refusals,
                why="；".join(each.title for each in refusals) or None,
                signed_at=work.at,
                signed_by_person_id=work.actor.person_id,
            )
        )
    session.flush()
    return failures


def judge_completion(
    found: TrainingClass, bars: Bars, attended: int, score_hundredths: int | None
) -> tuple[Refusal, ...]:
    """Return every reason why somebody does not pass a class."""
    questions: tuple[Callable[[], None], ...] = (
        lambda: check_attendance(attended, found.hours_planned, bars.share_bp),
        lambda: check_final_exam(score_hundredths, bars.mark * POINT, required=needs_exam(found)),
    )
    refusals = []
    for question in questions:
        try:
            question()
        except Refused as refused:
            refusals.append(refused.refusal)
    return tuple(refusals)
