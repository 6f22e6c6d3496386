"""Telling holders that a voucher is about to expire: once per voucher and reminder, by the clock."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import Select, String, cast, literal, select

from voucher.ledger.holds import select_held
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import end_of
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import VOUCHER_EXPIRES, Notice, write_to_people
from voucher.registry.people import Person
from voucher.registry.tables import read_parameter_text
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import Thing
from voucher.stages.issue.ending import UNUSED
from voucher.stages.issue.models import Programme

AT_ONCE = 2000
STEPS = {
    "issued": "请尽快领取并报名上课",
    "accepted": "请尽快选择班级报名",
    "enrolled": "请按时到机构出示二维码核销",
}


def remind_due(work: Work) -> int:
    """Post a message to each holder whose voucher ends within a reminder's days; return how many.

    At most so many at once: the rest is due at the next call. Whoever has no number on record is told by
    the pages only; what is held does not expire and is not reminded of. Raises Refused role_missing,
    parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    words = read_parameter_text(work.session, "expiry_reminder_days", work.today, [])
    days = sorted({int(word) for word in (words or "").split()})
    told = 0
    # the last reminder first, and each only for its own days: nobody gets two at once
    for shorter, longer in pairwise([-1, *days]):
        rows = work.session.execute(_due(work.today, shorter, longer).limit(AT_ONCE - told)).all()
        told += write_to_people(work, [_notice(work.today, longer, voucher, name) for voucher, name in rows])
    return told


def _key(longer: int) -> str:
    return f"expiry:{longer}:"


def _due(today: date, shorter: int, longer: int) -> Select[Voucher, str]:
    posted = select(Letter.id).where(Letter.key == literal(_key(longer)) + cast(Voucher.id, String))
    return (
        select(Voucher, Programme.name)
        .join(Programme, Programme.id == Voucher.programme_id)
        .join(Person, Person.id == Voucher.holder_person_id)
        .where(
            Voucher.state.in_(UNUSED),
            Voucher.redeem_by > today + timedelta(days=shorter),
            Voucher.redeem_by <= today + timedelta(days=longer),
            Voucher.id.not_in(select_held(Thing.VOUCHER)),
            Person.mobile_index.is_not(None),
            ~posted.exists(),
        )
        .order_by(Voucher.id)
    )


def _notice(today: date, longer: int, voucher: Voucher, programme: str) -> Notice:
    return Notice(
        key=f"{_key(longer)}{voucher.id}",
        person_id=voucher.holder_person_id,
        template=VOUCHER_EXPIRES,
        facts={
            "programme": programme,
            "number": voucher.number,
            "redeem_by": voucher.redeem_by.isoformat(),
            "days": (voucher.redeem_by - today).days,
            "step": STEPS[voucher.state],
        },
        good_until=end_of(voucher.redeem_by),
    )
