"""Batches and their lines as an officer reads them: masked, explained, with the reason beside each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import card_numbers, catalogue, people
from voucher.registry.institutions import Institution
from voucher.rules.card_numbers import mask_number
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.vocabulary import OUTCOME_NAMES, Outcome
from voucher.stages.settle.lines import NO_LEVEL, level_word
from voucher.stages.settle.models.claims import Claim, SettlementBatch, SettlementLine
from voucher.stages.settle.models.sums import BatchSum
from voucher.stages.settle.queries.behind import read_behind
from voucher.stages.settle.queries.cleared import (
    Cleared,
    is_cleared,
    sum_cleared,
)
from voucher.stages.settle.queries.reach import Payees, lines_of, select_batches_of
from voucher.stages.settle.reading import BATCH_MISSING


@dataclass(frozen=True, slots=True)
class LevelSum:
    """The payable lines of one level: how many and how much in fen."""

    level: str
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A batch in numbers: lines by outcome, claims by state, payable ones by level, those cleared since."""

    outcomes: dict[str, int]
    states: dict[str, int]
    by_level: list[LevelSum]
    payable_fen: int
    people: int
    cleared: Cleared

    @property
    def count(self) -> int:
        """How many lines of it have an amount, as it stands now."""
        return sum(each.count for each in self.by_level) + self.cleared.count

    @property
    def amount_fen(self) -> int:
        """What they come to, in fen."""
        return self.payable_fen + self.cleared.amount_fen


@dataclass(frozen=True, slots=True)
class LineView:
    """One line, masked, as the rules said it and where its claim stands now."""

    position: int
    claim_id: int | None
    claim_number: str | None
    claim_state: str | None
    claim_state_name: str | None
    masked_name: str
    masked_number: str
    trade_code: str
    trade_name: str
    level: str
    method: str
    certificate_number: str
    evaluator_name: str
    issued_on: date
    outcome: str
    outcome_name: str
    amount_fen: int
    explanation: str
    refusal: dict[str, Any] | None
    findings: list[dict[str, str]]
    typed: tuple[tuple[str, str], ...] = ()


def batches_within(regions: Collection[str], payees: Payees) -> ColumnElement[bool]:
    """Return the condition of a batch of these regions, or with lines of these payees."""
    here = SettlementBatch.region_code.in_(sorted(regions))
    return here | SettlementBatch.id.in_(select_batches_of(payees)) if payees else here


def get_batch(
    session: Session, batch_id: int, regions: Collection[str], payees: Payees = ()
) -> SettlementBatch:
    """Return a batch. Raises Refused batch_missing, the same for a foreign one."""
    found = session.scalars(
        select(SettlementBatch).where(SettlementBatch.id == batch_id, batches_within(regions, payees))
    ).first()
    if found is None:
        raise BATCH_MISSING.refused()
    return found


def summarise(session: Session, batch_id: int, payees: Payees | None = None) -> BatchSummary:
    """Return a batch in numbers, or only what is these payees' in it.

    Its lines are added up as they were filed, what two people cleared of them as it stands now.
    """
    claimed = Claim.batch_id == batch_id
    if payees is not None:
        claimed &= Claim.institution_id.in_(sorted(payees))
    found = session.execute(select(Claim.state, func.count()).where(claimed).group_by(Claim.state))
    states = dict(found.all())
    cleared = sum_cleared(session, claimed)
    if payees is not None:
        mine = (SettlementLine.batch_id == batch_id) & lines_of(payees)
        return _summarise_lines(session, mine, states, cleared)
    outcomes: dict[str, int] = {}
    levels: dict[int, tuple[int, int]] = {}
    people_count = 0
    for each in session.scalars(select(BatchSum).where(BatchSum.batch_id == batch_id)):
        outcomes[each.outcome] = outcomes.get(each.outcome, 0) + each.lines
        people_count += each.people
        if each.outcome == str(Outcome.PAYABLE):
            count, amount_fen = levels.get(each.level, (0, 0))
            levels[each.level] = (count + each.lines, amount_fen + each.amount_fen)
    by_level = [(level, *levels[level]) for level in sorted(levels)]
    return _in_numbers(outcomes, states, by_level, people_count, cleared)


