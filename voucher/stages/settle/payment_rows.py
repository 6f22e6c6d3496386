"""The rows of a payment file: a line per payee, a payment per claim, and what each meets of receivables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import insert

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import PayeeAccount
from voucher.rules.bonuses import name_purpose
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment, PaymentFile, PaymentLine
from voucher.stages.settle.payment_content import ContentLine


def add_up(
    number: str, claims: Sequence[Claim], less: Mapping[int, int], accounts: Mapping[int, PayeeAccount]
) -> list[ContentLine]:
    """Return a line per payee, the first registered first, with what its claims are for."""
    of: dict[int, list[Claim]] = {}
    for claim in claims:
        of.setdefault(claim.institution_id, []).append(claim)
    lines = []
    for position, payee_id in enumerate(sorted(of), start=1):
        offset_fen = sum(less.get(each.id, 0) for each in of[payee_id])
        lines.append(
            ContentLine(
                reference=f"{number}-{position:05d}",
                account=accounts[payee_id],
                amount_fen=sum(each.amount_fen for each in of[payee_id]) - offset_fen,
                offset_fen=offset_fen,
                purpose=name_purpose(each.kind for each in of[payee_id]),
            )
        )
    return lines


def write_lines(work: Work, file: PaymentFile, lines: Sequence[ContentLine]) -> dict[int, int]:
    """Write the rows of a file and return the id of each payee's."""
    rows = [
        {
            "payment_file_id": file.id,
            "position": position,
            "reference": line.reference,
            "institution_id": line.account.institution_id,
            "payee_account_id": line.account.id,
            "amount_fen": line.amount_fen,
            "offset_fen": line.offset_fen,
            "purpose": line.purpose,
        }
        for position, line in enumerate(lines, start=1)
    ]
    ids = work.session.scalars(
        insert(PaymentLine).returning(PaymentLine.id, sort_by_parameter_order=True), rows
    ).all()
    return {line.account.institution_id: each for line, each in zip(lines, ids, strict=True)}


def write_payments(
    work: Work,
    file: PaymentFile,
    claims: Sequence[Claim],
    line_ids: Mapping[int, int],
    less: Mapping[int, int],
) -> dict[int, tuple[int, int]]:
    """Write a payment per claim, less what it meets, and return claim → (payment, payee)."""
    rows = [
        {
            **states.first_state(Thing.PAYMENT, "prepare"),
            "claim_id": each.id,
            "payment_file_id": file.id,
            "payment_line_id": line_ids[each.institution_id],
            "person_id": each.person_id,
            "trade_code": each.trade_code,
            "level": each.level,
            "institution_id": each.institution_id,
            "verification_id": each.verification_id,
            "basis_id": each.basis_id,
            "verified": True,
            "computed_fen": each.amount_fen,
            "offset_fen": less.get(each.id, 0),
            "amount_fen": each.amount_fen - less.get(each.id, 0),
        }
        for each in claims
    ]
    ids = work.session.scalars(
        insert(Payment).returning(Payment.id, sort_by_parameter_order=True), rows
    ).all()
    # what the trail is to prove of one payment, away from this house
    told: dict[int, dict[str, object]] = {
        payment_id: {
            "claim_id": row["claim_id"],
            "institution_id": row["institution_id"],
            "payment_file_id": file.id,
            "amount_fen": row["amount_fen"],
        }
        for payment_id, row in zip(ids, rows, strict=True)
    }
    states.begin(work, Thing.PAYMENT, list(ids), "prepare", content=told)
    return {each.id: (i, each.institution_id) for each, i in zip(claims, ids, strict=True)}
