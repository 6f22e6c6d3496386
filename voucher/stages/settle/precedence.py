"""Who came first: lines of one settlement held against earlier claims and against each other.

Among otherwise payable lines of one key the earliest certificate wins, then the smaller number;
a line left to a person never goes before one that is payable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import FREED, Entitlement
from voucher.ledger.holders import find_earned_days
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.rules.card_numbers import mask_number
from voucher.rules.duplicates import (
    DUPLICATE_ENTITLEMENT,
    HELD_BY_VOUCHER,
    EarlierClaim,
    fold_key,
    judge_duplicates,
    renewed_key,
)
from voucher.rules.entitlement_periods import is_by_period
from voucher.rules.vocabulary import CertificateKind, Outcome, SubsidyKind
from voucher.stages.certify.queries import level_of
from voucher.stages.settle.judging import Verdict, canonical_code
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.models.claims import Claim, claim_number

LOOKUP_CHUNK = 500
# so many people are looked up at a time
PIECE = 2000
CLAIMED = (
    *(Claim.id, Claim.person_id, Claim.region_code, Claim.filed_on, Claim.kind, Claim.entitlement_key),
    *(Claim.trade_code, Claim.level, Claim.state),
)
PAID = ("paid", "recovering", "recovered")
IN_THIS_BATCH = "本批"


def order_lines(work: Work, kind: SubsidyKind, verdicts: Sequence[Verdict], lawbook: Lawbook) -> None:
    """Refuse or refer the lines that stand behind an earlier claim or an earlier line."""
    person_ids = [each.candidate.certificate.person_id for each in verdicts]
    dated = any(is_by_period(each.key or "") for each in verdicts)
    earlier = _read_earlier(work.session, person_ids, lawbook.aliases, dated=dated)
    winners: dict[str, Verdict] = {}
    called: dict[str, Verdict] = {}
    # chosen before any is judged: a line referred on the way must not meet itself in the second round
    for standing in [
        [each for each in verdicts if each.outcome is outcome]
        for outcome in (Outcome.PAYABLE, Outcome.MANUAL)
    ]:
        for verdict in standing:
            _judge_line(work, kind, verdict, earlier, winners, called, lawbook)


def _judge_line(
    work: Work,
    kind: SubsidyKind,
    verdict: Verdict,
    earlier: dict[int, list[EarlierClaim]],
    winners: dict[str, Verdict],
    called: dict[str, Verdict],
    lawbook: Lawbook,
) -> None:
    certificate = verdict.candidate.certificate
    # an occupation may have been renamed since a voucher took its key
    key = fold_key(verdict.key or "", lawbook.aliases)
    known = earlier.setdefault(certificate.person_id, [])
    # the key a voucher holds does not stand against the claim made of that voucher
    own = verdict.promise.voucher_number if verdict.promise else None
    others = [each for each in known if each.state != HELD_BY_VOUCHER or each.number != own]
    if key in winners:
        verdict.earlier = winners[key]
        verdict.refuse(DUPLICATE_ENTITLEMENT.refusal(earlier=in_batch(winners[key])))
        return
    level = level_of(certificate.level)
    code = canonical_code(verdict)
    parameters = lawbook.duplicate_parameters(kind, work.today)
    if any(is_by_period(each) for each in (key, *(one.key for one in others))):
        months = lawbook.number(tables.CARD_RENEWAL_MONTHS, work.today)
        parameters = replace(parameters, period_months=months)
    judged = judge_duplicates(key, level, code, work.today, others, parameters, certificate.issued_on)
    if judged.refusal is not None:
        number = judged.earlier.number if judged.earlier is not None else None
        verdict.earlier = called.get(number or "", number)
        if judged.outcome is Outcome.REFUSED:
            verdict.refuse(judged.refusal)
            return
        verdict.refer(judged.refusal)
    winners[key] = called[in_batch(verdict)] = verdict
    if verdict.promise is None or verdict.promise.entitlement_id is None:
        verdict.key = renewed_key(key, others)
    known.append(
        EarlierClaim(
            number=in_batch(verdict),
            kind=kind,
            key=key,
            occupation_code=code if certificate.kind != CertificateKind.SPECIAL_SKILL else None,
            level=level,
            state="submitted",
            filed_on=work.today,
            paid=False,
            earned_on=certificate.issued_on,
        )
    )


def in_batch(verdict: Verdict) -> str:
    """Return what a line of this settlement is called until its claim has a number."""
    certificate = verdict.candidate.certificate
    shown = mask_number(certificate.number)
    # two numbers that carry an identity number look alike once it is hidden, and a person's cards share one
    apart = "" if shown == certificate.number else f"（证书登记号 {certificate.id}）"
    return f"{IN_THIS_BATCH} {shown}{apart}"


def _read_earlier(
    session: Session, person_ids: Iterable[int], aliases: Mapping[str, str], *, dated: bool
) -> dict[int, list[EarlierClaim]]:
    """Return what these people have claimed or been promised, province-wide, whatever became of it.

    Keys are folded, as the ones they are held against: an occupation renamed since is the same. The days of
    their cards are asked for where something had once a period is judged (`dated`), or was had before.
    """
    found: dict[int, list[EarlierClaim]] = {}
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), PIECE):
        piece = ordered[start : start + PIECE]
        for person_id, held in _read_held(session, piece, aliases, dated=dated):
            found.setdefault(person_id, []).append(held)
        # a bonus has a key of its own kind, and stands in no subsidy's way
        subsidies = (
            select(*CLAIMED, Entitlement.state.label("key_state"))
            .join(Entitlement, Entitlement.id == Claim.entitlement_id)
            .where(among(session, Claim.person_id, piece), Claim.basis_id.is_(None))
        )
        claims = session.execute(subsidies.order_by(Claim.id)).all()
        days = _read_days(session, [each.entitlement_key for each in claims], dated=dated)
        for claim in claims:
            found.setdefault(claim.person_id, []).append(
                EarlierClaim(
                    number=claim_number(claim.region_code, claim.filed_on.year, claim.id),
                    kind=SubsidyKind(claim.kind),
                    key=fold_key(claim.entitlement_key, aliases),
                    occupation_code=claim.trade_code if claim.level else None,
                    level=level_of(claim.level),
                    state=claim.state,
                    filed_on=claim.filed_on,
                    paid=claim.state in PAID,
                    released=claim.state in PAID and claim.key_state == FREED,
                    earned_on=days.get(claim.entitlement_key),
                )
            )
    return found


def _read_days(session: Session, keys: Sequence[str], *, dated: bool) -> dict[str, date]:
    return find_earned_days(session, keys) if dated or any(is_by_period(each) for each in keys) else {}


def _read_held(
    session: Session, person_ids: Sequence[int], aliases: Mapping[str, str], *, dated: bool
) -> Iterator[tuple[int, EarlierClaim]]:
    """Yield the keys that vouchers of these people hold and no claim has been made of yet."""
    claimed = select(Claim.id).where(Claim.entitlement_id == Entitlement.id).exists()
    rows = session.execute(
        select(Entitlement, Voucher, Commitment.made_at)
        .join(Commitment, Commitment.entitlement_id == Entitlement.id)
        .join(Voucher, Voucher.id == Commitment.voucher_id)
        .where(among(session, Entitlement.person_id, person_ids), Commitment.ended_at.is_(None), ~claimed)
        .order_by(Entitlement.id)
    ).all()
    days = _read_days(session, [each.key for each, _, _ in rows], dated=dated)
    for entitlement, voucher, made_at in rows:
        yield (
            entitlement.person_id,
            EarlierClaim(
                number=voucher.number,
                kind=SubsidyKind(entitlement.kind),
                key=fold_key(entitlement.key, aliases),
                occupation_code=entitlement.trade_code if entitlement.level else None,
                level=level_of(entitlement.level or 0),
                state=HELD_BY_VOUCHER,
                filed_on=day_of(made_at),
                paid=False,
                earned_on=days.get(entitlement.key),
            ),
        )
