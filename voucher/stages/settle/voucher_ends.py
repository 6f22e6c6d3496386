"""How a voucher ends once its certificate is there: paid out, without payment, or taken back again.

Every act locks budgets, then vouchers, then claims.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select

from voucher.ledger import commitments, holds
from voucher.ledger.commitments import Commitment
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, advance, get_voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.standards import PARAMETER_MISSING
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.lifecycle import Thing, check_event, may_move
from voucher.rules.windows import add_months
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.clawback import OFFICE, open_clawbacks, recover_vouchers
from voucher.stages.settle.ending import end_claims
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment
from voucher.stages.settle.reading import LOOKUP_CHUNK, check_filed_none, lock_claims
from voucher.stages.settle.review import OPINION_MISSING

SOURCE = "豫办〔2021〕29号 第16项 以证换券、无证无价; S2-16f; LIFECYCLE Voucher"
PAID = frozenset({"paid", "recovering", "recovered"})
ENDED = frozenset({"rejected", "withdrawn"})
WINDOW = "claim_window_months_other"
REVOKED = "证书已撤销，无证无价"

PAYMENT_UNDER_WAY = reason(
    "payment_under_way",
    "培训券 {voucher} 有申领已列入拨付文件，尚无银行结果",
    "请等银行回盘，或先作废尚未签发的拨付文件，再办理",
    f"{SOURCE}；在途拨付须等银行结果",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class _Standing:
    """One certified voucher: is everything that was promised paid or out of reach, and was any of it paid?"""

    done: bool
    paid: bool


def close_due_vouchers(work: Work) -> int:
    """Close every certified voucher nothing more will be paid of; return how many. What is held waits.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    due = work.session.scalars(select(Voucher.id).where(Voucher.state == "certified")).all()
    closed = 0
    for start in range(0, len(due), LOOKUP_CHUNK):
        chunk = due[start : start + LOOKUP_CHUNK]
        standings = _read_standings(work, chunk)
        ripe = [voucher_id for voucher_id, each in standings.items() if each.done]
        closed += _close(work, lock_vouchers(work, Voucher.id.in_(ripe), money=True))
    return closed


def close_vouchers(work: Work, voucher_ids: Collection[int]) -> int:
    """Close those of the vouchers nothing more will be paid of; budgets and vouchers are locked already."""
    return _close(work, lock_vouchers(work, Voucher.id.in_(voucher_ids))) if voucher_ids else 0


def _close(work: Work, vouchers: Sequence[Voucher]) -> int:
    """Settle what was paid at least once, complete what was not; under the locks everything is read again."""
    certified = [each for each in vouchers if each.state == "certified"]
    standings = _read_standings(work, [each.id for each in certified])
    done = [each for each in certified if standings[each.id].done]
    paid = [each for each in done if standings[each.id].paid]
    unpaid = [
        each
        for each in done
        if not standings[each.id].paid and not holds.is_held(work, Thing.VOUCHER, each.id)
    ]
    advance(work, paid, "settle")
    commitments.free(work, [each.id for each in paid])
    commitments.release(work, paid)
    commitments.end_vouchers(work, unpaid, "complete", "各项补贴均未付而终，或申领期已过")
    return len(paid) + len(unpaid)


def _read_standings(work: Work, voucher_ids: Sequence[int]) -> dict[int, _Standing]:
    claims: dict[tuple[int, str], list[str]] = {}
    for each in _claims_of(work, voucher_ids):
        claims.setdefault((each.voucher_id or 0, each.kind), []).append(each.state)
    promised = _read_promised(work, voucher_ids)
    passed = _read_window_ends(work, voucher_ids)
    standings = {}
    for voucher_id in voucher_ids:
        over = voucher_id in passed and passed[voucher_id] < work.today
        states = {kind: claims.get((voucher_id, kind), []) for kind in promised.get(voucher_id, ())}
        standings[voucher_id] = _Standing(
            done=all(_is_done(told, over=over) for told in states.values()),
            paid=any(PAID.intersection(told) for told in states.values()),
        )
    return standings


def _is_done(told: Sequence[str], *, over: bool) -> bool:
    """Return whether a subsidy is paid, refused for good, or can no longer be claimed; newest claim last."""
    if PAID.intersection(told) or (told and told[-1] == "rejected"):
        return True
    return over and all(state in ENDED for state in told)


