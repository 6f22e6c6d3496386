"""Jobs: pushed after the commit, run once at a time, and never forgotten whatever the queue loses."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select

from voucher.plumbing.db import Database
from voucher.plumbing.handling import Jobs
from voucher.plumbing.jobs import Job, JobState, Patience, Run, finish_job, take_job
from voucher.plumbing.queues import make_queue
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.plumbing.workers import Periodic, Worker, run_worker
from voucher.rules.actor import Actor
from voucher.rules.errors import Family, Reason

AT = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
ACTOR = Actor(user_id=7, login="operator", person_id=1, grants=())
TOO_OLD = Reason("test_too_old", "资料已过期", "请重新提交", "test", Family.INVALID)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


class House:
    """A database with a job table, a clock, and jobs over a queue that may lose or keep what it is given."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = Clock()
        self.seen: list[Any] = []

    def jobs(self, *, immediate: bool = False, **options: Any) -> Jobs:
        url = self.database.url.render_as_string(hide_password=False)
        queue = make_queue(url, immediate=immediate)
        jobs = Jobs(self.database, self.keyring, queue, now=self.clock, **options)
        jobs.register("count", self.count)
        return jobs

    def count(self, run: Run) -> dict[str, int]:
        self.seen.append(run.payload)
        run.progress(3, 3)
        return {"rows": 3}

    def act(self, act: Callable[[Work], Any], *, keep: bool = True) -> Any:
        return perform(self.database, self.keyring, ACTOR, self.clock(), act, keep=keep)

    def ask(self, jobs: Jobs, kind: str = "count") -> int:
        return int(self.act(lambda work: jobs.enqueue(work, kind, {"file": "a" * 64})))

    def row(self, job_id: int) -> Job:
        with self.database.read() as session:
            row = session.scalars(select(Job).where(Job.id == job_id)).one()
            session.expunge(row)
            return row

    def deliver(self, jobs: Jobs) -> bool:
        task = jobs.queue.huey.dequeue()
        if task is None:
            return False
        jobs.queue.huey.execute(task)
        return True


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    keyring = Keyring.open(tmp_path / "keys.json", create=True)
    name = f"jobs_{uuid4().hex}"
    server = f"postgresql:///{{}}?host={os.environ.get('VOUCHER_TEST_POSTGRES')}&user=voucher"
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'voucher.db'}")
    else:
        with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = Database(server.format(name))
    Job.metadata.create_all(database.engine, tables=[Job.metadata.tables["job"]])
    yield House(database, keyring)
    database.dispose()
    if request.param == "postgres":
        with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_job_is_pushed_after_the_commit_and_carries_only_its_number(house: House) -> None:
    jobs = house.jobs()

    def act(work: Work) -> int:
        job_id = jobs.enqueue(work, "count", {"file": "a"})
        assert jobs.queue.count_waiting() == 0
        return job_id

    job_id = house.act(act)
    assert [bytes(item) for item in jobs.queue.huey.storage.enqueued_items()] == [str(job_id).encode()]
    assert house.row(job_id).state == JobState.QUEUED
    assert house.row(job_id).created_by_user_id == ACTOR.user_id


def test_an_act_that_is_undone_pushes_nothing(house: House) -> None:
    jobs = house.jobs()
    house.act(lambda work: jobs.enqueue(work, "count", {}), keep=False)
    assert jobs.queue.count_waiting() == 0


def test_a_delivered_job_runs_and_leaves_its_result(house: House) -> None:
    jobs = house.jobs()
    job_id = house.ask(jobs)
    assert house.deliver(jobs)
    row = house.row(job_id)
    assert (row.state, row.result, row.attempts, row.error_code) == (JobState.DONE, {"rows": 3}, 1, None)
    assert (row.progress_done, row.progress_total) == (3, 3)
    assert house.seen == [{"file": "a" * 64}]


def test_an_immediate_queue_runs_the_job_before_the_act_returns(house: House) -> None:
    jobs = house.jobs(immediate=True)
    assert house.row(house.ask(jobs)).state == JobState.DONE


def test_a_job_pushed_twice_runs_once(house: House) -> None:
    jobs = house.jobs()
    job_id = house.ask(jobs)
    jobs.queue.push(job_id)
    while house.deliver(jobs):
        pass
    assert len(house.seen) == 1
    assert house.row(job_id).attempts == 1


def test_a_refusal_fails_the_job_with_its_code_and_next_step(house: House) -> None:
    jobs = house.jobs(immediate=True)

    def refuse(_run: Run) -> None:
        raise TOO_OLD.refused()

    jobs.register("refuse", refuse)
    row = house.row(house.ask(jobs, "refuse"))
    assert (row.state, row.error_code) == (JobState.FAILED, "test_too_old")
    assert row.result == {"title": "资料已过期", "next_step": "请重新提交"}


def test_a_mistake_fails_the_job_without_its_text(house: House) -> None:
    jobs = house.jobs(immediate=True)

    def stumble(_run: Run) -> None:
        raise RuntimeError("11010519491231002X")

    jobs.register("stumble", stumble)
    row = house.row(house.ask(jobs, "stumble"))
    assert (row.state, row.error_code) == (JobState.FAILED, "job_failed")
    assert "1949" not in str(row.result)


