"""Whether the place or the honour behind a certificate's exam, or an award, still stands, asked of claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from voucher.rules.competitions import ENTRY_CONTESTED, ENTRY_TAKEN_BACK, Doubt
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.line_verdicts import PASSED
from voucher.stages.assess import queries as assessment
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.award_doubts import find_award_doubts
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.models.claims import Claim

STANDS = "凭以报考的竞赛成绩或荣誉仍在登记中"

ENTRIES_TAKEN_BACK = reason(
    "entries_taken_back",
    "有 {count} 条申领所凭的竞赛成绩或荣誉已被撤销：{claims}",
    "已制单的先作废文件；再对这些申领办理不予通过，其余申领另行办理；凭以发的证书由评价机构撤销",
    ENTRY_TAKEN_BACK.source,
    Family.CONFLICT,
)
ENTRIES_CONTESTED = reason(
    "entries_contested",
    "有 {count} 条申领所凭的竞赛成绩或荣誉有人申请撤销，正由第二人核定，先不支付：{claims}",
    "请等核定以后再办理，现在不要办理不予通过；已制单、其余要先付的，作废文件后重新制单，这些会自动留下",
    ENTRY_CONTESTED.source,
    Family.CONFLICT,
)
LONGEST_LIST = 20


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


def find_doubts(session: Session, claims: Sequence[Claim]) -> dict[int, Doubt]:
    """Return, by claim, whether the place or the honour it rests on is taken back or asked to be."""
    certified = [each for each in claims if each.certificate_id is not None]
    persons = assessment.find_entered_people(session, sorted({each.person_id for each in certified}))
    asked = [each.certificate_id for each in certified if each.person_id in persons if each.certificate_id]
    found = read_entered(session, certificates.find_candidates(session, asked).values(), "支付补贴")
    doubts = {}
    for claim in certified:
        told = found.get(claim.certificate_id or 0)
        if told is not None:
            is_open = told.code == ENTRY_CONTESTED.code
            doubts[claim.id] = Doubt.CONTESTED if is_open else Doubt.TAKEN_BACK
    return doubts | find_award_doubts(session, claims)


def leave_contested(session: Session, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims without those that rest on what somebody asks to take back; they wait, as on hold.

    Raises Refused entries_contested where nothing else is left.
    """
    doubts = find_doubts(session, claims)
    left = [each for each in claims if doubts.get(each.id) is not Doubt.CONTESTED]
    if claims and not left:
        raise ENTRIES_CONTESTED.refused(count=len(claims), claims=name_some([each.number for each in claims]))
    return left


def check_not_taken_back(session: Session, claims: Sequence[Claim], *, contested: bool) -> None:
    """Refuse what rests on a place or an honour taken back; with `contested` also what may yet be.

    Raises Refused entries_taken_back, entries_contested.
    """
    doubts = find_doubts(session, claims)
    gone = [each.number for each in claims if doubts.get(each.id) is Doubt.TAKEN_BACK]
    if gone:
        raise ENTRIES_TAKEN_BACK.refused(count=len(gone), claims=name_some(gone))
    waiting = [each.number for each in claims if doubts.get(each.id) is Doubt.CONTESTED]
    if contested and waiting:
        raise ENTRIES_CONTESTED.refused(count=len(waiting), claims=name_some(waiting))


def name_some(words: Sequence[str]) -> str:
    """Return words in a row, only the first where there are many."""
    shown = "、".join(words[:LONGEST_LIST])
    return shown if len(words) <= LONGEST_LIST else f"{shown} 等"
