"""Handing a file back to a browser: a picture is shown, anything else is saved; nothing in it may run."""

from __future__ import annotations

import io

from flask import Response, send_file

from voucher.doors.auth.shield import shut_in
from voucher.plumbing.uploads.reading import MIME_TYPES, SUFFIXES, UploadKind
from voucher.registry.filing.models import FilingPaper
from voucher.stages.issue.applications.keeping import Opened
from voucher.stages.train.models.inspections import InspectionPhoto


def send_attachment(opened: Opened) -> Response:
    """Return an attachment under a name of our own: what its owner called it was never kept."""
    return _send(opened.content, UploadKind(opened.attachment.kind), f"attachment-{opened.attachment.id}")


def send_paper(paper: FilingPaper, content: bytes) -> Response:
    """Return the paper of a licence, or the photograph of a room."""
    return _send(content, UploadKind(paper.kind), f"filing-paper-{paper.id}")


def send_proof(attendance_id: int, kind: UploadKind, content: bytes) -> Response:
    """Return the evidence behind hours."""
    return _send(content, kind, f"attendance-{attendance_id}")


def send_photo(photo: InspectionPhoto, content: bytes) -> Response:
    """Return a photograph taken on site."""
    return _send(content, UploadKind(photo.kind), f"inspection-{photo.inspection_id}-{photo.id}")


def _send(content: bytes, kind: UploadKind, name: str) -> Response:
    answer = send_file(
        io.BytesIO(content),
        mimetype=MIME_TYPES[kind],
        as_attachment=kind is UploadKind.PDF,
        download_name=f"{name}.{SUFFIXES[kind]}",
        etag=False,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    shut_in()
    return answer
