"""What the rules say of vouchers somebody claims for: each held against what it promised its holder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import FREED, Entitlement
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.facts import read_facts
from voucher.registry.outside.reading import read_deaths
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import SUBSIDY_NAMES, SubsidyKind
from voucher.stages.assess import queries as assessment
from voucher.stages.certify import queries as certificates
from voucher.stages.certify.queries import Candidate
from voucher.stages.certify.queries.higher import find_accepted_higher
from voucher.stages.settle.entered import judge_entry, read_entered
from voucher.stages.settle.judging import Verdict, judge_case
from voucher.stages.settle.judging_holders import judge_death, judge_holder
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.promises import LOOKUP_CHUNK, Promise
from voucher.stages.train import queries as training

SOURCE = "豫办〔2021〕29号 第16项 以证换券; S2-16d–f"

NOTHING_PROMISED = reason(
    "nothing_promised",
    "培训券 {voucher} 没有锁定{kind}",
    "该项补贴应付 0 元；请核对班级的证书类型和补贴标准",
    SOURCE,
    Family.CONFLICT,
)
CERTIFICATE_DIFFERS = reason(
    "certificate_differs_from_voucher",
    "证书的职业、等级与培训券 {voucher} 锁定的不一致",
    "请核对证书；与所学班级不一致的证书不能兑现该券",
    f"{SOURCE}; AC-F8",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class VoucherCase:
    """One certified voucher with its certificate, and who is paid for one subsidy of it."""

    voucher: Voucher
    candidate: Candidate
    payee_id: int
    hours: int | None
    mode: str | None = None
    training_kind: str | None = None
    level: Level | None = None
    raised_words: str | None = None


def find_payees(work: Work, kind: SubsidyKind, vouchers: Sequence[Voucher]) -> dict[int, int]:
    """Return who would be paid for each voucher that far: who trained, or who evaluated."""
    ids = [each.id for each in vouchers]
    if kind is SubsidyKind.TRAINING:
        classes = training.classes_of(work.session, ids)
        return {voucher_id: each.institution_id for voucher_id, each in classes.items()}
    proofs = certificates.find_proofs(work.session, ids)
    issued = certificates.find_certificates(work.session, [each.certificate_id for each in proofs.values()])
    passed = assessment.exams_passed(work.session, ids)
    return {
        **{voucher_id: each.institution_id for voucher_id, each in passed.items()},
        **{voucher_id: issued[each.certificate_id].institution_id for voucher_id, each in proofs.items()},
    }


def read_cases(work: Work, kind: SubsidyKind, vouchers: Sequence[Voucher]) -> dict[int, VoucherCase]:
    """Return the vouchers that have a certificate and a payee, with both."""
    ids = [each.id for each in vouchers]
    proofs = certificates.find_proofs(work.session, ids)
    found = certificates.find_candidates(work.session, [each.certificate_id for each in proofs.values()])
    completions = training.completions_of(work.session, ids)
    classes = training.classes_of(work.session, ids)
    payees = find_payees(work, kind, vouchers)
    raised = find_accepted_higher(work.session, ids)
    return {
        each.id: VoucherCase(
            voucher=each,
            candidate=found[proofs[each.id].certificate_id],
            payee_id=payees[each.id],
            hours=completions[each.id].hours_attended if each.id in completions else None,
            mode=classes[each.id].mode if each.id in classes else None,
            training_kind=classes[each.id].training_kind if each.id in classes else None,
            level=certificates.level_of(classes[each.id].level) if each.id in classes else None,
            raised_words=_tell_raised(raised[each.id].why) if each.id in raised else None,
        )
        for each in vouchers
        if each.id in proofs and each.id in payees
    }


def _tell_raised(why: str) -> str:
    return f"证书等级高于本券：经两人核定，按本券等级的标准兑现（{why}）"


def judge_cases(
    work: Work, kind: SubsidyKind, region_code: str, cases: Sequence[VoucherCase]
) -> list[Verdict]:
    """Return what the rules say of each voucher on its own, without looking at other claims."""
    session = work.session
    lawbook = Lawbook.read(session, region_code)
    person_ids = [each.voucher.holder_person_id for each in cases]
    named = people.read_people(session, work.keyring, person_ids)
    facts, deaths = read_facts(session, person_ids), read_deaths(session, person_ids)
    scopes = certificates.read_scopes(session, [each.candidate.certificate.filing_id for each in cases])
    promised = _read_promised(work, kind, [each.voucher.id for each in cases])
    entered = read_entered(session, [each.candidate for each in cases])
    verdicts = []
    for case in cases:
        voucher, person_id = case.voucher, case.voucher.holder_person_id
        if voucher.id not in promised:
            verdict = Verdict(case.candidate)
            told = NOTHING_PROMISED.refusal(voucher=voucher.number, kind=SUBSIDY_NAMES[kind])
            verdict.refuse(told)
            verdicts.append(verdict)
            continue
        commitment, entitlement = promised[voucher.id]
        verdict = judge_case(
            case.candidate,
            kind,
            scopes[case.candidate.certificate.filing_id],
            work.today,
            lawbook,
            _promise(case, kind, commitment, entitlement),
        )
        judge_entry(verdict, entered)
        judge_death(verdict, deaths.get(person_id))
        tags, intent = facts.tags.get(person_id, []), facts.intents.get(person_id)
        judge_holder(verdict, kind, named.get(person_id), tags, intent, lawbook)
        proven = (case.candidate.canonical_trade_code, case.candidate.certificate.level)
        if case.candidate.verified and proven != (entitlement.trade_code, entitlement.level or 0):
            verdict.refuse(CERTIFICATE_DIFFERS.refusal(voucher=voucher.number))
        verdicts.append(verdict)
    return verdicts


def _read_promised(
    work: Work, kind: SubsidyKind, voucher_ids: Sequence[int]
) -> dict[int, tuple[Commitment, Entitlement]]:
    """Return the newest commitment of each voucher: one still open, or one that ended with its own claim."""
    claimed = select(Claim.id).where(Claim.entitlement_id == Commitment.entitlement_id).exists()
    found: dict[int, tuple[Commitment, Entitlement]] = {}
    for start in range(0, len(voucher_ids), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(Commitment, Entitlement)
            .join(Entitlement, Entitlement.id == Commitment.entitlement_id)
            .where(
                Commitment.voucher_id.in_(voucher_ids[start : start + LOOKUP_CHUNK]),
                Commitment.kind == str(kind),
                Commitment.ended_at.is_(None) | claimed,
            )
            .order_by(Commitment.id)
        )
        found.update({commitment.voucher_id: (commitment, entitlement) for commitment, entitlement in rows})
    return found


def _promise(
    case: VoucherCase, kind: SubsidyKind, commitment: Commitment, entitlement: Entitlement
) -> Promise:
    fixed = None
    if case.voucher.worth == "face_value" and kind is SubsidyKind.TRAINING:
        day = commitment.priced_on.isoformat()
        fixed = f"面值 {format_yuan(commitment.amount_fen)}，锁定于 {day}；{commitment.explanation}"
    return Promise(
        voucher_id=case.voucher.id,
        voucher_number=case.voucher.number,
        payee_id=case.payee_id,
        key=entitlement.key,
        amount_fen=commitment.amount_fen,
        entitlement_id=None if entitlement.state == FREED else entitlement.id,
        fixed_words=fixed,
        hours=case.hours,
        mode=case.mode,
        training_kind=case.training_kind,
        priced_on=commitment.priced_on,
        level=case.level,
        raised_words=case.raised_words,
    )