def _read_promised(work: Work, voucher_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the subsidies each voucher promised: commitments still open, or ended by their own claim."""
    claimed = select(Claim.id).where(Claim.entitlement_id == Commitment.entitlement_id).exists()
    found: dict[int, set[str]] = {}
    for start in range(0, len(voucher_ids), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(Commitment.voucher_id, Commitment.kind).where(
                Commitment.voucher_id.in_(voucher_ids[start : start + LOOKUP_CHUNK]),
                Commitment.ended_at.is_(None) | claimed,
            )
        )
        for voucher_id, kind in rows:
            found.setdefault(voucher_id, set()).add(kind)
    return found


def _read_window_ends(work: Work, voucher_ids: Sequence[int]) -> dict[int, date]:
    """Return the last day a claim may be filed for each voucher; none where there is no limit."""
    proofs = certificates.find_proofs(work.session, voucher_ids)
    issued = certificates.find_certificates(work.session, [each.certificate_id for each in proofs.values()])
    rows = work.session.execute(select(Voucher.id, Voucher.region_code).where(Voucher.id.in_(proofs)))
    regions = dict(rows.all())
    months: dict[tuple[str, date], int | None] = {}
    ends = {}
    for voucher_id, proof in proofs.items():
        issued_on, region = issued[proof.certificate_id].issued_on, regions[voucher_id]
        if (region, issued_on) not in months:
            months[region, issued_on] = _read_window(work, region, issued_on)
        limit = months[region, issued_on]
        if limit is not None:
            ends[voucher_id] = add_months(issued_on, limit)
    return ends


def _read_window(work: Work, region_code: str, issued_on: date) -> int | None:
    """Return the months within which a claim is filed; None where there is no limit, or nobody set one.

    What nobody has set keeps one voucher open, and never stops a bank's answer or the clock for everybody.
    """
    ancestry = catalogue.list_ancestry(work.session, region_code)
    try:
        return tables.read_parameter_number(work.session, WINDOW, issued_on, ancestry)
    except Refused as refused:
        if refused.refusal.code != PARAMETER_MISSING.code:
            raise
        return None


def _claims_of(work: Work, voucher_ids: Sequence[int]) -> list[Claim]:
    return list(
        work.session.scalars(select(Claim).where(Claim.voucher_id.in_(voucher_ids)).order_by(Claim.id))
    )


def decertify_due(work: Work) -> int:
    """Take back every voucher whose certificate has been revoked; return how many were.

    A voucher with a payment on its way waits for the bank. Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    revoked = certificates.list_decertified_vouchers(work.session)
    taken_back = 0
    for start in range(0, len(revoked), LOOKUP_CHUNK):
        chunk = revoked[start : start + LOOKUP_CHUNK]
        vouchers = lock_vouchers(
            work, Voucher.id.in_(chunk), Voucher.state.in_(("certified", "settled")), money=True
        )
        for voucher in vouchers:
            claims = lock_claims(work, Claim.voucher_id == voucher.id)
            if not _is_payment_under_way(work, Claim.voucher_id == voucher.id):
                _take_back(work, voucher, claims, REVOKED)
                taken_back += 1
    return taken_back


def decertify(work: Work, voucher_id: int, why: str) -> Voucher:
    """Take a certified or settled voucher back on a finding of fraud: unpaid it lapses, paid it is recovered.

    Raises Refused voucher_missing (also for a foreign one), role_missing, opinion_missing,
    event_not_allowed, payment_under_way, filed_some.
    """
    if not why.strip():
        raise OPINION_MISSING.refused()
    voucher = get_voucher(work, voucher_id, money=True)
    if voucher.region_code not in work.actor.regions:
        raise VOUCHER_MISSING.refused()
    check_reach(work.actor, voucher.region_code, *OFFICE)
    check_event(Thing.VOUCHER, voucher.state, "decertify_paid")
    claims = lock_claims(work, Claim.voucher_id == voucher.id)
    if _is_payment_under_way(work, Claim.voucher_id == voucher.id):
        raise PAYMENT_UNDER_WAY.refused(voucher=voucher.number)
    _take_back(work, voucher, claims, why.strip())
    return voucher


def take_back_all(work: Work, vouchers: Sequence[Voucher], why: str) -> None:
    """Take back vouchers at once, those locked with their claims, of which no payment is under way.

    Raises Refused filed_some.
    """
    for voucher in vouchers:
        _take_back(work, voucher, lock_claims(work, Claim.voucher_id == voucher.id), why)


def _is_payment_under_way(work: Work, condition: ColumnElement[bool]) -> bool:
    under_way = select(Payment.id).join(Claim, Claim.id == Payment.claim_id)
    found = work.session.scalar(
        under_way.where(condition, Payment.state.in_(("pending", "released"))).limit(1)
    )
    return found is not None


def _take_back(work: Work, voucher: Voucher, claims: Sequence[Claim], why: str) -> None:
    """End what is not paid, open a receivable for what is, and move the voucher to where that leads."""
    check_filed_none(work.session, work.actor.person_id, claims)
    unpaid = [each for each in claims if each.state not in PAID | ENDED]
    for event in ("reject", "withdraw"):
        # a draft has met no officer, and what is objected to is not this office's to reject: both go back
        going = [each for each in unpaid if may_move(Thing.CLAIM, each.state, event)]
        if going:
            end_claims(work, going, event, why)
    if not any(each.state in PAID for each in claims):
        commitments.end_vouchers(work, [voucher], "decertify", why)
        return
    advance(work, [voucher], "decertify_paid", reason=why)
    commitments.free(work, [voucher.id])
    commitments.release(work, [voucher])
    open_clawbacks(work, [each for each in claims if each.state == "paid"], why)
    recover_vouchers(work, [voucher.id])
