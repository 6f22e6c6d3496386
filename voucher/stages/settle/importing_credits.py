"""追回款到账: what the bank says has come in is matched to receivables; nothing is booked by it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.accounts import find_accounts_in_use
from voucher.registry.catalogue import Region
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role, check_reach
from voucher.rules.repayments import Matched, Owed, match_credit
from voucher.stages.settle.credit_reading import CreditTold, read_statement_credits
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.credits import BankCredit
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import letter_number
from voucher.stages.settle.twins import ByHand, find_twin, list_by_hand, names_of

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class CreditReport:
    """What came of an import: credits matched, set apart to be looked at, known before; debits left out."""

    matched: int
    unknown: int
    repeated: int
    debits: int


def import_credits(
    work: Work, region_code: str, content: bytes, filename: str, limits: Limits
) -> CreditReport:
    """Take in the credits of a region's account and propose what each is for; known ones change nothing.

    A credit under a reference of the bank that is known with another sum is set apart.
    Raises Refused role_missing, region_foreign, and as `read_statement_credits` does.
    """
    check_reach(work.actor, region_code, Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
    read = read_statement_credits(content, filename, limits)
    # two imports at once take turns, so that one sees what the other has taken in
    work.session.execute(select(Region.code).where(Region.code == region_code).with_for_update()).all()
    # a file taken in for the wrong region can still be taken in for the right one
    source = hashlib.sha256(region_code.encode() + b"\n" + content).hexdigest()
    seen = set(work.session.scalars(select(BankCredit.line).where(BankCredit.source_sha256 == source)))
    known = _list_known(work.session, region_code, read.credits)
    owed = list_owed(work.session, region_code)
    bare = _list_bare(work.session, region_code, read.credits)
    by_hand = list_by_hand(work.session, region_code)
    matched = unknown = repeated = 0
    for each in read.credits:
        if each.line in seen or known.get(each.bank_reference) == each.amount_fen:
            repeated += 1
            continue
        found = _match(each, owed, contradicts=each.bank_reference in known)
        if not each.bank_reference and _looks(each) in bare:
            found = Matched(None, "没有流水号，且与已导入的一笔户名、附言、金额都相同")
        if (twin := find_twin(each, found.clawback_id, by_hand)) is not None:
            found = Matched(None, _tell_twin(twin, found.clawback_id))
        bare.add(_looks(each))
        reference = each.bank_reference if each.bank_reference not in known else None
        _take_in(work, region_code, source, each, reference or None, found)
        known[each.bank_reference or None] = each.amount_fen
        matched, unknown = (matched + 1, unknown) if found.problem is None else (matched, unknown + 1)
    work.session.flush()
    report = CreditReport(matched, unknown, repeated, read.debits)
    audit.record_one(
        work,
        "bank_credit",
        0,
        "import",
        sha256=hashlib.sha256(content).hexdigest(),
        region=region_code,
        matched=matched,
        unknown=unknown,
    )
    return report


def _match(told: CreditTold, owed: Sequence[Owed], *, contradicts: bool) -> Matched:
    if contradicts and told.bank_reference:
        return Matched(None, f"流水号 {told.bank_reference} 已经导入过，金额不同")
    return match_credit(told.remark, told.payer_name, told.amount_fen, owed)


def _looks(told: CreditTold | BankCredit) -> tuple[str, str, int]:
    return told.payer_name, told.remark, told.amount_fen


def _list_known(session: Session, region_code: str, told: Sequence[CreditTold]) -> dict[str | None, int]:
    """Return the sums in fen known under the references of a file, each of which the bank gives once."""
    references = sorted({each.bank_reference for each in told if each.bank_reference})
    known: dict[str | None, int] = {}
    for start in range(0, len(references), AT_ONCE):
        rows = select(BankCredit.bank_reference, BankCredit.amount_fen).where(
            BankCredit.region_code == region_code,
            BankCredit.bank_reference.in_(references[start : start + AT_ONCE]),
        )
        known |= dict(session.execute(rows).all())
    return known


def _list_bare(session: Session, region_code: str, told: Sequence[CreditTold]) -> set[tuple[str, str, int]]:
    """Return how known credits without a reference of the bank look, of the payers of a file's bare rows.

    It may be the same again.
    """
    payers = sorted({each.payer_name for each in told if not each.bank_reference})
    looks: set[tuple[str, str, int]] = set()
    for start in range(0, len(payers), AT_ONCE):
        rows = select(BankCredit).where(
            BankCredit.region_code == region_code,
            BankCredit.bank_reference.is_(None),
            BankCredit.payer_name.in_(payers[start : start + AT_ONCE]),
        )
        looks |= {_looks(each) for each in session.scalars(rows)}
    return looks


def _tell_twin(twin: ByHand, clawback_id: int | None) -> str:
    same = "同一追回单" if twin.clawback_id == clawback_id else f"同一付款单位（{twin.letter_number}）"
    return f"{same}、同一金额已有人工登记（凭证 {twin.reference}），请核对是否同一笔"


def _take_in(
    work: Work, region_code: str, source: str, told: CreditTold, reference: str | None, found: Matched
) -> None:
    work.session.add(
        BankCredit(
            region_code=region_code,
            source_sha256=source,
            line=told.line,
            bank_reference=reference,
            payer_name=told.payer_name,
            remark=told.remark,
            amount_fen=told.amount_fen,
            clawback_id=found.clawback_id,
            problem=found.problem,
            proposed_by_person_id=work.actor.person_id,
            proposed_at=work.at,
        )
    )


def list_owed(session: Session, region_code: str) -> list[Owed]:
    """Return the open receivables of a region, with the names each may be paid under."""
    rows = session.execute(
        select(Clawback, Claim.region_code, Institution)
        .join(Claim, Claim.id == Clawback.claim_id)
        .join(Institution, Institution.id == Clawback.institution_id)
        .where(Clawback.state == "opened", Claim.region_code == region_code)
        .order_by(Clawback.id)
    ).all()
    accounts = find_accounts_in_use(session, sorted({payee.id for _, _, payee in rows}))
    owed = []
    for clawback, region, payee in rows:
        left_fen = clawback.amount_fen - clawback.recovered_fen
        owed.append(Owed(clawback.id, letter_number(clawback, region), names_of(payee, accounts), left_fen))
    return owed
