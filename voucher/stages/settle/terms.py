"""What a payee's own people say with a claim: the promise (告知承诺), how many lines, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.standards import get_parameter
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.settle.filing import Settled
from voucher.stages.settle.models.pledges import ClaimPledge

PLEDGE_SOURCE = "国办发〔2020〕42号 全面推行证明事项告知承诺制; 豫办〔2021〕29号 第16项"
PLEDGES = {SubsidyKind.TRAINING: "claim_pledge_training", SubsidyKind.EVALUATION: "claim_pledge_evaluation"}

PLEDGE_MISSING = reason(
    "claim_pledge_missing",
    "申领前须作出承诺，本次没有申领",
    "请阅读承诺内容，确认属实后勾选，再提交",
    PLEDGE_SOURCE,
)
DECLARED_DIFFERS = reason(
    "declared_differs",
    "申报 {declared_count} 条、{declared_total} 元，核定为 {count} 条、{total} 元；整批没有申报",
    "请重新查看逐人核对结果，按现在的条数和金额提交",
    "【设】申报的条数和金额与核定的一致才收，一条不符整批不收 (S2-16h; LIFECYCLE 批次)",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Declared:
    """How many payable lines the claimant counts on, and their sum in fen."""

    count: int
    total_fen: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said with a claim; whoever declares a count and a sum gets exactly that or nothing."""

    pledged: bool = False
    declared: Declared | None = None


@dataclass(frozen=True, slots=True)
class Pledge:
    """The promise as worded on a day: its words and since when they are in force."""

    words: str
    since: date


NOTHING_SAID, PLEDGED = Terms(), Terms(pledged=True)


def read_pledge(session: Session, kind: SubsidyKind, on: date, region_code: str | None = None) -> Pledge:
    """Return what a claimant promises on a day. Raises Refused parameter_missing."""
    regions = catalogue.list_ancestry(session, region_code) if region_code is not None else []
    row = get_parameter(session, PLEDGES[kind], on, list(regions))
    return Pledge(row.value, row.since)


def check_pledged(work: Work, terms: Terms) -> None:
    """Refuse a payee's own claim without the promise; an operator's has it on paper.

    Raises Refused claim_pledge_missing.
    """
    if not terms.pledged and not work.actor.has(Role.OPERATOR):
        raise PLEDGE_MISSING.refused()


def check_declared(declared: Declared | None, batches: Sequence[Settled]) -> None:
    """Refuse everything where the payable lines are not as many, or not as much, as was declared.

    Raises Refused declared_differs.
    """
    if declared is None:
        return
    count = sum(len(each.with_outcome(Outcome.PAYABLE)) for each in batches)
    total_fen = sum(each.total_fen for each in batches)
    if (count, total_fen) != (declared.count, declared.total_fen):
        raise DECLARED_DIFFERS.refused(
            declared_count=declared.count,
            declared_total=format_yuan(declared.total_fen),
            count=count,
            total=format_yuan(total_fen),
        )


def keep_pledge(work: Work, kind: SubsidyKind, region_code: str, batch_id: int, terms: Terms) -> None:
    """Keep the promise with its batch, word for word."""
    if not terms.pledged:
        return
    pledge = read_pledge(work.session, kind, work.today, region_code)
    work.session.add(
        ClaimPledge(
            batch_id=batch_id,
            words=pledge.words,
            words_since=pledge.since,
            given_by_person_id=work.actor.person_id,
            given_at=work.at,
        )
    )
    work.session.flush()
