"""Who came first: lines of one settlement held against earlier claims and against each other.

Among otherwise payable lines of one key the earliest certificate wins, then the smaller number;
a line left to a person never goes before one that is payable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import FREED, Entitlement
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.rules.duplicates import (
    DUPLICATE_ENTITLEMENT,
    HELD_BY_VOUCHER,
    EarlierClaim,
    fold_key,
    judge_duplicates,
    renewed_key,
)
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
    earlier = _read_earlier(work.session, person_ids, lawbook.aliases)
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
    judged = judge_duplicates(
        key, level, code, work.today, others, lawbook.duplicate_parameters(kind, work.today)
    )
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
        )
    )


def in_batch(verdict: Verdict) -> str:
    """Return what a line of this settlement is called until its claim has a number."""
    return f"{IN_THIS_BATCH} {verdict.candidate.certificate.number}"


def _read_earlier(
    session: Session, person_ids: Iterable[int], aliases: Mapping[str, str]
) -> dict[int, list[EarlierClaim]]:
    """Return what these people have claimed or been promised, province-wide, whatever became of it.

    Keys are folded, as the ones they are held against: an occupation renamed since is the same.
    """
    found: dict[int, list[EarlierClaim]] = {}
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), PIECE):
        piece = ordered[start : start + PIECE]
        for person_id, held in _read_held(session, piece, aliases):
            found.setdefault(person_id, []).append(held)
        # a bonus has a key of its own kind, and stands in no subsidy's way
        subsidies = (
            select(*CLAIMED, Entitlement.state.label("key_state"))
            .join(Entitlement, Entitlement.id == Claim.entitlement_id)
            .where(among(session, Claim.person_id, piece), Claim.basis_id.is_(None))
        )
        for claim in session.execute(subsidies.order_by(Claim.id)):
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
                )
            )
    return found


def _read_held(
    session: Session, person_ids: Sequence[int], aliases: Mapping[str, str]
) -> Iterator[tuple[int, EarlierClaim]]:
    """Yield the keys that vouchers of these people hold and no claim has been made of yet."""
    claimed = select(Claim.id).where(Claim.entitlement_id == Entitlement.id).exists()
    rows = session.execute(
        select(Entitlement, Voucher, Commitment.made_at)
        .join(Commitment, Commitment.entitlement_id == Entitlement.id)
        .join(Voucher, Voucher.id == Commitment.voucher_id)
        .where(among(session, Entitlement.person_id, person_ids), Commitment.ended_at.is_(None), ~claimed)
        .order_by(Entitlement.id)
    )
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
            ),
        )
