"""Lines of the ledger with the words for what they name, for a page, a workbook or paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.ledger.entries import Entry
from voucher.ledger.postings import ACCOUNT_NAMES
from voucher.ledger.vouchers import Voucher, voucher_number
from voucher.plumbing.clock import day_of
from voucher.registry.catalogue import get_region
from voucher.registry.institutions import Institution
from voucher.registry.users import name_people
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.settle.models.claims import Claim, claim_number

MOVEMENT_NAMES = {
    "grant": "下达",
    "reserve": "占用",
    "release": "释放",
    "spend": "支出",
    "take_back": "追回上缴",
    "carry_out": "结转转出",
    "carry_in": "结转转入",
    "hand_back": "年末收回",
}
NOBODY = "系统"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line with the words for what it names."""

    entry: Entry
    act: str
    path: tuple[str, str]
    budget: str
    claim: str
    voucher: str
    institution: str
    who: str


def name_budget(session: Session, budget: Budget) -> str:
    """Return what a budget is called in a line: its region, year and fund source."""
    source = FUND_SOURCE_NAMES[FundSource(budget.source)]
    return f"{get_region(session, budget.region_code).name} {budget.year} {source}"


def tell_entries(session: Session, found: Sequence[Entry], budgets: Mapping[int, str]) -> list[LedgerLine]:
    """Return lines with the words for what they name; the budgets are named by whoever lists them once."""
    claims, made_of = _read_claims(session, {each.claim_id for each in found if each.claim_id is not None})
    # what moves for a claim names the claim alone: its voucher is the one the claim was made of
    of = {each.id: each.voucher_id or made_of.get(each.claim_id or 0) for each in found}
    vouchers = _name_vouchers(session, {each for each in of.values() if each is not None})
    payees = dict(
        session.execute(
            select(Institution.id, Institution.name).where(
                Institution.id.in_({each.institution_id for each in found})
            )
        ).all()
    )
    people = name_people(session, [each.actor_person_id for each in found])
    return [
        LedgerLine(
            each,
            MOVEMENT_NAMES.get(each.act, each.act),
            (ACCOUNT_NAMES[each.from_role], ACCOUNT_NAMES[each.to_role]),
            budgets.get(each.budget_id, ""),
            claims.get(each.claim_id or 0, ""),
            vouchers.get(of[each.id] or 0, ""),
            payees.get(each.institution_id or 0, ""),
            people.get(each.actor_person_id, NOBODY),
        )
        for each in found
    ]


def _read_claims(session: Session, ids: set[int]) -> tuple[dict[int, str], dict[int, int]]:
    """Return the number of each claim, and the voucher of each that was made of one."""
    rows = session.execute(
        select(Claim.id, Claim.region_code, Claim.filed_on, Claim.voucher_id).where(Claim.id.in_(ids))
    ).all()
    numbers = {each.id: claim_number(each.region_code, each.filed_on.year, each.id) for each in rows}
    return numbers, {each.id: each.voucher_id for each in rows if each.voucher_id is not None}


def _name_vouchers(session: Session, ids: set[int]) -> dict[int, str]:
    rows = session.execute(
        select(Voucher.id, Voucher.region_code, Voucher.issued_at).where(Voucher.id.in_(ids))
    )
    return {each.id: voucher_number(each.region_code, day_of(each.issued_at).year, each.id) for each in rows}
