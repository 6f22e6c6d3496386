"""One file that was handed in: what it is by its content, and what is kept of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from voucher.plumbing.uploads.jpeg import clean_jpeg
from voucher.plumbing.uploads.pdf import check_pdf
from voucher.plumbing.uploads.png import SIGNATURE, clean_png
from voucher.plumbing.uploads.refusals import (
    UPLOAD_EMPTY,
    UPLOAD_HEAVY,
    UPLOAD_HEIC,
    UPLOAD_UNKNOWN,
    UPLOAD_VAST,
)

MEGABYTE, TEN_THOUSAND = 1 << 20, 10_000
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})


class UploadKind(StrEnum):
    """What is taken."""

    JPEG = "jpeg"
    PNG = "png"
    PDF = "pdf"


MIME_TYPES = {
    UploadKind.JPEG: "image/jpeg",
    UploadKind.PNG: "image/png",
    UploadKind.PDF: "application/pdf",
}
SUFFIXES = {UploadKind.JPEG: "jpg", UploadKind.PNG: "png", UploadKind.PDF: "pdf"}


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How large one file may be, and how many pixels a picture may have."""

    max_bytes: int
    max_pixels: int

    def check_pixels(self, width: int, height: int) -> None:
        """Refuse a picture nobody's machine could open. Raises attachment_pixels_excessive."""
        if width * height > self.max_pixels:
            raise UPLOAD_VAST.refused(
                pixels=-(-width * height // TEN_THOUSAND), most=self.max_pixels // TEN_THOUSAND
            )


@dataclass(frozen=True, slots=True)
class Upload:
    """What is kept of a file: a picture without its metadata, or a document as it came."""

    kind: UploadKind
    content: bytes

    @property
    def sha256(self) -> str:
        """Return the digest of what is kept, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def read_upload(content: bytes, limits: UploadLimits) -> Upload:
    """Return what is kept of a file, known by its content whatever it is called.

    Raises attachment_empty, attachment_too_large, attachment_heic, attachment_kind_unknown,
    attachment_damaged, attachment_pixels_excessive, attachment_locked, attachment_active.
    """
    if not content:
        raise UPLOAD_EMPTY.refused()
    if len(content) > limits.max_bytes:
        tenths = -(-len(content) * 10 // MEGABYTE)
        raise UPLOAD_HEAVY.refused(
            size_mb=f"{tenths // 10}.{tenths % 10}", most_mb=limits.max_bytes // MEGABYTE
        )
    if content.startswith(b"\xff\xd8\xff"):
        cleaned, width, height = clean_jpeg(content)
        limits.check_pixels(width, height)
        return Upload(UploadKind.JPEG, cleaned)
    if content.startswith(SIGNATURE):
        return Upload(UploadKind.PNG, clean_png(content, limits.check_pixels)[0])
    if content.startswith(b"%PDF-"):
        check_pdf(content)
        return Upload(UploadKind.PDF, content)
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        raise UPLOAD_HEIC.refused()
    raise UPLOAD_UNKNOWN.refused()
