"""Claiming for vouchers: who trained claims the training subsidy, who evaluated claims the other one.

One transaction: what the voucher kept becomes the claim's, on the key the voucher holds, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voucher.ledger import budget as budgets
from voucher.ledger.holds import check_no_hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.settle.filing import Frame, Settled, file_batch
from voucher.stages.settle.fitting import fit_budget
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.precedence import order_lines
from voucher.stages.settle.reading import STAFF_OF_PAYEE
from voucher.stages.settle.terms import NOTHING_SAID, Terms, check_declared, check_pledged, keep_pledge
from voucher.stages.settle.voucher_judging import (
    VoucherCase,
    find_payees,
    judge_cases,
    read_cases,
)
from voucher.stages.settle.waiting import serve_queue
from voucher.stages.train.queries import claiming

SOURCE = "豫办〔2021〕29号 第16项 以证换券、无证无价; S2-16b,e,f,h,i"

NO_VOUCHER_CHOSEN = reason(
    "no_voucher_chosen",
    "没有选择要申领的培训券",
    "请从已持证的培训券中选择一张或多张后再申领",
    SOURCE,
)
VOUCHER_NOT_CERTIFIED = reason(
    "voucher_not_certified",
    "培训券 {voucher} 当前为“{state}”，尚不能申领补贴",
    "须先核销、结业、评价合格并取得核验一致的证书；持证后再申领",
    SOURCE,
    Family.CONFLICT,
)
CLAIM_WITHOUT_REDEMPTION = reason(
    "claim_without_redemption",
    "培训券 {voucher} 没有有效的核销记录",
    "未核销的券不能申领补贴；请核对核销记录，有疑问的请联系经办机构",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Filed:
    """What came of it: one batch per region, budget and project the vouchers stand under."""

    batches: tuple[Settled, ...]

    @property
    def batch(self) -> Settled:
        """Return the first batch, which is the only one where the vouchers stand under one programme."""
        return self.batches[0]

    @property
    def batch_ids(self) -> list[int]:
        """Return the batches, to be reviewed one by one."""
        return [each.batch_id for each in self.batches]

    @property
    def verdicts(self) -> list[Verdict]:
        """Return every line of every batch."""
        return [verdict for each in self.batches for verdict in each.verdicts]


def file_claims(
    work: Work, kind: SubsidyKind, voucher_ids: Sequence[int], terms: Terms = NOTHING_SAID
) -> Filed:
    """Claim one subsidy for certified vouchers; a line the rules refuse stays a line without a claim.

    With a declared count and sum, exactly that is filed or nothing at all.

    The training institution claims for its classes, the evaluator for its certificates, an operator for
    the vouchers of the region. Raises Refused role_missing, claim_pledge_missing, no_voucher_chosen,
    voucher_missing (also for a foreign one), claim_without_redemption, voucher_not_certified, on_hold,
    declared_differs, entitlement_taken (where another claim was committed meanwhile; the caller tries again).
    """
    check_role(work.actor, Role.OPERATOR, *STAFF_OF_PAYEE[kind])
    wanted = sorted(set(voucher_ids))
    if not wanted:
        raise NO_VOUCHER_CHOSEN.refused()
    check_pledged(work, terms)
    vouchers = lock_vouchers(work, Voucher.id.in_(wanted), money=True, holders=True)
    payees = find_payees(work, kind, vouchers)
    if len(vouchers) != len(wanted):
        raise VOUCHER_MISSING.refused()
    for voucher in vouchers:
        _check_reach(work, kind, voucher, payees.get(voucher.id))
    redeemed = claiming.list_redeemed(work.session, wanted)
    for voucher in vouchers:
        if voucher.id not in redeemed:
            raise CLAIM_WITHOUT_REDEMPTION.refused(voucher=voucher.number)
    cases = read_cases(work, kind, vouchers)
    for voucher in vouchers:
        if voucher.state != "certified" or voucher.id not in cases:
            name = STATE_NAMES[Thing.VOUCHER][voucher.state]
            raise VOUCHER_NOT_CERTIFIED.refused(voucher=voucher.number, state=name)
    # to claim is toward payment, though the voucher itself does not move by it
    check_no_hold(work, Thing.VOUCHER, wanted, "certify")
    groups: dict[tuple[int, str, int], list[VoucherCase]] = {}
    for voucher in vouchers:
        group = (voucher.budget_id, voucher.region_code, voucher.project_id)
        groups.setdefault(group, []).append(cases[voucher.id])
    filed = Filed(tuple(_file_group(work, kind, *group, groups[group]) for group in sorted(groups)))
    check_declared(terms.declared, filed.batches)
    for settled, (_, region_code, _) in zip(filed.batches, sorted(groups), strict=True):
        keep_pledge(work, kind, region_code, settled.batch_id, terms)
    return filed


def _check_reach(work: Work, kind: SubsidyKind, voucher: Voucher, payee_id: int | None) -> None:
    """Answer a voucher outside the actor's institution and regions as a missing one."""
    if payee_id is not None and work.actor.serves(payee_id, *STAFF_OF_PAYEE[kind]):
        return
    if not work.actor.has(Role.OPERATOR) or voucher.region_code not in work.actor.regions:
        raise VOUCHER_MISSING.refused()
    check_reach(work.actor, voucher.region_code, Role.OPERATOR)


def _file_group(
    work: Work,
    kind: SubsidyKind,
    budget_id: int,
    region_code: str,
    project_id: int,
    cases: Sequence[VoucherCase],
) -> Settled:
    ordered = sorted(
        cases, key=lambda each: (each.candidate.certificate.issued_on, each.candidate.certificate.number)
    )
    verdicts = judge_cases(work, kind, region_code, ordered)
    order_lines(work, kind, verdicts, Lawbook.read(work.session, region_code))
    # who gave the key back before gave the money back with it, and stands in line like everybody
    anew = [each for each in verdicts if each.promise is not None and each.promise.entitlement_id is None]
    fit_budget(work, budgets.get_home(work, budget_id), anew)
    issued = [each.candidate.certificate.issued_on for each in ordered]
    frame = Frame(kind, region_code, min(issued), max(issued), project_id, budget_id)
    settled = file_batch(work, frame, verdicts)
    if any(each.outcome is Outcome.PAYABLE for each in verdicts):
        serve_queue(work, budget_id)
    return settled
