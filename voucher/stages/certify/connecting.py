"""Which register answers: asked for by one administrator, confirmed by another person, from a day on.

Whoever names the register decides what counts as verified: an address of one's own would confirm any
certificate, and none at all leaves money waiting. So nobody changes it alone.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.systems import ADDRESS_UNFIT, CONNECTORS, is_fit
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why
from voucher.stages.certify.models_look_ups import RegisterChange, RegisterSystem

LOCAL_NAME = "本系统登记摘录（非实时联网）"
THING = "register_change"
SOURCE = "S2-16f 支付时再次核验; S2-Z1 不相容岗位分离; 【设】证书登记的接入由两人办理"

REGISTER_CHANGE_WAITS = reason(
    "register_change_waits",
    "已有人于 {on} 提出更换证书登记（{name}），还没有确认",
    "请由另一人确认或者作废那一次，再提出新的",
    SOURCE,
    Family.CONFLICT,
)
REGISTER_CHANGE_MISSING = reason(
    "register_change_missing",
    "没有等待确认的证书登记更换",
    "请先由一人提出；已经办结的，请查看现在的接入情况",
    SOURCE,
    Family.MISSING,
)


def ask_register(
    work: Work, why: str, *, name: str | None = None, address: str | None = None
) -> RegisterChange:
    """Ask that a register answers, or without an address the extracts of this house; nothing changes yet.

    Raises Refused role_missing, why_missing, outside_address_unfit, register_change_waits.
    """
    check_role(work.actor, *CONNECTORS)
    said = check_why(why)
    if address is not None and not is_fit(address):
        raise ADDRESS_UNFIT.refused()
    waiting = find_register_change(work.session)
    if waiting is not None:
        raise REGISTER_CHANGE_WAITS.refused(on=waiting.asked_at.date().isoformat(), name=waiting.name)
    asked = RegisterChange(
        name=name or ("全国联网查询" if address else LOCAL_NAME),
        address=address,
        why=said,
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(work, THING, asked.id, "ask", way="http" if address else "embedded", why=said)
    return asked


def confirm_register(work: Work) -> RegisterSystem:
    """Have the register that another person asked for answer from today on.

    Raises Refused role_missing, register_change_missing and what `check_second_hand` refuses.
    """
    asked = _lock_waiting(work)
    check_second_hand(work, asked.asked_by_person_id)
    _decide(work, asked, confirmed=True)
    system = work.session.get(RegisterSystem, work.today)
    if system is None:
        system = RegisterSystem(since=work.today)
        work.session.add(system)
    system.address, system.name, system.change_id = asked.address, asked.name, asked.id
    system.connected_by_person_id, system.connected_at = asked.asked_by_person_id, work.at
    work.session.flush()
    return system


def drop_register(work: Work) -> None:
    """Drop what was asked; whoever asked may do so too. Raises role_missing, register_change_missing."""
    _decide(work, _lock_waiting(work), confirmed=False)


def find_register_change(session: Session) -> RegisterChange | None:
    """Return the change that waits for its second person, or None."""
    return session.scalars(select(RegisterChange).where(RegisterChange.decided_at.is_(None))).first()


def _lock_waiting(work: Work) -> RegisterChange:
    check_role(work.actor, *CONNECTORS)
    found = work.session.scalars(
        select(RegisterChange)
        .where(RegisterChange.decided_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise REGISTER_CHANGE_MISSING.refused()
    return found


def _decide(work: Work, asked: RegisterChange, *, confirmed: bool) -> None:
    asked.confirmed = confirmed
    asked.decided_by_person_id, asked.decided_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, THING, asked.id, "confirm" if confirmed else "drop")
