"""制单 → 复核 → 签发: one file for the bank from one budget, by three people.

The one who releases it has signed none of its claims.

The bytes are not kept: they are made again from the fixed rows and compared with the SHA-256 that was
fixed when the file was made, so that no account number lies on a disk.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger import holds, states
from voucher.ledger.restoring import check_paid
from voucher.ledger.year_ends import select_family
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_ancestry
from voucher.registry.institutions import PayeeAccount
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import STEP_NAMES, Step, check_hands, check_not_cleared
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.settle import offsetting
from voucher.stages.settle.booking import list_unsent, lock_behind, settle_unsent
from voucher.stages.settle.entered import leave_contested
from voucher.stages.settle.models.banking import PaymentLayout
from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.models.payments import Payment, PaymentFile, PaymentLine
from voucher.stages.settle.paying_years import check_may_pay, check_may_release
from voucher.stages.settle.payment_content import (
    ContentLine,
    build_content,
    choose_template,
    find_template,
    read_layout,
)
from voucher.stages.settle.payment_precheck import check_accounts_stand, check_payable, select_stopped
from voucher.stages.settle.payment_rows import add_up, write_lines, write_payments
from voucher.stages.settle.reading import (
    check_apart,
    check_no_decider,
    check_no_judge,
    list_clearers,
    list_hands,
    lock_claims,
)

SOURCE = "豫办〔2021〕29号 四(三); S2-Z3; PAGES 4.6 制单复核签发"

FILE_MISSING = reason(
    "payment_file_missing",
    "没有找到这个拨付文件",
    "请从拨付文件列表重新进入",
    SOURCE,
    Family.MISSING,
)
NOTHING_TO_PAY = reason(
    "nothing_to_pay",
    "该预算下没有已审批、等待拨付的申领",
    "请先完成财政审批；退票的请先更正收款账户",
    SOURCE,
    Family.CONFLICT,
)
FILE_CHANGED = reason(
    "payment_file_changed",
    "拨付文件内容与制单时的摘要不一致，已停止",
    "请作废后重新制单，并通知系统管理员核查",
    SOURCE,
    Family.CONFLICT,
)
translate("uq_payment_live_claim", "payment.claim_id", CHANGED_MEANWHILE)
translate("uq_payment_file_number", "payment_file.number", CHANGED_MEANWHILE)


def prepare(work: Work, budget_id: int, template_code: str | None = None) -> PaymentFile:
    """Make a payment file of what is approved under a budget: a line per payee, a payment per claim.

    It is written in the layout asked for, or the usual one of the region; where a layout takes so many
    lines only, the payees that came first are in it and the others wait for another file. What is on hold,
    rests on what somebody asks to take back, or is due to an institution that has been stopped, stays
    behind, so that it stops nobody else's money.
    Raises Refused role_missing, region_foreign, budget_missing (also for a foreign one), nothing_to_pay,
    involved, budget_year_over, budget_year_passed, bank_template_missing, payer_unknown,
    payment_instruction_invalid, restored_unreconciled, restored_payments_unconfirmed, and as
    `check_payable` does.
    """
    fund = budgets.get_budget(work, budget_id, lock=True)
    if fund.region_code not in work.actor.regions:
        raise budgets.BUDGET_MISSING.refused(budget=budget_id)
    check_reach(work.actor, fund.region_code, Role.FINANCE_MAKER)
    check_paid(work.session, list_ancestry(work.session, fund.region_code))
    check_may_pay(work, fund)
    template = choose_template(work.session, work.today, fund.region_code, template_code)
    layout = read_layout(work, template)
    claims = _lock_payable(work, budget_id, layout.lines_most)
    check_apart(work, claims, STEP_NAMES[Step.MAKE])
    met = offsetting.plan(work.session, fund, claims, work.today, lock=True)
    less = offsetting.sum_by_claim(met)
    accounts = check_payable(work, claims, layout, less)
    serial = work.session.scalar(select(PaymentFile.id).order_by(PaymentFile.id.desc()).limit(1)) or 0
    number = f"BF-{fund.region_code}-{work.today.year}-{serial + 1:04d}"
    lines = add_up(number, claims, less, accounts)
    file = PaymentFile(
        number=number,
        budget_id=budget_id,
        line_count=len(lines),
        total_fen=sum(each.amount_fen for each in lines),
        offset_fen=sum(each.offset_fen for each in lines),
        sha256="0" * 64,
        maker_person_id=work.actor.person_id,
        made_at=work.at,
        **states.first_state(Thing.PAYMENT_FILE, "prepare"),
    )
    file.sha256 = hashlib.sha256(build_content(work, file, template, lines)).hexdigest()
    work.session.add(file)
    work.session.flush()
    work.session.add(PaymentLayout(payment_file_id=file.id, bank_template_id=template.id))
    told: dict[str, object] = {"sha256": file.sha256, "bank_template": template.code}
    states.begin(work, Thing.PAYMENT_FILE, [file.id], "prepare", content={file.id: told})
    payments = write_payments(work, file, claims, write_lines(work, file, lines), less)
    offsetting.hold_back(work, met, payments)
    return file


def _lock_payable(work: Work, budget_id: int, payees_most: int | None) -> list[Claim]:
    live = select(Payment.claim_id).where(Payment.state.in_(("pending", "released", "succeeded")))
    claims = lock_claims(
        work,
        Claim.budget_id.in_(select_family(budget_id)),
        Claim.state == "approved",
        Claim.id.not_in(live),
        Claim.id.not_in(holds.select_held(Thing.CLAIM)),
        Claim.institution_id.not_in(select_stopped()),
    )
    if not claims:
        raise NOTHING_TO_PAY.refused()
    claims = leave_contested(work.session, claims)
    first = set(list(dict.fromkeys(each.institution_id for each in claims))[:payees_most])
    return [each for each in claims if each.institution_id in first]


def get_file(work: Work, payment_file_id: int) -> PaymentFile:
    """Return a payment file of the actor's regions, locked. Raises Refused payment_file_missing."""
    found = work.session.scalars(
        select(PaymentFile).where(PaymentFile.id == payment_file_id).with_for_update()
    ).first()
    if found is None or region_of(work, found) not in work.actor.regions:
        raise FILE_MISSING.refused()
    return found


