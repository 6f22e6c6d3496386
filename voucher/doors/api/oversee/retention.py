"""Retention carried out: a list of what is held too long, confirmed by another person, done by a job."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.oversee.retention import (
    NewPreservation,
    NewPreservationEnd,
    NewRetentionConfirmation,
    NewRetentionDrop,
    NewRetentionRun,
    NewRetentionTelling,
    Preservations,
    PreservationState,
    RetentionFilter,
    RetentionLines,
    RetentionRunDetail,
    RetentionRuns,
    RetentionRunState,
    RetentionTold,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.privacy import preserving
from voucher.stages.oversee.privacy.models import Preservation
from voucher.stages.oversee.retention import asking, queries, telling
from voucher.stages.oversee.retention.models import RetentionRun

retention = Room("retention", __name__, url_prefix="/api/v1", description="到期清除")


@retention.look("/retention-runs", query=RetentionFilter, answer=RetentionRuns)
def list_runs(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的到期清除，新的在前。"""
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: queries.list_runs(session, regions, before_id=before, limit=limit),
        lambda row: row.id,
    )
    return page | {"items": [_tell(each) for each in page["items"]]}


@retention.act(
    "/retention-runs", body=NewRetentionRun, answer=RetentionRunState, example={"region": "419001"}
)
def ask_run(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """列出一个地区（连同下级）保存期满的信息；后台列名单，什么都不清除。"""
    return _tell(asking.ask_run(work, given["region"]))


@retention.look("/retention-runs/<int:run_id>", answer=RetentionRunDetail)
def show_run(session: Session, _asked: dict[str, Any], run_id: int) -> dict[str, Any]:
    """一次到期清除：按种类和地区的数，不能清的理由，办理的结果。"""
    found = queries.get_run(session, run_id, current_actor().regions)
    return _tell(found) | {
        "sums": queries.sum_run(session, found.id),
        "whys": queries.list_whys(session, found.id),
    }


@retention.look("/retention-runs/<int:run_id>/lines", query=Paging, answer=RetentionLines)
def list_lines(session: Session, asked: dict[str, Any], run_id: int) -> dict[str, Any]:
    """逐条：列名单时的判断和办理的结果；只有编号，没有姓名。"""
    found = queries.get_run(session, run_id, current_actor().regions)
    return paged(
        asked,
        lambda after, limit: queries.list_items(session, found.id, after_id=after, limit=limit),
        lambda row: row.id,
    )


@retention.act(
    "/retention-runs/<int:run_id>/confirmations",
    body=NewRetentionConfirmation,
    answer=RetentionRunState,
    example={},
)
def confirm_run(work: Work, _given: dict[str, Any], run_id: int) -> dict[str, Any]:
    """由列名单以外的人确认；后台逐条再核对一次，到期的清除，不能恢复。"""
    return _tell(asking.confirm_run(work, run_id))


@retention.act(
    "/retention-runs/<int:run_id>/dismissals",
    body=NewRetentionDrop,
    answer=RetentionRunState,
    example={"why": "地区选错了"},
)
def drop_run(work: Work, given: dict[str, Any], run_id: int) -> dict[str, Any]:
    """作废没有确认的名单；什么都没有清除。"""
    return _tell(asking.drop_run(work, run_id, given["why"]))


@retention.act(
    "/retention-runs/<int:run_id>/tellings",
    body=NewRetentionTelling,
    answer=RetentionTold,
    example={"words": "11 月 23 日挂号信 XA00123–XA00131"},
)
def record_told(work: Work, given: dict[str, Any], run_id: int) -> dict[str, Any]:
    """登记怎样书面告知了短信送不到的人：全部，或名单的一条；没有告知的不会清除。"""
    return {"count": telling.record_told(work, run_id, given["words"], item_id=given["item_id"])}


@retention.look("/preservations", query=Paging, answer=Preservations)
def list_preservations(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """正在依法保全的人，新办的在前；只有编号，没有姓名。"""
    return paged(
        asked,
        lambda before, limit: [
            each.row
            for each in preserving.list_preserved(
                session, current_actor().regions, before_id=before, limit=limit
            )
        ],
        lambda row: row.id,
    )


@retention.act(
    "/preservations",
    body=NewPreservation,
    answer=PreservationState,
    example={"number": "41088119900307001X", "paper": "济源市人民法院（2024）1号"},
)
def preserve(work: Work, given: dict[str, Any]) -> Preservation:
    """依法保全一个人的信息：解除以前不能清除，本人也不能注销。"""
    return preserving.preserve_by_number(work, given["number"], given["paper"])


@retention.act(
    "/preservations/<int:preservation_id>/ends",
    body=NewPreservationEnd,
    answer=PreservationState,
    example={"paper": "济源市人民法院（2024）9号"},
)
def lift_preservation(work: Work, given: dict[str, Any], preservation_id: int) -> Preservation:
    """由办理保全以外的人凭文书解除。"""
    return preserving.lift(work, preservation_id, given["paper"])


def _tell(found: RetentionRun) -> dict[str, Any]:
    word, name = queries.state_of(found)
    return told(found, RetentionRunState) | {"state": word, "state_name": name}
