"""The lines of a settlement: written as they were judged, and told as an officer or a machine reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from voucher.plumbing.bulk import write_many
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Named
from voucher.rules.card_numbers import mask_number
from voucher.rules.errors import refusal_as_json
from voucher.rules.levels import LEVEL_NAMES, Level, name_level
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, METHOD_NAMES, CertificateKind, Method, Outcome
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.models.claims import SettlementLine, claim_number

NO_LEVEL = "无等级"
COLUMNS = (
    *("position", "certificate_id", "person_id", "outcome", "amount_fen", "explanation"),
    *("findings", "refusal", "claim_id"),
)


def write_lines(work: Work, batch_id: int, verdicts: Sequence[Verdict], first_position: int = 1) -> None:
    """Keep lines of a batch as they were judged, numbered from a position on."""
    rows = [
        (
            position,
            each.candidate.certificate.id,
            each.candidate.certificate.person_id,
            str(each.outcome),
            each.amount_fen,
            each.explanation,
            "[" + ",".join([_write(**finding) for finding in each.findings]) + "]",
            canonical_json(refusal_as_json(each.refusal)) if each.refusal is not None else None,
            each.claim_id,
        )
        for position, each in enumerate(verdicts, first_position)
    ]
    write_many(work.session, SettlementLine, COLUMNS, rows, {"batch_id": batch_id})


@lru_cache(maxsize=8192)
def _write(**finding: str) -> str:
    """Return a finding as it is kept; most lines of a batch have the same ones."""
    return canonical_json(finding)


def level_word(ordinal: int) -> str:
    """Return the short word of a level, as the published settlements use it."""
    return LEVEL_NAMES[Level(ordinal)] if ordinal else NO_LEVEL


def describe_line(
    verdict: Verdict, named: Named | None, region_code: str, year: int, trade_name: str
) -> dict[str, object]:
    """Return one line for an officer, masked, with the reason and the earlier claim where there is one."""
    certificate = verdict.candidate.certificate
    refusal = verdict.refusal
    level = name_level(Level(certificate.level)) if certificate.level else NO_LEVEL
    return {
        "name": mask_name(named.name) if named else "",
        "identity": mask_identity(named.number) if named and named.number else "",
        "certificate": mask_number(certificate.number),
        "certificate_kind": CERTIFICATE_KIND_NAMES[CertificateKind(certificate.kind)],
        "occupation": certificate.trade_code,
        "occupation_name": trade_name,
        "level": level,
        "method": METHOD_NAMES[Method(certificate.method)],
        "issued_on": certificate.issued_on.isoformat(),
        "evaluator": verdict.candidate.evaluator_name,
        "outcome": str(verdict.outcome),
        "amount_fen": verdict.amount_fen,
        "explanation": verdict.explanation,
        "claim": claim_number(region_code, year, verdict.claim_id) if verdict.claim_id else None,
        "code": refusal.code if refusal else None,
        "title": refusal.title if refusal else None,
        "next_step": refusal.next_step if refusal else None,
        "source": refusal.source if refusal else None,
        "earlier_claim": verdict.earlier if isinstance(verdict.earlier, str) else None,
    }


def sum_by_level(verdicts: Sequence[Verdict]) -> Mapping[str, dict[str, int]]:
    """Return the payable lines by level: how many, how many people, how much in fen."""
    sums: dict[str, dict[str, int]] = {}
    people: dict[str, set[int]] = {}
    ordered = sorted(verdicts, key=lambda each: each.candidate.certificate.level)
    for each in ordered:
        if each.outcome is not Outcome.PAYABLE:
            continue
        word = level_word(each.candidate.certificate.level)
        row = sums.setdefault(word, {"claims": 0, "people": 0, "amount_fen": 0})
        row["claims"] += 1
        row["amount_fen"] += each.amount_fen
        people.setdefault(word, set()).add(each.candidate.certificate.person_id)
        row["people"] = len(people[word])
    return sums
