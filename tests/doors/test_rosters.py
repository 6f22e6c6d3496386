"""A large roster at the API: handed over as a file, worked off behind the door, followed; nobody else's."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select

from tests.doors.loop import LI_SI, SUN_BA, Loop
from tests.doors.world import refused_with
from voucher.plumbing.jobs import Job, Run
from voucher.stages.issue.carrying_on import work_as_job
from voucher.stages.issue.running import JOB_KIND, open_desk

MINE, PATH = "/issues/{}/run", "/rosters"


def file_of(*rows: tuple[str, str], name: str = "名册.csv") -> tuple[io.BytesIO, str]:
    lines = ["姓名,身份证号", *(",".join(row) for row in rows)]
    return io.BytesIO("\n".join(lines).encode()), name


def hand_over(loop: Loop, login: str, file: tuple[io.BytesIO, str], **form: Any) -> Any:
    wanted = {"programme_id": str(loop.ids["programme"]), **form}
    return loop[login].post(PATH, data={**wanted, "file": file}, content_type="multipart/form-data")


def work_off(loop: Loop) -> None:
    """Do what the worker does with the newest job."""
    world = loop.world
    with world.database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == JOB_KIND).order_by(Job.id.desc())).first()
    assert job is not None
    config = world.app.extensions["voucher"].config
    handle = work_as_job(open_desk(config, world.database, world.keyring, lambda: world.at))
    handle(Run(job.id, job.kind, 1, job.payload, job.created_by_user_id))


def test_a_roster_file_is_handed_over_followed_and_is_nobody_elses(loop: Loop) -> None:
    rows = (LI_SI, SUN_BA, (SUN_BA[0], SUN_BA[1][:17] + "0"))
    refused_with(hand_over(loop, "jiban", file_of(*rows), programme_id="999999"), 404, "programme_missing")
    refused_with(hand_over(loop, "jiban", file_of()), 422, "roster_empty")
    refused_with(hand_over(loop, "shenhe", file_of(*rows)), 403, "role_missing")
    run = hand_over(loop, "jiban", file_of(*rows)).json
    assert (run["phase"], run["rows_read"], run["rows_expected"]) == ("running", 0, 3)
    path = MINE.format(run["issue_id"])
    assert loop["shenhe"].get(path).json["phase"] == "running"
    work_off(loop)
    done = loop["jiban"].get(path).json
    counted = [done[name] for name in ("lines_issued", "lines_waiting", "lines_refused", "rows_unreadable")]
    assert (done["phase"], sum(counted), counted[3]) == ("done", 3, 1)
    resume = f"/issues/{run['issue_id']}/resumptions"
    refused_with(loop["jiban"].post(resume, {}), 409, "issue_run_over")
    end, why = f"/issues/{run['issue_id']}/terminations", {"why": "名册有误"}
    refused_with(loop["jiban"].post(end, why), 409, "issue_run_over")
    foreign, missing = (loop["zz-shenhe"].get(MINE.format(each)) for each in (run["issue_id"], 999_999))
    for answer in (foreign, missing):
        refused_with(answer, 404, "issue_missing")
    refused_with(loop["jiban"].get(MINE.format(loop.ids["issue"])), 404, "issue_run_missing")


def test_a_roster_is_terminated_and_answers_for_every_row_it_left_out(loop: Loop) -> None:
    run = hand_over(loop, "jiban", file_of(LI_SI, SUN_BA)).json
    path = f"/issues/{run['issue_id']}/terminations"
    refused_with(loop["jiban"].post(path, {}), 422, "body_invalid")
    refused_with(loop["shenhe"].post(path, {"why": "名册有误"}), 403, "role_missing")
    refused_with(
        loop["jiban"].post("/issues/999999/terminations", {"why": "名册有误"}), 404, "issue_run_missing"
    )
    begun = loop["jiban"].post(path, {"why": "名册有误"}).json
    assert (begun["phase"], begun["terminated_why"]) == ("terminating", "名册有误")
    work_off(loop)
    done = loop["jiban"].get(MINE.format(run["issue_id"])).json
    assert (done["phase"], done["lines_issued"], done["rows_left_out"]) == ("terminated", 0, 2)
    assert done["terminated_at"] <= done["finished_at"]
    resume = loop["jiban"].post(f"/issues/{run['issue_id']}/resumptions", {})
    refused_with(resume, 409, "issue_run_terminated")
    refused_with(loop["jiban"].post(path, {"why": "再来"}), 409, "issue_run_terminated")
