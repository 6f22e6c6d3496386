"""Attachments (附件): a photograph or PDF uploaded by itself, handed in with an application by its id."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.files import send_attachment
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.issue.attachments import AttachmentState, NewAttachment, NewAttachmentWithdrawal
from voucher.plumbing.unit_of_work import Work
from voucher.stages.issue import queries
from voucher.stages.issue.applications import attaching, keeping

attachments = Room("attachments", __name__, url_prefix="/api/v1", description="申请附件")
ANY_FILE, BINARY = "*/*", {"type": "string", "format": "binary"}


@attachments.act_on_file("/attachments", form=NewAttachment, answer=AttachmentState)
def upload(work: Work, _given: dict[str, Any], file: tuple[str, bytes]) -> Any:
    """上传一份：JPEG、PNG 照片或 PDF，按内容认定；网络不好时一份一份重传，再随申请或答复提交。"""
    _, content = file
    return queries.view_attachment(attaching.upload(work, content))


@attachments.look("/attachments/<int:attachment_id>", answer=AttachmentState)
def show_attachment(session: Session, _asked: dict[str, Any], attachment_id: int) -> Any:
    """一份附件的种类、大小、摘要：本人和办理人员。"""
    return queries.view_attachment(keeping.get_reachable(session, current_actor(), attachment_id))


@attachments.route("/attachments/<int:attachment_id>/content", methods=["GET"])
@attachments.describe_look("open_attachment")
@attachments.response(200, content_type=ANY_FILE, schema=BINARY)
def open_attachment(attachment_id: int) -> Response:
    """附件本身：本人和办理人员；办理人员每看一次都留痕。"""
    return send_attachment(perform(lambda work: keeping.look_at(work, attachment_id)))


@attachments.act(
    "/attachments/<int:attachment_id>/withdrawals",
    body=NewAttachmentWithdrawal,
    answer=AttachmentState,
    example={},
)
def take_back(work: Work, _given: dict[str, Any], attachment_id: int) -> Any:
    """撤下：办结以前，内容随即删除，只留下交过、撤过的记录。"""
    return queries.view_attachment(keeping.take_back(work, attachment_id))