def region_of(work: Work, file: PaymentFile) -> str:
    """Return the region of the budget a file is paid from."""
    return budgets.get_budget(work, file.budget_id).region_code


def _hands(file: PaymentFile) -> dict[Step, int]:
    hands = {Step.MAKE: file.maker_person_id}
    if file.checker_person_id is not None:
        hands[Step.CHECK] = file.checker_person_id
    return hands


def list_payments(work: Work, payment_file_id: int) -> list[Payment]:
    """Return the payments of a file, locked in order."""
    return list(
        work.session.scalars(
            select(Payment)
            .where(Payment.payment_file_id == payment_file_id)
            .order_by(Payment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _list_claims(work: Work, file: PaymentFile) -> list[Claim]:
    paid = select(Payment.claim_id).where(Payment.payment_file_id == file.id)
    return list(work.session.scalars(select(Claim).where(Claim.id.in_(paid)).order_by(Claim.id)))


def check(work: Work, payment_file_id: int) -> None:
    """Check a prepared file (复核).

    Raises Refused payment_file_missing, role_missing, same_hand, involved.
    """
    file = get_file(work, payment_file_id)
    check_reach(work.actor, region_of(work, file), Role.FINANCE_CHECKER)
    check_hands(Step.CHECK, work.actor.person_id, _hands(file))
    check_apart(work, _list_claims(work, file), STEP_NAMES[Step.CHECK])
    file.checker_person_id = work.actor.person_id
    file.checked_at = work.at
    work.session.flush()
    states.move(work, PaymentFile, [file], "check")


def release(work: Work, payment_file_id: int) -> PaymentFile:
    """Release a checked file (签发): its claims are being paid from now on.

    What is met by offset in full is settled with it, since no bank will answer for it.

    Raises Refused payment_file_missing, role_missing, same_hand (also where the releaser has signed any
    of its claims), involved, cleared_it, judged_denial, decided_objection, payees_stopped,
    certificates_no_longer_valid, entries_taken_back, entries_contested, holders_died_before,
    holders_ineligible, payee_account_changed, payment_file_changed, event_not_allowed, on_hold,
    budget_year_passed, restored_unreconciled, restored_payments_unconfirmed.
    """
    file = get_file(work, payment_file_id)
    fund = budgets.get_budget(work, file.budget_id)
    check_reach(work.actor, fund.region_code, Role.FINANCE_RELEASER)
    check_paid(work.session, list_ancestry(work.session, fund.region_code))
    check_may_release(work.session, fund, work.today)
    check_hands(Step.RELEASE, work.actor.person_id, _hands(file))
    unsent = list_unsent(work, file)
    if unsent:
        lock_behind(work, unsent)
    payments = list_payments(work, file.id)
    claims = lock_claims(work, Claim.id.in_([each.claim_id for each in payments]))
    ids = [each.id for each in claims]
    for hands in list_hands(work.session, ids).values():
        # one by one: through its revisions a claim may have had two people at the same step
        for step, person_id in hands:
            check_hands(Step.RELEASE, work.actor.person_id, {Step(step): person_id})
    name = STEP_NAMES[Step.RELEASE]
    check_apart(work, claims, name)
    check_no_judge(work.session, work.actor.person_id, ids, name)
    check_no_decider(work.session, work.actor.person_id, ids, name)
    clearers = list_clearers(work.session, ids)
    check_not_cleared(name, work.actor.person_id, clearers)
    layout = read_layout(work, find_template(work, file), file)
    less = {each.claim_id: each.offset_fen for each in payments}
    check_accounts_stand(work, file.id, check_payable(work, claims, layout, less))
    make_again(work, file)
    file.releaser_person_id = work.actor.person_id
    file.released_at = work.at
    work.session.flush()
    states.move(work, PaymentFile, [file], "release")
    states.move(work, Payment, payments, "release")
    states.move(work, Claim, claims, "release", reason=file.number)
    batch_ids = {each.batch_id for each in claims}
    again = work.session.scalars(
        select(SettlementBatch)
        .where(SettlementBatch.id.in_(batch_ids), SettlementBatch.state.in_(("approved", "released")))
        .order_by(SettlementBatch.id)
        .with_for_update()
    ).all()
    states.move(work, SettlementBatch, again, "release", reason=file.number)
    settle_unsent(work, file, unsent)
    return file


def void(work: Work, payment_file_id: int, why: str) -> None:
    """Void a file before it is released; its claims stay approved.

    Raises Refused payment_file_missing, role_missing, involved, event_not_allowed.
    """
    file = get_file(work, payment_file_id)
    check_reach(
        work.actor, region_of(work, file), Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_RELEASER
    )
    check_apart(work, _list_claims(work, file), "作废")
    states.move(work, PaymentFile, [file], "void", reason=why)
    payments = list_payments(work, file.id)
    states.move(work, Payment, payments, "void", reason=why)
    offsetting.let_go(work, payments)


def make_again(work: Work, file: PaymentFile) -> bytes:
    """Return the file's bytes, made again from its rows. Raises Refused payment_file_changed."""
    rows = work.session.execute(
        select(
            PaymentLine.reference,
            PayeeAccount,
            PaymentLine.amount_fen,
            PaymentLine.offset_fen,
            PaymentLine.purpose,
        )
        .join(PayeeAccount, PayeeAccount.id == PaymentLine.payee_account_id)
        .where(PaymentLine.payment_file_id == file.id)
        .order_by(PaymentLine.position)
    )
    content = build_content(work, file, find_template(work, file), [ContentLine(*row) for row in rows])
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise FILE_CHANGED.refused()
    return content
