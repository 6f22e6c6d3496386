"""PDF documents: complete, open to everybody, without programs; their pages are not looked into."""

from __future__ import annotations

import re

from voucher.plumbing.uploads.refusals import UPLOAD_ACTIVE, UPLOAD_DAMAGED, UPLOAD_LOCKED

TAIL_BYTES = 2048
_HEAD = re.compile(rb"%PDF-[12]\.[0-9]")
# a name within packed data is chance; what a document is made of stands outside its streams
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_LOCKED = re.compile(rb"/Encrypt\b")
_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)\b")


def check_pdf(content: bytes) -> None:
    """Refuse what ends early, asks for a password or carries a program, as far as that stands in the open.

    Raises attachment_damaged, attachment_locked, attachment_active.
    """
    tail = content[-TAIL_BYTES:]
    if not _HEAD.match(content) or b"%%EOF" not in tail or b"startxref" not in tail:
        raise UPLOAD_DAMAGED.refused()
    structure = _STREAM.sub(b"", content)
    if _LOCKED.search(structure):
        raise UPLOAD_LOCKED.refused()
    if _ACTIVE.search(structure):
        raise UPLOAD_ACTIVE.refused()
