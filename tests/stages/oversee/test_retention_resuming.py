"""A run of retention whose job gave up is taken up again, once, and not while a job is at it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.scene import JIYUAN, Scene, on
from tests.stages.oversee.test_erasing import FIRST, refused
from tests.stages.oversee.test_retention import lines, run_through
from voucher.plumbing.jobs import Job, JobState, Run
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.stages.oversee.retention import asking, carrying_out, pacing
from voucher.stages.oversee.retention.listing import list_piece
from voucher.stages.oversee.retention.models import RetentionRun
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


def test_whoever_waits_to_write_gets_a_turn_after_every_short_piece(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    scene.hire("一审", Role.OFFICER_COUNTY, FIRST, JIYUAN)
    scene.plant(f"UPDATE person SET region_code = '{JIYUAN}'")
    run = scene.do("一审", lambda work: asking.ask_run(work, JIYUAN)).id
    listed: list[int] = []

    def write_in_between() -> None:
        # the job holds nothing while it breathes: somebody else's act goes through at once
        scene.do(CLOCK_LOGIN, lambda work: work.session.get_one(RetentionRun, run, with_for_update=True))
        listed.append(len(lines(scene, run)))

    # one judgement takes longer than a piece may
    monkeypatch.setattr(pacing, "SECONDS_AT_MOST", 0)
    monkeypatch.setattr(carrying_out, "breathe", write_in_between)
    handle = carrying_out.work_as_job(
        scene.database, scene.keyring, lambda: scene.actor(CLOCK_LOGIN), lambda: scene.at
    )
    handle(Run(1, asking.JOB_KIND, 1, {"run": run, "step": "list"}, 1))
    people = listed[-1]
    assert people > 3
    assert listed[:people] == list(range(1, people + 1)), "one at a time, with a turn for others after each"
    with scene.database.read() as session:
        assert session.get_one(RetentionRun, run).listed_at is not None, "and the list is finished"
