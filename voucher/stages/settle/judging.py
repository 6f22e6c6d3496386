"""What the rules say of one certificate before anybody submits it: payable, refused, or left to a person.

Every rule leaves a finding (✓ ! ✗ 未核) with its text and source; the first ✗ is the refusal shown.
Duplicates are judged afterwards, over all lines together (`voucher.stages.settle.precedence`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from voucher.rules.certificates import (
    QUALIFICATION_UNLISTED,
    Scope,
    check_fee,
    check_qualification_listed,
    check_scope,
)
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.errors import Family, Refusal, Refused
from voucher.rules.line_verdicts import PASSED, UNCHECKED, LineVerdict
from voucher.rules.proofs import HIGHER_SOURCE
from voucher.rules.standard_conditions import find_condition, tell_condition, tell_short_hours
from voucher.rules.subsidy import Case, Form, price_subsidy
from voucher.rules.vocabulary import (
    LEVEL_CERTIFICATE_KINDS,
    CertificateKind,
    Method,
    Outcome,
    SubsidyKind,
)
from voucher.rules.windows import CLAIM_WINDOW_PASSED, check_claim_window
from voucher.stages.certify.queries import Candidate, level_of
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.promises import Promise

# only what is evaluated stands in an evaluator's filing; the other kinds are refused by their own name
SCOPED_KINDS = LEVEL_CERTIFICATE_KINDS | {CertificateKind.SPECIAL_SKILL}
EVALUATOR_WINDOW, VOUCHER_WINDOW = "claim_window_months_listed", "claim_window_months_other"
LEAST = {Form.PRE_JOB: "pre_job_hours_minimum", Form.SENIOR_UPGRADE: "senior_upgrade_days_minimum"}
COMPLETION_HOURS = "completion_hours_minimum"
FACE_VALUE_SOURCE = "豫办〔2021〕29号 第16项; DOMAIN V4 面值券按核定面值申领"
VERIFIED_SOURCE = "豫办〔2021〕29号 第16项 以证换券、无证无价; S2-16e,f"


@dataclass(slots=True)
class Verdict(LineVerdict):
    """One line of a settlement: the certificate, the outcome, the amount in fen and why.

    `promise` is what a voucher promised for it; without one the certificate's evaluator is paid.
    """

    candidate: Candidate
    promise: Promise | None = None
    key: str | None = None
    earlier: Verdict | str | None = None
    claim_id: int | None = None

    @property
    def payee_id(self) -> int:
        """Return the institution that is paid."""
        return self.promise.payee_id if self.promise else self.candidate.certificate.institution_id

    def note(self, mark: str, text: str, source: str) -> None:
        """Add a finding; the same one is one object for all lines, and never changed."""
        self.findings.append(_finding(mark, text, source))


@lru_cache(maxsize=8192)
def _finding(mark: str, text: str, source: str) -> dict[str, str]:
    return {"mark": mark, "text": text, "source": source}


def judge_case(
    candidate: Candidate,
    kind: SubsidyKind,
    scopes: Sequence[Scope],
    filed_on: date,
    lawbook: Lawbook,
    promise: Promise | None = None,
) -> Verdict:
    """Return what the rules say of a certificate, its holder and the scores aside.

    With a promise nothing above it is paid, a face value is paid as it stands, and the key is its own.
    """
    verdict = Verdict(candidate, promise)
    # what is not subsidised at all is said first; whether it is proven does not matter then
    ask(
        verdict,
        lambda: _judge_price(verdict, kind, lawbook),
        lambda: _judge_conditions(verdict, kind, lawbook),
        lambda: _judge_proof(verdict),
        lambda: _judge_issuer(verdict, kind, scopes, lawbook),
        lambda: _judge_window(verdict, filed_on, lawbook),
    )
    return verdict


def ask(verdict: Verdict, *questions: Callable[[], None]) -> None:
    """Put questions to a certificate one after the other, whatever the ones before came to."""
    for question in questions:
        try:
            question()
        except Refused as refused:
            # a parameter nobody has set for that day is a question for a person, not a reason to stop all
            verdict.refer(refused.refusal)


def _judge_proof(verdict: Verdict) -> None:
    for told in verdict.candidate.codes:
        verdict.refuse(read_refusal(told))
    if not verdict.candidate.codes:
        verdict.note(PASSED, "证书与登记一致（人员、职业、等级、编号、机构、日期）", VERIFIED_SOURCE)
    if verdict.promise is not None and verdict.promise.raised_words is not None:
        verdict.note(PASSED, verdict.promise.raised_words, HIGHER_SOURCE)


def _try(verdict: Verdict, passed: str, source: str, check: Callable[[], object]) -> None:
    try:
        check()
    except Refused as refused:
        verdict.refuse(refused.refusal)
    else:
        verdict.note(PASSED, passed, source)


def _judge_issuer(verdict: Verdict, kind: SubsidyKind, scopes: Sequence[Scope], lawbook: Lawbook) -> None:
    certificate = verdict.candidate.certificate
    level, on = level_of(certificate.level), certificate.issued_on
    if CertificateKind(certificate.kind) in SCOPED_KINDS:
        _try(
            verdict,
            f"{verdict.candidate.evaluator_name}在备案范围和有效期内",
            "豫办〔2021〕29号 第4项; S2-04f",
            lambda: check_scope(certificate.trade_code, level, on, scopes, lawbook.aliases),
        )
    # what an evaluator charged costs the evaluator its subsidy, not those who trained
    if kind is SubsidyKind.EVALUATION and certificate.fee_fen is None:
        verdict.note(UNCHECKED, "是否收费未核", "S2-04g")
    elif kind is SubsidyKind.EVALUATION:
        _try(verdict, "未向考生收费", "S2-04g", lambda: check_fee(certificate.fee_fen))
    if certificate.kind == CertificateKind.QUALIFICATION:
        _judge_qualification(verdict, lawbook)


def _judge_qualification(verdict: Verdict, lawbook: Lawbook) -> None:
    certificate = verdict.candidate.certificate
    code = lawbook.aliases.get(certificate.trade_code, certificate.trade_code)
    entries = [entry for entry in lawbook.listed if entry.code == code]
    if not entries:
        verdict.note(UNCHECKED, "职业资格目录未导入该职业，是否在目录内未核", QUALIFICATION_UNLISTED.source)
        return
    try:
        check_qualification_listed(code, certificate.issued_on, entries)
    except Refused as refused:
        verdict.refer(refused.refusal)
    else:
        verdict.note(PASSED, "发证时该职业在国家职业资格目录内", QUALIFICATION_UNLISTED.source)


def _judge_window(verdict: Verdict, filed_on: date, lawbook: Lawbook) -> None:
    issued_on = verdict.candidate.certificate.issued_on
    months = lawbook.number(VOUCHER_WINDOW if verdict.promise else EVALUATOR_WINDOW, issued_on)
    if months is not None or issued_on > filed_on:
        _try(
            verdict,
            f"在证书核发 {months} 个月的申领期限内",
            CLAIM_WINDOW_PASSED.source,
            lambda: check_claim_window(issued_on, filed_on, months),
        )


def _judge_price(verdict: Verdict, kind: SubsidyKind, lawbook: Lawbook) -> None:
    certificate, promise = verdict.candidate.certificate, verdict.promise
    if promise is not None and promise.fixed_words is not None:
        verdict.amount_fen = verdict.proposed_fen = promise.amount_fen
        verdict.explanation = promise.fixed_words
        verdict.note(PASSED, promise.fixed_words, FACE_VALUE_SOURCE)
        return
    certificate_kind = CertificateKind(certificate.kind)
    special = certificate_kind is CertificateKind.SPECIAL_SKILL
    price = price_subsidy(
        Case(
            kind=kind,
            certificate_kind=certificate_kind,
            level=promise.level if promise and promise.raised_words else level_of(certificate.level),
            occupation_code=None if special else canonical_code(verdict),
            item_code=certificate.trade_code if special else None,
            method=Method(certificate.method),
            issued_on=certificate.issued_on,
            region_codes=lawbook.region_codes,
            reserved_fen=promise.amount_fen if promise else None,
            hours=promise.hours if promise else None,
            mode=TrainingMode(promise.mode) if promise and promise.mode else None,
            training_kind=promise.training_kind if promise else None,
            promised_on=promise.priced_on if promise else None,
        ),
        lawbook.standards,
        lawbook.modifiers,
    )
    if price.outcome is Outcome.REFUSED and price.refusal is not None:
        verdict.refuse(price.refusal)
    elif price.outcome is Outcome.MANUAL and price.refusal is not None:
        verdict.refer(price.refusal)
    elif verdict.outcome is Outcome.PAYABLE:
        verdict.amount_fen, verdict.explanation = price.amount_fen, price.explanation
        verdict.note(PASSED, price.explanation, price.standard.document if price.standard else "")
    verdict.proposed_fen = price.proposed_fen


def _judge_conditions(verdict: Verdict, kind: SubsidyKind, lawbook: Lawbook) -> None:
    """Leave to people what a standard is only given for, and nobody answers for here."""
    certificate, promise = verdict.candidate.certificate, verdict.promise
    asked = find_condition(
        kind,
        CertificateKind(certificate.kind),
        promise.training_kind if promise else None,
        certificate.issued_on if promise is None or promise.priced_on is None else promise.priced_on,
        lawbook.standards,
    )
    hours = promise.hours if promise else None
    if asked is not None:
        least = lawbook.number(LEAST[asked], certificate.issued_on) if asked in LEAST else None
        verdict.refer(tell_condition(asked, hours, least))
    elif kind is SubsidyKind.TRAINING and certificate.kind == CertificateKind.TRAINING_COMPLETION:
        short = tell_short_hours(hours, lawbook.number(COMPLETION_HOURS, certificate.issued_on))
        if short is not None:
            verdict.refer(short)


def canonical_code(verdict: Verdict) -> str:
    """Return the trade code after the alias map, as the verification snapshot has it."""
    found = verdict.candidate.canonical_trade_code
    return found if found is not None else verdict.candidate.certificate.trade_code


def read_refusal(told: dict[str, object]) -> Refusal:
    """Return a refusal as it was kept."""
    facts = told.get("facts")
    return Refusal(
        code=str(told["code"]),
        title=str(told["title"]),
        next_step=str(told["next_step"]),
        source=str(told["source"]),
        family=Family(str(told["family"])),
        facts=facts if isinstance(facts, dict) else {},
    )
