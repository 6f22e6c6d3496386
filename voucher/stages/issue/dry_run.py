"""Dry runs of programmes (试算): asked for and kept; few people at once, a province as a job."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database
from voucher.plumbing.jobs import Job, Run, add_job
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import catalogue
from voucher.registry.tables import read_parameter_number
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.issue.models import DryRun, Programme
from voucher.stages.issue.reading import OFFICERS, PROGRAMME_MISSING, SOURCE, reaches
from voucher.stages.issue.trial import Trial, count_people, try_programme

JOB_KIND = "dry_run"
AT_ONCE = "dry_run_people_at_once"
TRIED_STATES = ("draft", "published", "stopped")
WHO = (Role.OPERATOR, *OFFICERS)

DRY_RUN_OVER = reason(
    "dry_run_over",
    "券种“{programme}”{state}，不必再试算",
    "只有草稿、发放中和停发的券种可以试算；以前的试算结果仍可查看",
    SOURCE,
    Family.CONFLICT,
)
DRY_RUN_MISSING = reason(
    "dry_run_missing",
    "这个券种还没有试算过",
    "请先试算；草稿、发放中和停发的券种都可以试算，不发放任何券",
    SOURCE,
    Family.MISSING,
)


def ask_dry_run(work: Work, programme_id: int) -> DryRun:
    """Try a programme out on everybody registered and return the result, or where it will stand.

    More people than `dry_run_people_at_once` are a job. Raises Refused role_missing, programme_missing
    (also for a foreign one), dry_run_over, parameter_missing.
    """
    check_role(work.actor, *WHO)
    programme = work.session.get(Programme, programme_id)
    if programme is None or not reaches(work, programme.region_code, *WHO):
        raise PROGRAMME_MISSING.refused()
    if programme.state not in TRIED_STATES:
        state = STATE_NAMES[Thing.PROGRAMME][programme.state]
        raise DRY_RUN_OVER.refused(programme=programme.name, state=state)
    asked = DryRun(programme_id=programme.id, asked_by_person_id=work.actor.person_id, asked_at=work.at)
    work.session.add(asked)
    work.session.flush()
    regions = catalogue.list_ancestry(work.session, programme.region_code)
    at_once = read_parameter_number(work.session, AT_ONCE, work.today, regions)
    people, _ = count_people(work.session, programme)
    if at_once is not None and people > at_once:
        asked.job_id = add_job(work, JOB_KIND, {"dry_run": asked.id})
        work.session.flush()
    else:
        session = work.session
        trial = try_programme(lambda: nullcontext(session), work.keyring, programme.id, work.today)
        _keep(work, asked, trial)
    return asked


def run_dry_run(
    database: Database, keyring: Keyring, keeper: Callable[[], Actor], now: Callable[[], datetime]
) -> Callable[[Run], Any]:
    """Return the handler of dry runs that are jobs; run again, it counts again and writes once more."""

    def handle(run: Run) -> dict[str, int]:
        dry_run_id = int(run.payload["dry_run"])
        with database.read() as session:
            programme_id = session.get_one(DryRun, dry_run_id).programme_id
        trial = try_programme(database.read, keyring, programme_id, day_of(now()), run.progress)

        def keep(work: Work) -> None:
            _keep(work, work.session.get_one(DryRun, dry_run_id), trial)

        perform(database, keyring, keeper(), now(), keep)
        return {"people": trial.people}

    return handle


def find_dry_run(session: Session, programme_id: int) -> tuple[DryRun, Job | None] | None:
    """Return the newest dry run of a programme and the job behind it, if it is one; None where none was."""
    found = session.scalars(
        select(DryRun).where(DryRun.programme_id == programme_id).order_by(DryRun.id.desc()).limit(1)
    ).first()
    if found is None:
        return None
    return found, session.get(Job, found.job_id) if found.job_id is not None else None


def _keep(work: Work, asked: DryRun, trial: Trial) -> None:
    told = asdict(trial) | {"wanted": trial.wanted, "issued": trial.issued}
    asked.result, asked.finished_at = told, work.at
    work.session.flush()
    audit.record_one(
        work,
        str(Thing.PROGRAMME),
        asked.programme_id,
        "dry_run",
        people=trial.people,
        wanted=trial.wanted,
        issued=trial.issued,
        reserves_fen=trial.issued * trial.cap_fen,
    )
