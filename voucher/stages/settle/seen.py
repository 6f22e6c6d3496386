"""What an officer has seen before signing: lines with a caution one by one, and never a page gone stale."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Boolean, ColumnElement, SelectBase, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import select_held
from voucher.rules.approval import Step
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.queries.higher import select_higher_decided
from voucher.stages.settle.after_calls import find_uncalled
from voucher.stages.settle.models.claims import (
    WITH_CAUTION,
    Claim,
    ClaimHand,
    Clearing,
    SettlementLine,
    Signature,
)
from voucher.stages.settle.models.notices import Objection
from voucher.stages.settle.reading import concerning, select_judged

LOOKUP_CHUNK = 500
CONCERNED, OTHER_HAND, JUDGED, CLEARED = "concerned", "other_hand", "judged", "cleared"
BARS = {
    CONCERNED: "是您本人的，或付给您任职的机构",
    OTHER_HAND: "您已办理过其他环节",
    JUDGED: "您处理过它的异议或本人反映",
    CLEARED: "您参与过它的两人核定",
}
VERSION_CHARS = 16

AMBER_ONE_BY_ONE = reason(
    "amber_one_by_one",
    "其中 {count} 条有提示，不能成批通过；本次没有办理",
    "请逐条打开有提示的条目核对，再单独勾选这一条办理；没有提示的可以成批办理",
    "【设】只有全部检查没有提示的条目可以成批通过",
    Family.CONFLICT,
)
PAGE_STALE = reason(
    "page_stale",
    "页面打开之后情况有变，本次没有办理",
    "请刷新页面，核对现在的条数、金额和状态后重新办理",
    "【设】签署的就是看到的：页面版本与办理时一致",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class AmberLeft:
    """Claims with a caution not decided yet: those a person may decide on, in order; how many are held; and
    how many wait for somebody else, or for the calls of their class.
    """

    mine: tuple[int, ...]
    held: int
    barred: int


def list_amber(session: Session, batch_id: int, state: str) -> frozenset[int]:
    """Return the claims of a batch in a state about which a rule gave a caution (提示)."""
    found = session.scalars(
        select(SettlementLine.claim_id)
        .join(Claim, Claim.id == SettlementLine.claim_id)
        .where(
            SettlementLine.batch_id == batch_id, Claim.batch_id == batch_id, Claim.state == state, _is_amber()
        )
    )
    return frozenset(each for each in found if each is not None)


def read_amber_left(
    session: Session, batch_id: int, state: str, step: Step, person_id: int, today: date
) -> AmberLeft:
    """Return the claims with a caution not decided yet at a step, by whether a person may decide on them.

    Raises Refused parameter_missing.
    """
    held = select_held(Thing.CLAIM).subquery().c[0]
    signed = select(Signature.claim_id).where(
        Signature.claim_id == Claim.id,
        Signature.revision == Claim.revision,
        or_(
            Signature.signer_person_id == person_id,
            and_(Signature.step == str(step), Signature.decision == "pass"),
        ),
    )
    barred = say_bar(session, step, person_id, today) != ""
    left = session.execute(
        select(Claim.id, Claim.voucher_id, Claim.id.in_(select(held)), barred)
        .join(SettlementLine, SettlementLine.claim_id == Claim.id)
        .where(SettlementLine.batch_id == batch_id, Claim.batch_id == batch_id, Claim.state == state)
        .where(_is_amber(), ~signed.exists())
        .order_by(Claim.id)
    ).all()
    going = [(each, voucher_id) for each, voucher_id, stopped, kept in left if not (stopped or kept)]
    vouchers = [voucher_id for _, voucher_id in going if voucher_id is not None]
    uncalled = find_uncalled(session, vouchers, today) if step is Step.FIRST_REVIEW else {}
    mine = tuple(each for each, voucher_id in going if voucher_id not in uncalled)
    stopped = sum(bool(each[2]) for each in left)
    return AmberLeft(mine, stopped, len(left) - stopped - len(mine))


def say_bar(session: Session, step: Step, person_id: int, today: date) -> ColumnElement[str]:
    """Return the expression for why a person may not take a step on a claim, as `review` refuses it.

    Empty where nothing bars; one of `BARS` otherwise, the first that does.
    """
    other_hand = select(ClaimHand.claim_id).where(
        ClaimHand.person_id == person_id, ClaimHand.step != str(step)
    )
    decided = select(Objection.claim_id).where(Objection.decided_by_person_id == person_id)
    judged: list[SelectBase] = [select_judged(person_id), decided]
    whens: list[tuple[ColumnElement[bool], str]] = [
        (concerning(session, person_id, today), CONCERNED),
        (Claim.id.in_(other_hand), OTHER_HAND),
        (or_(*[Claim.id.in_(each) for each in judged]), JUDGED),
    ]
    if step is Step.APPROVE:
        cleared = select(Clearing.claim_id).where(
            or_(Clearing.proposed_by_person_id == person_id, Clearing.confirmed_by_person_id == person_id)
        )
        raised = Claim.voucher_id.in_(select_higher_decided(person_id))
        whens.append((or_(Claim.id.in_(cleared), raised), CLEARED))
    return case(*whens, else_="")


def list_barred(
    session: Session, batch_id: int, state: str, step: Step, person_id: int, today: date
) -> dict[int, str]:
    """Return the claims of a batch in a state on which a person may not take a step, each with its bar."""
    bar = say_bar(session, step, person_id, today)
    rows = session.execute(
        select(Claim.id, bar).where(Claim.batch_id == batch_id, Claim.state == state, bar != "")
    )
    return dict(rows.all())


def is_amber(session: Session, claim_ids: Sequence[int]) -> bool:
    """Return whether a rule gave a caution about one of these claims."""
    lines = select(SettlementLine.id).join(Claim, Claim.id == SettlementLine.claim_id)
    found = lines.where(SettlementLine.batch_id == Claim.batch_id, Claim.id.in_(claim_ids), _is_amber())
    return session.scalar(found.limit(1)) is not None


def check_one_by_one(session: Session, claims: Sequence[Claim]) -> None:
    """Refuse to pass a line with a caution together with others. Raises Refused amber_one_by_one."""
    if len(claims) < 2:
        return
    ids, amber = [each.id for each in claims], 0
    batch_ids = {each.batch_id for each in claims}
    for start in range(0, len(ids), LOOKUP_CHUNK):
        amber += session.scalar(
            select(func.count()).where(
                SettlementLine.batch_id.in_(batch_ids),
                SettlementLine.claim_id.in_(ids[start : start + LOOKUP_CHUNK]),
                _is_amber(),
            )
        ) or 0  # fmt: skip
    if amber:
        raise AMBER_ONE_BY_ONE.refused(count=amber)


def _is_amber() -> ColumnElement[bool]:
    # in the words of the index, which would not be used for others
    return literal_column(f"settlement_line.{WITH_CAUTION}", Boolean())


def version_of(
    session: Session, batch_id: int, state: str | None = None, claim_ids: Collection[int] | None = None
) -> str:
    """Return what stands for the lines of a batch as they are now: every step of any of them changes it."""
    wanted = select(func.count(), func.sum(Claim.amount_fen), func.sum(Claim.id), func.sum(Claim.seq)).where(
        Claim.batch_id == batch_id
    )
    if state is not None:
        wanted = wanted.where(Claim.state == state)
    if claim_ids is not None:
        wanted = wanted.where(Claim.id.in_(claim_ids))
    told = "|".join(str(each or 0) for each in session.execute(wanted).one())
    return hashlib.sha256(told.encode()).hexdigest()[:VERSION_CHARS]


def check_version(
    session: Session,
    batch_id: int,
    version: str,
    state: str | None = None,
    claim_ids: Collection[int] | None = None,
) -> None:
    """Refuse to act on lines that are no longer what was seen. Raises Refused page_stale."""
    if version != version_of(session, batch_id, state, claim_ids):
        raise PAGE_STALE.refused()
