"""What the rules say of whoever holds a certificate: scores, age, facts, and the key it is subsidised by."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.registry.people import Named
from voucher.rules.assessment import (
    COMPREHENSIVE,
    COMPREHENSIVE_SOURCE,
    SKILL,
    SUBJECT_MARKS,
    THEORY,
    ScoreOutcome,
    asks_comprehensive,
    judge_scores,
)
from voucher.rules.duplicates import entitlement_key
from voucher.rules.eligibility import PersonFacts, Tag, judge_eligibility
from voucher.rules.identity import read_identity
from voucher.rules.line_verdicts import CAUTION, FAILED, PASSED, UNCHECKED
from voucher.rules.outside import DIED_BEFORE, OutsideFact, judge_life
from voucher.rules.vocabulary import CertificateKind, Outcome, SubsidyKind
from voucher.stages.certify.queries import level_of
from voucher.stages.settle.judging import Verdict, ask, canonical_code
from voucher.stages.settle.lawbook import Lawbook


def judge_holder(
    verdict: Verdict,
    kind: SubsidyKind,
    named: Named | None,
    tags: Sequence[Tag],
    intent: bool | None,
    lawbook: Lawbook,
) -> Verdict:
    """Add what the rules say of the scores and of the person, and the key; other claims are not looked at."""
    ask(
        verdict,
        lambda: _judge_scores(verdict, lawbook),
        lambda: _judge_person(verdict, named, tags, intent, lawbook),
    )
    if verdict.outcome is not Outcome.REFUSED:
        verdict.key = verdict.promise.key if verdict.promise else _key(verdict, kind, lawbook)
    return verdict


def judge_death(verdict: Verdict, death: OutsideFact | None) -> None:
    """Add what a recorded death of the holder says of the certificate."""
    if death is None:
        return
    outcome, refusal = judge_life(death, verdict.candidate.certificate.issued_on)
    if refusal is None:
        verdict.note(
            CAUTION, f"{death.system}登记本人已于 {death.since} 死亡，证书在这之前取得", DIED_BEFORE.source
        )
    elif outcome is Outcome.REFUSED:
        verdict.refuse(refusal)
    else:
        verdict.refer(refusal)


def _judge_scores(verdict: Verdict, lawbook: Lawbook) -> None:
    certificate = verdict.candidate.certificate
    scores = {
        THEORY: certificate.theory_hundredths,
        SKILL: certificate.skill_hundredths,
        COMPREHENSIVE: certificate.comprehensive_hundredths,
    }
    if all(score is None for score in scores.values()):
        verdict.note(UNCHECKED, "成绩未登记", "DOMAIN P7")
        return
    common = lawbook.require("pass_mark", certificate.issued_on)
    marks = {
        subject: (lawbook.number(name, certificate.issued_on) or common) * 100
        for subject, name in SUBJECT_MARKS.items()
    }
    given = {name: each for name, each in scores.items() if each is not None}
    judged = judge_scores(given, marks)
    for refusal in judged.refusals:
        verdict.refuse(refusal)
    least = lawbook.number("comprehensive_level_least", certificate.issued_on)
    if COMPREHENSIVE not in given and asks_comprehensive(
        CertificateKind(certificate.kind), certificate.level, least
    ):
        verdict.note(UNCHECKED, "综合评审成绩未登记", COMPREHENSIVE_SOURCE)
    elif judged.outcome is ScoreOutcome.PASSED:
        least_mark = min(marks[subject] for subject in given)
        verdict.note(PASSED, f"各科成绩均不低于 {least_mark // 100} 分", "DOMAIN P7")


def _judge_person(
    verdict: Verdict, named: Named | None, tags: Sequence[Tag], intent: bool | None, lawbook: Lawbook
) -> None:
    on = verdict.candidate.certificate.issued_on
    number = named.number if named is not None else None
    identity = read_identity(number, canonical=True) if number is not None else None
    facts = PersonFacts(
        birth_on=identity.birth_on if identity else None,
        sex=identity.sex if identity else None,
        tags=tuple(tags),
        intent_declared=intent,
    )
    judged = judge_eligibility(facts, on, lawbook.age_limits(on), strict=False)
    for finding in judged.findings:
        if str(finding.mark) != FAILED:
            verdict.note(str(finding.mark), finding.text, finding.source)
    if judged.refusal is not None:
        if judged.outcome is Outcome.REFUSED:
            verdict.refuse(judged.refusal)
        else:
            verdict.refer(judged.refusal)


def _key(verdict: Verdict, kind: SubsidyKind, lawbook: Lawbook) -> str:
    certificate = verdict.candidate.certificate
    special = certificate.kind == CertificateKind.SPECIAL_SKILL
    return entitlement_key(
        kind,
        certificate.person_id,
        certificate_kind=CertificateKind(certificate.kind),
        occupation_code=None if special else canonical_code(verdict),
        level=level_of(certificate.level),
        item_code=certificate.trade_code if special else None,
        aliases=lawbook.aliases,
    )
