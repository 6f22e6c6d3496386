"""The examiners of the play: as many as an evaluator needs on one day, filed when they are first needed."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from stdnum.iso7064 import mod_11_2

from voucher.demo.province.stage import Stage
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.stages.assess.examiners import NewExaminer, assign_examiners, file_examiner, list_examiners
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.models_examiners import ExamExaminer, Examiner

NEEDED = 3
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫"


def send_examiners(stage: Stage, login: str, batch_id: int) -> None:
    """Have an evaluator assign examiners who are free on the day of an exam, filing more where it must."""
    stage.act(login, lambda work: assign_free(work, batch_id))


def assign_free(work: Work, batch_id: int) -> None:
    """Assign examiners of the evaluator who are free on the day of an exam, filing more where it must."""
    batch = work.session.get_one(ExamBatch, batch_id)
    busy = set(
        work.session.scalars(
            select(ExamExaminer.examiner_id).where(
                ExamExaminer.exam_on == batch.exam_on, ExamExaminer.removed_at.is_(None)
            )
        )
    )
    free = [each for each in list_examiners(work.session, [batch.institution_id]) if each.id not in busy]
    while len(free) < NEEDED:
        free.append(_file(work, batch.institution_id, batch.exam_on))
    assign_examiners(work, batch_id, [each.id for each in free[:NEEDED]])


def _file(work: Work, institution_id: int, exam_on: date) -> Examiner:
    serial = len(work.session.scalars(select(Examiner.id)).all()) + 1
    stem = f"41000019780101{serial:03d}"
    person = Newcomer(stem + mod_11_2.calc_check_digit(stem), f"{SURNAMES[serial % len(SURNAMES)]}考评")
    since = min(work.today, exam_on) - timedelta(days=365)
    return file_examiner(
        work, NewExaminer(institution_id, person, f"KP4100{serial:05d}", since, exam_on + timedelta(days=730))
    )