def test_a_job_the_queue_lost_is_pushed_again_by_the_sweep_and_only_then(house: House) -> None:
    jobs = house.jobs()
    job_id = house.ask(jobs)
    jobs.queue.huey.storage.flush_queue()
    assert jobs.sweep() == 0
    house.clock.at += timedelta(minutes=2)
    assert jobs.sweep() == 1
    assert jobs.sweep() == 0
    assert house.deliver(jobs)
    assert house.row(job_id).state == JobState.DONE
    house.clock.at += timedelta(days=1)
    assert jobs.sweep() == 0


def test_a_worker_killed_in_the_middle_is_followed_by_another(house: House) -> None:
    jobs = house.jobs()
    job_id = house.ask(jobs)
    jobs.queue.huey.storage.flush_queue()
    dead = house.act(lambda work: take_job(work, job_id))
    assert dead is not None
    house.clock.at += timedelta(minutes=4)
    assert jobs.sweep() == 0
    house.clock.at += timedelta(minutes=2)
    assert jobs.sweep() == 1
    assert house.deliver(jobs)
    assert (house.row(job_id).state, house.row(job_id).attempts) == (JobState.DONE, 2)


def test_a_run_that_was_overtaken_cannot_write_its_outcome(house: House) -> None:
    jobs = house.jobs(patience=Patience(heartbeat=timedelta(minutes=1)))
    release, begun = threading.Event(), threading.Event()
    outcomes = iter(["late", "timely"])

    def slow(_run: Run) -> str:
        outcome = next(outcomes)
        if outcome == "late":
            begun.set()
            release.wait(20)
        return outcome

    jobs.register("slow", slow)
    job_id = house.ask(jobs, "slow")
    thread = threading.Thread(target=house.deliver, args=(jobs,))
    thread.start()
    assert begun.wait(20)
    house.clock.at += timedelta(minutes=6)
    assert jobs.sweep() == 1
    assert house.deliver(jobs)
    release.set()
    thread.join(20)
    assert (house.row(job_id).result, house.row(job_id).attempts) == ("timely", 2)


def test_a_job_that_is_running_cannot_be_taken_a_second_time(house: House) -> None:
    job_id = house.ask(house.jobs())
    assert house.act(lambda work: take_job(work, job_id)) is not None
    assert house.act(lambda work: take_job(work, job_id)) is None
    assert house.row(job_id).attempts == 1


def test_an_overtaken_run_cannot_end_the_run_that_came_after_it(house: House) -> None:
    jobs = house.jobs()
    job_id = house.ask(jobs)
    early = house.act(lambda work: take_job(work, job_id))
    house.clock.at += timedelta(minutes=6)
    assert jobs.sweep() == 1
    late = house.act(lambda work: take_job(work, job_id))
    house.act(lambda work: finish_job(work, early, "early"))
    assert house.row(job_id).state == JobState.RUNNING
    house.act(lambda work: finish_job(work, late, "late"))
    assert house.row(job_id).result == "late"


def test_a_job_that_kills_every_worker_is_given_up(house: House) -> None:
    jobs = house.jobs()
    job_id = house.ask(jobs)
    for _ in range(3):
        assert house.act(lambda work: take_job(work, job_id)) is not None
        house.clock.at += timedelta(minutes=6)
        jobs.sweep()
    row = house.row(job_id)
    assert (row.state, row.error_code, row.attempts) == (JobState.FAILED, "job_lost", 3)


def test_progress_told_inside_a_transaction_does_not_wait_for_itself(house: House) -> None:
    jobs = house.jobs(immediate=True, patience=Patience(heartbeat=timedelta(milliseconds=20)))
    began = time.monotonic()

    def long_act(run: Run) -> str:
        def act(work: Work) -> str:
            work.session.execute(select(Job).with_for_update()).all()
            for done in range(5):
                run.progress(done, 5)
                time.sleep(0.05)
            return "done"

        return str(house.act(act))

    jobs.register("long", long_act)
    assert house.row(house.ask(jobs, "long")).state == JobState.DONE
    assert time.monotonic() - began < 10


def test_a_message_that_is_no_number_is_never_unpickled(house: House) -> None:
    jobs = house.jobs()
    jobs.queue.huey.storage.enqueue(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(ValueError, match="not the number"):
        jobs.queue.huey.dequeue()


def test_a_kind_nobody_handles_is_not_accepted(house: House) -> None:
    jobs = house.jobs()
    with pytest.raises(KeyError):
        house.ask(jobs, "unknown")
    with pytest.raises(ValueError, match="twice"):
        jobs.register("count", house.count)


def test_the_worker_takes_jobs_and_keeps_calling_what_is_due(house: House) -> None:
    jobs = house.jobs()
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise RuntimeError("the next call must come all the same")

    with pytest.raises(ValueError, match="rest"):
        Periodic("tick", 0, call)
    until = threading.Event()
    worker = Worker(jobs, (Periodic("tick", 1, call),), threads=2)
    thread = threading.Thread(target=run_worker, args=(worker, until), daemon=True)
    thread.start()
    job_ids = [house.ask(jobs) for _ in range(5)]
    try:
        wait_for(lambda: all(house.row(each).state == JobState.DONE for each in job_ids))
        wait_for(lambda: len(calls) > 1)
    finally:
        until.set()
        thread.join(20)
    assert not thread.is_alive()
    assert len(house.seen) == 5


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
