"""What two officers do where a certificate's level is above its voucher's: propose, agree, decline."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from voucher.doors.auth.entries import OFFICERS
from voucher.doors.web import fields
from voucher.doors.web.office.deeds import Ask, Deed, ask_why, said_why
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.levels import Level, name_level
from voucher.rules.privacy import mask_free_text
from voucher.stages.certify.higher import accept_higher, decline_higher, propose_higher
from voucher.stages.certify.queries.higher import HigherView, list_higher, list_higher_offered

CERTIFICATE, EVIDENCE = "certificate", "evidence"
ASK_CERTIFICATE = Ask(
    CERTIFICATE, "哪本证书", "只列出同一职业、由组织考试的机构在考试之后核发的高等级证书", kind="choice"
)


def fits_higher(session: Session, voucher: Voucher, person_id: int) -> dict[str, bool]:
    """Return which of these deeds somebody may do to a voucher as it stands; the acts check again."""
    newest = next(iter(list_higher(session, voucher.id)), None)
    waits = newest is not None and newest.decided_at is None
    others = waits and newest is not None and newest.proposed_by_person_id != person_id
    offered = not waits and bool(list_higher_offered(session, voucher))
    return {"propose-higher": offered, "accept-higher": others, "decline-higher": others}


def list_higher_choices(session: Session, voucher: Voucher) -> list[tuple[str, str]]:
    """Return the certificates that may be proposed for a voucher, by number."""
    return [
        (each.number, f"{mask_free_text(each.number)}，{name_level(Level(each.level))}，{each.issued_on}")
        for each in list_higher_offered(session, voucher)
    ]


def tell_higher(rows: Sequence[HigherView]) -> list[tuple[str, str]]:
    """Return the facts of what waits for a decision, if anything does."""
    waiting = [each for each in rows if each.decided_at is None]
    return [
        fact
        for each in waiting
        for fact in (
            ("高等级证书", f"{mask_free_text(each.number)}（{name_level(Level(each.level))}）"),
            ("提出的理由", each.why),
            ("依据", each.evidence),
        )
    ]


def _propose(work: Work, voucher_id: int) -> str:
    number = fields.text(CERTIFICATE, "哪本证书", limit=40)
    propose_higher(work, voucher_id, number, said_why(), fields.text(EVIDENCE, "依据"))
    return "已提出，等待另一人确认"


def _accept(work: Work, voucher_id: int) -> str:
    accept_higher(work, voucher_id)
    return "已持证：按本券等级的标准兑现，证书等级的资格同时占用"


def _decline(work: Work, voucher_id: int) -> str:
    decline_higher(work, voucher_id, said_why("不同意的理由"))
    return "已不同意：本人会看到理由，有新的依据可再次提出"


HIGHER_DEEDS: dict[str, Deed] = {
    "propose-higher": Deed(
        "高等级证书：提出",
        OFFICERS,
        "证书与本券同一职业、等级更高的，由一人提出、另一人确认；确认后按本券等级的标准兑现，不按证书等级多付，"
        "证书等级的资格同时占用，以后不再另付。",
        _propose,
        asks=(
            ASK_CERTIFICATE,
            ask_why(hint="本人和机构都会看到"),
            Ask(EVIDENCE, "依据", "核实了什么、凭据在哪里"),
        ),
    ),
    "accept-higher": Deed(
        "高等级证书：确认",
        OFFICERS,
        "确认后转为已持证，按本券等级的标准兑现，不多付；证书等级的资格同时占用，不能退回。",
        _accept,
    ),
    "decline-higher": Deed(
        "高等级证书：不同意",
        OFFICERS,
        "不同意的，本券仍待同等级证书；有新的依据可以再次提出。",
        _decline,
        asks=(ask_why("不同意的理由", "本人会看到"),),
    ),
}
