"""A run of retention whose job gave up is taken up again, once, and not while a job is at it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.scene import JIYUAN, Scene, on
from tests.stages.oversee.test_erasing import FIRST, refused
from tests.stages.oversee.test_retention import run_through
from voucher.plumbing.jobs import Job, JobState
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.stages.oversee.retention import asking
from voucher.stages.oversee.retention.listing import list_piece
from voucher.stages.oversee.retention.resuming import PAUSE, resume_runs

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def fail(work: Work) -> None:
    """Have every job end as one does that met a mistake."""
    for each in work.session.scalars(select(Job).where(Job.finished_at.is_(None))):
        each.state, each.finished_at, each.error_code = JobState.FAILED, work.at, "job_failed"


def test_a_run_whose_job_failed_is_asked_for_again_after_a_while(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    scene.hire("一审", Role.OFFICER_COUNTY, FIRST, JIYUAN)
    assert refused(scene, "一审", resume_runs).refusal.code == "role_missing"
    assert scene.do(CLOCK_LOGIN, resume_runs) == 0
    run = scene.do("一审", lambda work: asking.ask_run(work, JIYUAN)).id
    assert scene.do(CLOCK_LOGIN, resume_runs) == 0, "its job waits"
    scene.do(CLOCK_LOGIN, fail)
    assert scene.do(CLOCK_LOGIN, resume_runs) == 0, "not at once"
    scene.at += PAUSE + timedelta(seconds=1)
    assert scene.do(CLOCK_LOGIN, resume_runs) == 1
    with scene.database.read() as session:
        waiting = session.scalars(select(Job.payload).where(Job.state == JobState.QUEUED)).all()
    assert waiting == [{"run": run, "step": "list"}]
    assert scene.do(CLOCK_LOGIN, resume_runs) == 0
    # a list that stands waits for a person, whatever became of its job
    run_through(scene, list_piece, run)
    scene.do(CLOCK_LOGIN, fail)
    scene.at += PAUSE + timedelta(seconds=1)
    assert scene.do(CLOCK_LOGIN, resume_runs) == 0
