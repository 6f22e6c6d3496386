"""Papers of a filing: weighed, known by content, sealed under the institution's key, opened with a trace."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.reading import Upload, UploadLimits, read_upload
from voucher.registry import subjects
from voucher.registry.filing.limits import check_paper_size, check_papers_left
from voucher.registry.filing.models import Filing, FilingPaper
from voucher.registry.subjects import ORGANISATION
from voucher.registry.tables import require_parameter_number
from voucher.rules.lifecycle import Thing

PIXELS = "attachment_pixels_most"


def read_paper(work: Work, filing: Filing, content: bytes) -> Upload:
    """Return a photograph or PDF rid of what it tells aside.

    Raises Refused filing_paper_too_large, parameter_missing and what reading an upload refuses.
    """
    check_paper_size(work, filing, content)
    pixels = require_parameter_number(work.session, PIXELS, work.today, ())
    return read_upload(content, UploadLimits(len(content), pixels))


def keep_paper(work: Work, filing: Filing, read: Upload) -> FilingPaper:
    """Seal a paper under the key of the filing's institution and return it.

    Raises Refused filing_papers_full, filing_uploads_full, parameter_missing.
    """
    check_papers_left(work, filing, len(read.content))
    index = work.keyring.blind_index(ORGANISATION, filing.code)
    key = subjects.open_keys(work, [index])[index]
    own, mine = FilingPaper.code == filing.code, FilingPaper.uploaded_by_person_id == work.actor.person_id
    made = FilingPaper(
        code=filing.code,
        kind=str(read.kind),
        sha256=read.sha256,
        size_bytes=len(read.content),
        content_sealed=work.keyring.seal(key, _context(read.sha256), read.content),
        uploaded_at=work.at,
        uploaded_by_person_id=work.actor.person_id,
        code_place=_next_place(work, own),
        uploader_place=_next_place(work, mine),
    )
    work.session.add(made)
    work.session.flush()
    return made


def _next_place(work: Work, of_these: ColumnElement[bool]) -> int:
    return 1 + (work.session.scalar(select(func.count()).where(of_these)) or 0)


def unseal_paper(work: Work, filing: Filing, paper_id: int) -> tuple[FilingPaper, bytes]:
    """Return a paper of a filing with its content, and keep that it was looked at.

    Raises Refused subject_erased.
    """
    paper = work.session.get_one(FilingPaper, paper_id)
    index = work.keyring.blind_index(ORGANISATION, filing.code)
    key = subjects.find_keys(work.session, work.keyring, [index]).get(index)
    if key is None:
        raise subjects.SUBJECT_ERASED.refused()
    audit.record_one(work, str(Thing.FILING), filing.id, "look", paper=paper.id)
    return paper, work.keyring.unseal_bytes(key, _context(paper.sha256), paper.content_sealed)


def _context(sha256: str) -> str:
    return f"filing_paper.content_sealed/{sha256}"
