"""Whether the place or the honour behind a certificate's exam still stands, asked of claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.rules.competitions import ENTRY_TAKEN_BACK
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.line_verdicts import PASSED
from voucher.stages.assess import queries as assessment
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.models.claims import Claim

STANDS = "凭以报考的竞赛成绩或荣誉仍在登记中"

ENTRIES_TAKEN_BACK = reason(
    "entries_taken_back",
    "有 {count} 条申领的考生凭以报考的竞赛成绩或荣誉已被撤销：{claims}",
    "请先对这些申领办理不予通过，其余申领再制单或签发；证书由评价机构撤销",
    ENTRY_TAKEN_BACK.source,
    Family.CONFLICT,
)


def read_entered(
    session: Session, candidates: Iterable[certificates.Candidate], act: str = "结算补贴"
) -> dict[int, Refusal | None]:
    """Return, for each certificate whose exam was entered on a place or an honour, why that bars an act."""
    issued = [each.certificate for each in candidates]
    earned = {
        each.id: assessment.Earned(
            each.person_id, each.institution_id, each.trade_code, each.level, each.issued_on
        )
        for each in issued
    }
    return assessment.find_recorded_entries(session, earned, act)


def judge_entry(verdict: Verdict, entered: Mapping[int, Refusal | None]) -> None:
    """Add to a verdict what is said of the way into the exam; of most exams nothing."""
    certificate_id = verdict.candidate.certificate.id
    if certificate_id not in entered:
        return
    told = entered[certificate_id]
    if told is None:
        verdict.note(PASSED, STANDS, ENTRY_TAKEN_BACK.source)
    else:
        verdict.refuse(told)


def list_taken_back(work: Work, claims: Sequence[Claim]) -> list[str]:
    """Return the numbers of claims for a certificate whose holder entered its exam on what was taken back."""
    ids = {each.certificate_id: each.number for each in claims if each.certificate_id is not None}
    persons = assessment.find_entered_people(work.session, sorted({each.person_id for each in claims}))
    asked = [
        each.certificate_id
        for each in claims
        if each.person_id in persons and each.certificate_id is not None
    ]
    candidates = certificates.find_candidates(work.session, asked).values()
    found = read_entered(work.session, candidates, "支付补贴")
    return [ids[certificate_id] for certificate_id, told in found.items() if told is not None]