def _summarise_lines(
    session: Session, mine: ColumnElement[bool], states: dict[str, int], cleared: Cleared
) -> BatchSummary:
    """Return some lines in numbers, added up now."""
    outcomes = session.execute(
        select(SettlementLine.outcome, func.count()).where(mine).group_by(SettlementLine.outcome)
    )
    payable = mine & (SettlementLine.outcome == str(Outcome.PAYABLE))
    levels = session.execute(
        select(Claim.level, func.count(), func.sum(SettlementLine.amount_fen))
        .join(Claim, Claim.id == SettlementLine.claim_id)
        .where(payable)
        .group_by(Claim.level)
        .order_by(Claim.level)
    ).all()
    people_count = session.scalar(select(func.count(func.distinct(SettlementLine.person_id))).where(payable))
    return _in_numbers(dict(outcomes.all()), states, levels, people_count or 0, cleared)


def _in_numbers(
    outcomes: dict[str, int],
    states: dict[str, int],
    levels: Sequence[Any],
    people_count: int,
    cleared: Cleared,
) -> BatchSummary:
    by_level = [LevelSum(level_word(level), count, int(total or 0)) for level, count, total in levels]
    return BatchSummary(
        outcomes=outcomes,
        states=states,
        by_level=by_level,
        payable_fen=sum(each.amount_fen for each in by_level),
        people=people_count,
        cleared=cleared,
    )


def list_payees_of(session: Session, batch_id: int) -> list[str]:
    """Return the names of those a batch pays, the first registered first."""
    paid = select(BatchSum.institution_id).where(BatchSum.batch_id == batch_id, BatchSum.claims > 0)
    return list(
        session.scalars(select(Institution.name).where(Institution.id.in_(paid)).order_by(Institution.id))
    )


def list_lines(
    session: Session,
    keyring: Keyring,
    batch_id: int,
    *,
    outcome: str | None = None,
    state: str | None = None,
    after: int = 0,
    limit: int = 50,
    claim_id: int | None = None,
    payees: Payees | None = None,
) -> list[LineView]:
    """Return the lines of a batch after a position, by outcome, by the state of the claim, by payee."""
    query = (
        select(SettlementLine, Claim)
        .outerjoin(Claim, Claim.id == SettlementLine.claim_id)
        .where(SettlementLine.batch_id == batch_id, SettlementLine.position > after)
        .order_by(SettlementLine.position)
        .limit(limit)
    )
    if outcome is not None:
        query = query.where(SettlementLine.outcome == outcome)
    if state is not None:
        query = query.where(Claim.state == state, Claim.batch_id == batch_id)
    if claim_id is not None:
        query = query.where(SettlementLine.claim_id == claim_id)
    if payees is not None:
        query = query.where(lines_of(payees))
    rows = [(line, claim) for line, claim in session.execute(query)]
    return view_lines(session, keyring, rows)


def view_lines(
    session: Session, keyring: Keyring, rows: Sequence[tuple[SettlementLine, Claim | None]]
) -> list[LineView]:
    """Return lines as an officer reads them, in the given order."""
    behind = read_behind(session, [line for line, _ in rows])
    named = people.read_people(session, keyring, [line.person_id for line, _ in rows])
    trades = catalogue.name_trades(session, [each.trade_code for each in behind.values()])
    institution_ids = {each.institution_id for each in behind.values()}
    found = session.execute(
        select(Institution.id, Institution.name).where(Institution.id.in_(institution_ids))
    )
    evaluators = dict(found.all())
    whole = card_numbers.open_numbers(
        session, keyring, [(line.person_id, behind[line.id].number) for line, _ in rows]
    )
    views = []
    for line, claim in rows:
        proof = behind[line.id]
        who = named.get(line.person_id)
        said = claim if claim is not None and is_cleared(line, claim) else line
        views.append(
            LineView(
                position=line.position,
                claim_id=claim.id if claim else None,
                claim_number=claim.number if claim else None,
                claim_state=claim.state if claim else None,
                claim_state_name=STATE_NAMES[Thing.CLAIM][claim.state] if claim else None,
                masked_name=mask_name(who.name) if who else "（已注销）",
                masked_number=mask_identity(who.number) if who and who.number else "",
                trade_code=proof.trade_code,
                trade_name=trades.get(proof.trade_code, proof.trade_code),
                level=name_level(Level(proof.level)) if proof.level else NO_LEVEL,
                method=proof.method,
                certificate_number=mask_number(whole[line.person_id, proof.number]),
                evaluator_name=evaluators.get(proof.institution_id, ""),
                issued_on=proof.issued_on,
                outcome=line.outcome,
                outcome_name=OUTCOME_NAMES[Outcome(line.outcome)],
                amount_fen=said.amount_fen,
                explanation=said.explanation,
                refusal=line.refusal,
                findings=list(line.findings),
                typed=proof.typed,
            )
        )
    return views
