"""整班追回: every voucher of a class is taken back at once, by two people, all or none, a case per payee.

While it waits the vouchers stand still. What was paid keeps its entitlement used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit, holds
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.money import format_yuan
from voucher.rules.revocations import Consequences, Fallen, add_up_consequences
from voucher.rules.words import check_why
from voucher.stages.settle.clawback import OFFICE
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.class_clawbacks import (
    CLASS_ASKED,
    ClassClawback,
    ClawbackCase,
    ClawbackCaseLine,
)
from voucher.stages.settle.models.payments import Clawback, Payment
from voucher.stages.settle.reading import check_filed_none, lock_claims
from voucher.stages.settle.voucher_ends import take_back_all
from voucher.stages.train import queries as training
from voucher.stages.train.queries.counted import find_last_places, list_vouchers_of_classes

SOURCE = "AC-I5 虚假班级查实; 豫办〔2021〕29号 第16项; 【设】整班追回由两人办理，先看后果"
FALLING = ("certified", "settled")
OVER = ("refused", "rejected", "withdrawn", "recovering", "recovered")

NOTHING_TO_TAKE_BACK = reason(
    "class_nothing_to_take_back",
    "该班没有已持证或已兑现的培训券",
    "没有可追回的；尚在培训、考核的，按机构处置或作废办理",
    SOURCE,
    Family.CONFLICT,
)
FALL_CHANGED = reason(
    "class_clawback_stale",
    "提出以后情况有变，现在牵连 {now}",
    "请重新查看现在的后果；仍要整班追回的，作废后按现在的情况重新提出",
    SOURCE,
    Family.CONFLICT,
)
CLASS_CLAWBACK_MISSING = reason(
    "class_clawback_missing",
    "没有找到等待确认的整班追回",
    "可能已由他人办结，请从班级页面重新进入",
    SOURCE,
    Family.MISSING,
)
CLASS_UNDER_WAY = reason(
    "class_payment_under_way",
    "该班有 {count} 笔已列入拨付文件，尚无银行结果",
    "请等银行回盘，或先作废尚未签发的拨付文件，再整班办理",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class ClassFall:
    """What falls with a class: its vouchers, and the money by how far it is."""

    voucher_ids: tuple[int, ...]
    found: Consequences

    @property
    def said(self) -> str:
        """Return it in one line."""
        found = self.found
        return (
            f"{len(self.voucher_ids)} 张券；"
            f"未付 {found.claims_unpaid} 笔 {format_yuan(found.unpaid_fen)} 元，"
            f"在途 {found.claims_under_way} 笔 {format_yuan(found.under_way_fen)} 元，"
            f"已付应追回 {found.claims_paid} 笔 {format_yuan(found.paid_fen)} 元"
        )


def read_class_fall(session: Session, class_id: int) -> ClassFall:
    """Return what would fall with a class as things stand: of vouchers that were last in it."""
    ever = list_vouchers_of_classes(session, [class_id])
    last = find_last_places(session, ever)
    here = [each for each in ever if last[each].class_id == class_id]
    vouchers = session.execute(
        select(Voucher.id, Voucher.state, Voucher.seq)
        .where(Voucher.id.in_(here), Voucher.state.in_(FALLING))
        .order_by(Voucher.id)
    ).all()
    ids = tuple(each.id for each in vouchers)
    standing = Claim.voucher_id.in_(ids) & Claim.state.not_in(OVER)
    claims = session.execute(select(Claim.id, Claim.state, Claim.seq, Claim.amount_fen).where(standing))
    payments = session.execute(
        select(Payment.id, Payment.state, Payment.seq, Payment.amount_fen)
        .join(Claim, Claim.id == Payment.claim_id)
        .where(standing)
    )
    fallen = [Fallen("voucher", voucher_id, state, step, 0) for voucher_id, state, step in vouchers]
    fallen += [Fallen("claim", *row) for row in claims]
    fallen += [Fallen("payment", *row) for row in payments]
    return ClassFall(ids, add_up_consequences({}, fallen))


def ask_class_clawback(work: Work, class_id: int, why: str, seen: str) -> ClassClawback:
    """Ask to take back a whole class whose consequences were seen; its vouchers stand still meanwhile.

    Raises Refused class_missing (also for a foreign one), role_missing, why_missing,
    class_nothing_to_take_back, class_clawback_stale, class_clawback_asked_already, filed_some.
    """
    found = training.get_class_for(work.session, work.actor, class_id)
    check_reach(work.actor, found.region_code, *OFFICE)
    told = check_why(why)
    if find_open(work.session, class_id) is not None:
        raise CLASS_ASKED.refused()
    fall = read_class_fall(work.session, class_id)
    if not fall.voucher_ids:
        raise NOTHING_TO_TAKE_BACK.refused()
    if seen != fall.found.digest:
        raise FALL_CHANGED.refused(now=fall.said)
    claims = select(Claim).where(Claim.voucher_id.in_(fall.voucher_ids)).order_by(Claim.id)
    check_filed_none(work.session, work.actor.person_id, work.session.scalars(claims).all())
    asked = ClassClawback(
        class_id=class_id,
        why=told,
        digest=fall.found.digest,
        said=fall.said,
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    holds.open_holds(work, Thing.VOUCHER, fall.voucher_ids, _why_held(asked))
    audit.record_one(work, str(Thing.CLASS), class_id, "ask_class_clawback", why=told, falls=fall.said)
    return asked


def confirm_class_clawback(work: Work, class_clawback_id: int, seen: str) -> list[ClawbackCase]:
    """Take back a class as another person asked, all or none, and return a case per payee.

    Raises Refused class_clawback_missing (also for a foreign one), role_missing, second_person_needed,
    class_payment_under_way, class_clawback_stale, filed_some.
    """
    asked = _take_up(work, class_clawback_id)
    check_two_people(asked.asked_by_person_id, work.actor.person_id)
    ids = read_class_fall(work.session, asked.class_id).voucher_ids
    vouchers = lock_vouchers(work, Voucher.id.in_(ids), money=True)
    lock_claims(work, Claim.voucher_id.in_(ids))
    fall = read_class_fall(work.session, asked.class_id)
    under_way = work.session.scalars(
        select(Payment.id)
        .join(Claim, Claim.id == Payment.claim_id)
        .where(Claim.voucher_id.in_(ids), Payment.state.in_(("pending", "released")))
    ).all()
    if under_way:
        raise CLASS_UNDER_WAY.refused(count=len(under_way))
    if not asked.digest == fall.found.digest == seen:
        raise FALL_CHANGED.refused(now=fall.said)
    _decide(work, asked, confirmed=True)
    holds.close_holds(work, _list_holds(work, asked), "整班追回已由两人办理")
    take_back_all(work, vouchers, asked.why)
    return _open_cases(work, asked, ids)


def drop_class_clawback(work: Work, class_clawback_id: int) -> ClassClawback:
    """Drop what was asked: nothing is taken back, the vouchers go on.

    Raises Refused class_clawback_missing (also for a foreign one), role_missing.
    """
    asked = _take_up(work, class_clawback_id)
    _decide(work, asked, confirmed=False)
    holds.close_holds(work, _list_holds(work, asked), "不整班追回")
    return asked


def find_open(session: Session, class_id: int) -> ClassClawback | None:
    """Return what was asked about a class and nobody has decided yet."""
    return session.scalars(
        select(ClassClawback).where(ClassClawback.class_id == class_id, ClassClawback.decided_at.is_(None))
    ).first()


def _take_up(work: Work, class_clawback_id: int) -> ClassClawback:
    asked = work.session.scalars(
        select(ClassClawback).where(ClassClawback.id == class_clawback_id).with_for_update()
    ).first()
    if asked is None or asked.decided_at is not None:
        raise CLASS_CLAWBACK_MISSING.refused()
    region = training.get_class(work.session, asked.class_id).region_code
    if region not in work.actor.regions:
        raise CLASS_CLAWBACK_MISSING.refused()
    check_reach(work.actor, region, *OFFICE)
    return asked


def _decide(work: Work, asked: ClassClawback, *, confirmed: bool) -> None:
    asked.confirmed = confirmed
    asked.decided_by_person_id, asked.decided_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(
        work, str(Thing.CLASS), asked.class_id, "decide_class_clawback", confirmed=confirmed, falls=asked.said
    )


def _why_held(asked: ClassClawback) -> str:
    return f"整班追回第 {asked.id} 号待确认"


def _list_holds(work: Work, asked: ClassClawback) -> Sequence[Hold]:
    return work.session.scalars(
        select(Hold)
        .where(
            Hold.thing == str(Thing.VOUCHER),
            Hold.why == _why_held(asked),
            Hold.opened_by_person_id == asked.asked_by_person_id,
            Hold.closed_at.is_(None),
        )
        .order_by(Hold.id)
        .with_for_update()
    ).all()


def _open_cases(work: Work, asked: ClassClawback, voucher_ids: Sequence[int]) -> list[ClawbackCase]:
    opened = work.session.scalars(
        select(Clawback)
        .join(Claim, Claim.id == Clawback.claim_id)
        .where(Claim.voucher_id.in_(voucher_ids), Clawback.state == "opened", Clawback.opened_at == work.at)
        .order_by(Clawback.institution_id, Clawback.id)
    ).all()
    cases: dict[int, ClawbackCase] = {}
    for each in opened:
        if each.institution_id not in cases:
            cases[each.institution_id] = case = ClawbackCase(
                class_clawback_id=asked.id, institution_id=each.institution_id, opened_at=work.at
            )
            work.session.add(case)
            work.session.flush()
        case_id = cases[each.institution_id].id
        work.session.add(
            ClawbackCaseLine(clawback_id=each.id, case_id=case_id, institution_id=each.institution_id)
        )
    work.session.flush()
    return list(cases.values())
