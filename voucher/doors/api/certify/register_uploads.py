"""联网上传: files for the national register, made once, opened again, followed by corrections."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room
from voucher.doors.schemas.certify.register_uploads import (
    NewRegisterContent,
    NewRegisterUpload,
    RegisterContent,
    RegisterUploads,
    RegisterUploadState,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.stages.certify import uploads
from voucher.stages.certify.models_uploads import RegisterUpload
from voucher.stages.certify.queries.register_uploads import list_uploads

register_uploads = Room(
    "register_uploads", __name__, url_prefix="/api/v1", description="全国联网查询上传文件"
)
ADMINS = frozenset({Role.EVALUATOR_ADMIN})


@register_uploads.look("/register-uploads", query=Paging, answer=RegisterUploads)
def list_register_uploads(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本机构生成过的上传文件，新的在前。"""
    mine = institutions_served(ADMINS)
    page = paged(
        asked,
        lambda before, limit: list_uploads(session, mine, before_id=before, limit=limit or 0),
        lambda row: row.upload.id,
    )
    return page | {
        "items": [
            told(each.upload, RegisterUploadState)
            | {"new": each.new, "corrected": each.corrected, "revoked": each.revoked}
            for each in page["items"]
        ]
    }


@register_uploads.act(
    "/register-uploads",
    body=NewRegisterUpload,
    answer=RegisterUploadState,
    example={"institution_id": 3, "since": "2024-01-01", "until": "2024-03-31"},
)
def make_register_upload(work: Work, given: dict[str, Any]) -> RegisterUpload:
    """生成上传文件：没有传过的作新增，传过以后更正、撤销的作更正、撤销，没有变化的不列入。"""
    if given["batch"] is not None:
        return uploads.make_batch_upload(work, given["institution_id"], given["batch"])
    return uploads.make_upload(work, given["institution_id"], given["since"], given["until"])


@register_uploads.ask(
    "/register-uploads/<int:register_upload_id>/content",
    body=NewRegisterContent,
    answer=RegisterContent,
    example={},
)
def open_register_upload(work: Work, _given: dict[str, Any], register_upload_id: int) -> dict[str, Any]:
    """领取文件内容，含完整证件号码，每次都留痕；其后证书有更正、撤销的，须另生成新文件。"""
    file = uploads.open_upload(work, register_upload_id)
    return {
        "number": file.upload.number,
        "sha256": file.upload.sha256,
        "columns": list(file.columns),
        "rows": [list(each) for each in file.rows],
    }
