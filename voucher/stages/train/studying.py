"""Playing an online lesson (学习): begun, ended by a signature of the own phone, judged."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.credentials import CODE_USED
from voucher.ledger.credentials.answered import check_answer, count_up, read_answer
from voucher.ledger.credentials.genuine import Signed
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.attendance import check_mark_time
from voucher.rules.classes import Slot
from voucher.rules.errors import Family, reason
from voucher.rules.lessons import SOURCE, StudyOutcome, is_doubtful, judge_study, own_minutes, study_number
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.attend import CLASS_NOT_IN_SESSION, list_learners
from voucher.stages.train.class_codes import find_marked, read_mark_rules, slot_of
from voucher.stages.train.doubting import open_doubt
from voucher.stages.train.marking import PHONE_OF_ANOTHER
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.lessons import Lesson, LessonSegment, Study
from voucher.stages.train.models.marks import IMPOSSIBLE_SPEED
from voucher.stages.train.running import start_if_begun
from voucher.stages.train.standing import check_taught

DOMAIN = "study"
SPEED = "fastest_speed_bp"

SEGMENT_MISSING = reason(
    "lesson_segment_missing",
    "没有找到这段线上课",
    "请从“我的班级”重新打开线上课",
    SOURCE,
    Family.MISSING,
)
STUDIED_ALREADY = reason(
    "studied_already",
    "这一段已经学完并计入，不重复计",
    "请继续学下一段",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class StudyEnd:
    """What a phone sends when a segment has been played: its signature, and the answer to the question."""

    study_id: int
    digits: str
    answer: int | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A segment that is being played, and the number to sign over at its end."""

    study: Study
    number: int


def begin_study(work: Work, segment_id: int, voucher_id: int) -> Begun:
    """Begin to play a segment of the actor's own class; what was begun and not ended goes on.

    Raises Refused role_missing, lesson_segment_missing, voucher_missing, not_in_training,
    class_not_in_session, class_session_taught_stopped, mark_outside_timetable, studied_already,
    parameter_missing.
    """
    check_role(work.actor, Role.WORKER)
    held, found, _ = _find(work, segment_id)
    voucher = work.session.get(Voucher, voucher_id)
    if voucher is None or voucher.holder_person_id != work.actor.person_id:
        raise VOUCHER_MISSING.refused()
    _check_may_study(work, held, found, voucher)
    mine = work.session.scalars(
        select(Study).where(Study.segment_id == segment_id, Study.voucher_id == voucher_id)
    ).all()
    if any(each.outcome == StudyOutcome.COUNTED for each in mine):
        raise STUDIED_ALREADY.refused()
    begun = next((each for each in mine if each.ended_at is None), None)
    if begun is None:
        begun = Study(
            segment_id=segment_id,
            voucher_id=voucher_id,
            person_id=voucher.holder_person_id,
            started_at=work.at,
        )
        work.session.add(begun)
        work.session.flush()
    return Begun(begun, _number_of(work, begun))


def end_study(work: Work, end: StudyEnd) -> Study:
    """Judge a segment that has been played; the same signature again is the same end.

    Too fast counts nothing, and far too fast opens the one case of its session. Raises Refused role_missing,
    lesson_segment_missing, phone_of_another, class_code_over, not_in_training, class_not_in_session,
    class_session_taught_stopped, mark_outside_timetable, parameter_missing and what `check_answer` refuses.
    """
    check_role(work.actor, Role.WORKER)
    study = work.session.get(Study, end.study_id)
    if study is None or study.person_id != work.actor.person_id:
        raise SEGMENT_MISSING.refused()
    held, found, segment = _find(work, study.segment_id)
    work.session.refresh(study)
    signed = read_answer(work.session, work.keyring, end.digits, work.at)
    if signed.device.person_id != work.actor.person_id:
        raise PHONE_OF_ANOTHER.refused()
    if study.ended_at is not None:
        if (study.device_id, study.counter) == (signed.device.id, signed.presentation.counter):
            return study
        raise CODE_USED.refused()
    check_answer(signed, [_number_of(work, study)], work.at)
    voucher = work.session.get_one(Voucher, study.voucher_id)
    _check_may_study(work, held, found, voucher)
    count_up(work, signed)
    _judge(work, found, held, segment, study, signed, end.answer)
    audit.record_one(
        work, str(Thing.CLASS), found.id, "study", session=held.id, segment=segment.id,
        voucher=voucher.id, outcome=study.outcome, minutes=study.minutes,
    )  # fmt: skip
    return study


def _judge(
    work: Work,
    found: TrainingClass,
    held: ClassSession,
    segment: LessonSegment,
    study: Study,
    signed: Signed,
    answer: int | None,
) -> None:
    """Write down what a segment came to; time spent on another segment that counted is not spent twice."""
    regions = catalogue.list_ancestry(work.session, found.region_code)
    fastest = require_parameter_number(work.session, SPEED, work.today, regions)
    elapsed = own_minutes(Slot(study.started_at, work.at), _taken(work, study))
    answered = segment.answer is None or segment.answer == answer
    outcome = judge_study(segment.minutes, elapsed, fastest, answered=answered)
    doubtful = is_doubtful(outcome, segment.minutes, study.started_at, work.at)
    case_id = open_doubt(work, found, held.id, IMPOSSIBLE_SPEED, ()).id if doubtful else None
    # ended and signed are one: nothing is asked of the database in between
    study.device_id, study.counter = signed.device.id, signed.presentation.counter
    study.ended_at, study.outcome, study.case_id = work.at, outcome, case_id
    study.minutes = segment.minutes if outcome is StudyOutcome.COUNTED else 0
    work.session.flush()


def _taken(work: Work, study: Study) -> list[Slot]:
    """Return when the same person played what counted, in any class, while this was being played."""
    rows = work.session.execute(
        select(Study.started_at, Study.ended_at).where(
            Study.person_id == study.person_id,
            Study.outcome == StudyOutcome.COUNTED,
            Study.ended_at > study.started_at,
        )
    )
    return [Slot(started_at, ended_at) for started_at, ended_at in rows if ended_at is not None]


def _find(work: Work, segment_id: int) -> tuple[ClassSession, TrainingClass, LessonSegment]:
    """Return a segment with its session and its locked class."""
    segment = work.session.get(LessonSegment, segment_id)
    if segment is None:
        raise SEGMENT_MISSING.refused()
    lesson = work.session.get_one(Lesson, segment.lesson_id)
    held, found = find_marked(work.session, lesson.session_id, lock=True)
    return held, found, segment


def _check_may_study(work: Work, held: ClassSession, found: TrainingClass, voucher: Voucher) -> None:
    start_if_begun(work, found)
    if found.state != "running":
        raise CLASS_NOT_IN_SESSION.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    list_learners(work, found, held, [voucher.id])
    # a lesson played may stay open for days: what counts is when it is played
    check_taught(work.session, found, work.at)
    check_mark_time("out", slot_of(held), work.at, read_mark_rules(work.session, found, work.at))


def _number_of(work: Work, study: Study) -> int:
    return study_number(work.keyring.blind_index(DOMAIN, str(study.id)))
