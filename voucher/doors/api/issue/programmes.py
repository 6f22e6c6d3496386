"""Programmes (券种): drafted by one person, published by another, tried out, stopped, topped up, closed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.people import read_newcomers
from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.issue.programmes import (
    NewPreview,
    NewProgrammePublication,
    NewTopUp,
    PreviewDone,
    ProgrammeDetail,
    ProgrammeFilter,
    Programmes,
    ProgrammeState,
    WithWhy,
)
from voucher.doors.schemas.issue.programmes import NewProgramme as NewProgrammeBody
from voucher.doors.schemas.issue.trials import DryRunState, Recalled
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.values import Wish
from voucher.plumbing.jobs import Job, JobState
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import STATE_NAMES, Thing, possible_events
from voucher.stages.issue import drafting, queries
from voucher.stages.issue import programmes as acts
from voucher.stages.issue.dry_run import DRY_RUN_MISSING, ask_dry_run, find_dry_run
from voucher.stages.issue.issuing import issue_at_once
from voucher.stages.issue.models import DryRun, Programme
from voucher.stages.issue.reading import PROGRAMME_MISSING
from voucher.stages.issue.recalling import recall_unused
from voucher.stages.issue.rosters import file_roster

programmes = Room("programmes", __name__, url_prefix="/api/v1", description="券种")
WHY = {"why": "年度资金已安排完毕"}


@programmes.look("/programmes", query=ProgrammeFilter, answer=Programmes)
def list_programmes(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """券种，新的在前：人社部门见本辖区的，机构人员见已发布的。"""
    actor = current_actor()
    regions = within(session, asked["region"]) if actor.regions or asked["region"] else None
    page = paged(
        asked,
        lambda before, limit: queries.list_programmes(
            session, regions, state=asked["state"], before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": [_state(each) for each in page["items"]]}


@programmes.act(
    "/programmes",
    body=NewProgrammeBody,
    answer=ProgrammeDetail,
    example={
        "name": "2024 年养老护理员五级培训券",
        "region_code": "419001",
        "project_code": "TRAIN",
        "budget_id": 1,
        "worth": "face_value",
        "channel": "directed",
        "training_kind": "pre_job",
        "certificate_kind": "skill_level",
        "trade_code": "4-10-01-05",
        "level": 2,
        "quantity": 500,
        "from_on": "2024-03-04",
        "until_on": "2024-12-31",
        "document": "济人社〔2024〕3号",
        "institution_ids": [1, 2],
    },
)
def draft_programme(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """起草券种：功能、发放方式、资金来源、有效期、数量；由另一人审核发布。"""
    return _detail(work.session, drafting.draft_programme(work, drafting.NewProgramme(**given)))


@programmes.look("/programmes/<int:programme_id>", answer=ProgrammeDetail)
def show_programme(session: Session, _asked: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """一个券种：条件、可用机构、人群，以及已发各券走到哪一步。"""
    return _detail(session, queries.get_programme(session, programme_id, current_actor().regions))


@programmes.act(
    "/programmes/<int:programme_id>/publications", body=NewProgrammePublication, answer=ProgrammeDetail
)
def publish_programme(work: Work, _given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """发布：由起草人以外的人办理，发布后条件不再改。"""
    return _detail(work.session, acts.publish_programme(work, programme_id))


@programmes.act("/programmes/<int:programme_id>/stops", body=WithWhy, answer=ProgrammeDetail, example=WHY)
def stop_programme(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """停发：已发的券不受影响，候补的终止。"""
    acts.stop_programme(work, programme_id, given["why"])
    return _after(work, programme_id)


@programmes.act(
    "/programmes/<int:programme_id>/resumptions", body=WithWhy, answer=ProgrammeDetail, example=WHY
)
def resume_programme(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """恢复发放。"""
    acts.resume_programme(work, programme_id, given["why"])
    return _after(work, programme_id)


@programmes.act("/programmes/<int:programme_id>/discards", body=WithWhy, answer=ProgrammeDetail, example=WHY)
def discard_programme(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """作废草稿。"""
    acts.discard_programme(work, programme_id, given["why"])
    return _after(work, programme_id)


@programmes.act("/programmes/<int:programme_id>/closings", body=WithWhy, answer=ProgrammeDetail, example=WHY)
def close_programme(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """结束：不再发放；已发的券不受影响。"""
    acts.close_programme(work, programme_id, given["why"])
    return _after(work, programme_id)


@programmes.act(
    "/programmes/<int:programme_id>/top-ups",
    body=NewTopUp,
    answer=ProgrammeDetail,
    example={"quantity": 200, "why": "报名人数超出预期"},
)
def top_up(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """追加数量，条件不变。"""
    acts.top_up(work, programme_id, given["quantity"], given["why"])
    return _after(work, programme_id)


@programmes.ask(
    "/programmes/<int:programme_id>/previews",
    body=NewPreview,
    answer=PreviewDone,
    example={"people": [{"name": "张三", "number": "41010519900315991X"}]},
    keep=False,
)
def preview(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """试算：谁可领、谁候补、谁不能领和为什么、将占用多少预算；什么也不发放。"""
    people = read_newcomers(given["people"], work.today)
    if given["institution_id"] is None:
        issue_id = issue_at_once(work, programme_id, people).issue_id
    else:
        issue_id = file_roster(work, programme_id, people, given["institution_id"]).id
    lines = queries.list_issue_lines(work.session, work.keyring, issue_id)
    promised = [each for each in lines if each.outcome == "pending" and each.refusal is None]
    cap_fen = work.session.get_one(Programme, programme_id).cap_fen
    return {
        "issued": len(promised) + sum(each.outcome == "issued" for each in lines),
        "waiting": sum(each.outcome == "waiting" for each in lines),
        "refused": sum(each.refusal is not None for each in lines),
        "reserves_fen": queries.sum_reserved(work.session, issue_id) + cap_fen * len(promised),
        "lines": lines,
    }


@programmes.act("/programmes/<int:programme_id>/dry-runs", body=Wish, answer=DryRunState, example={})
def try_out(work: Work, _given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """对全部登记人员试算：可领多少人、占用多少预算、各类人员为什么不能领；人数多的在后台算。"""
    return _trial(ask_dry_run(work, programme_id), None)


@programmes.look("/programmes/<int:programme_id>/dry-run", answer=DryRunState)
def show_dry_run(session: Session, _asked: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """最近一次试算：结果，或者还在算。"""
    regions = current_actor().regions
    if queries.get_programme(session, programme_id, regions).region_code not in regions:
        raise PROGRAMME_MISSING.refused()
    found = find_dry_run(session, programme_id)
    if found is None:
        raise DRY_RUN_MISSING.refused()
    return _trial(*found)


@programmes.act("/programmes/<int:programme_id>/recalls", body=WithWhy, answer=Recalled, example=WHY)
def recall(work: Work, given: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """收回没有报名的券：停发或结束以后办理，资金转给候补的人；一次收回不完的再次办理。"""
    return {"recalled": recall_unused(work, programme_id, given["why"])}


def _trial(tried: DryRun, job: Job | None) -> dict[str, Any]:
    return told(tried, DryRunState) | {"failed": job is not None and job.state == JobState.FAILED}


def _after(work: Work, programme_id: int) -> dict[str, Any]:
    return _detail(work.session, work.session.get_one(Programme, programme_id))


def _state(programme: Programme) -> dict[str, Any]:
    return told(programme, ProgrammeState) | {"state_name": STATE_NAMES[Thing.PROGRAMME][programme.state]}


def _detail(session: Session, programme: Programme) -> dict[str, Any]:
    return _state(programme) | {
        "institution_ids": queries.institutions_of(session, programme.id),
        "group_codes": queries.groups_of(session, programme.id),
        "funnel": queries.funnel(session, programme.id),
        "losses": queries.list_losses(session, programme.id),
        "remaining": queries.count_remaining(session, programme),
        "possible": possible_events(Thing.PROGRAMME, programme.state),
    }
