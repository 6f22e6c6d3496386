"""How often a telephone may ring for a consent, and how often somebody may miss: counted in the database."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.consents.rows import ConsentRefusal, ConsentRequest
from voucher.registry.mailbox import MOBILE
from voucher.registry.people import Person
from voucher.registry.standards import get_parameter
from voucher.rules.errors import Family, Refusal, reason

LIMITS_SOURCE = "GB/T 22239-2019 8.1.4.1 登录失败处理；次数与时长【设】"
DAY = timedelta(days=1)

CONSENT_CODE_RESTS = reason(
    "consent_code_rests",
    "刚刚已经发过授权码",
    "请等 {seconds} 秒后再获取；短信可能晚到一会儿",
    LIMITS_SOURCE,
    Family.LIMIT,
)
CONSENT_CODES_ENOUGH = reason(
    "consent_codes_enough",
    "获取授权码的次数已达上限",
    "请明天再试，或带书面委托和双方身份证到人社服务窗口登记",
    LIMITS_SOURCE,
    Family.LIMIT,
)


def check_not_too_often(work: Work, mobile_index: str) -> None:
    """Refuse what would make a telephone ring all day, or let a helper try numbers one after another.

    Raises Refused consent_code_rests, consent_codes_enough, parameter_missing.
    """
    to_number = ConsentRequest.mobile_index == mobile_index
    by_me = ConsentRequest.helper_person_id == work.actor.person_id
    rest = timedelta(seconds=read_number(work.session, "consent_code_rest_seconds", work.today))
    last = work.session.scalar(select(func.max(ConsentRequest.asked_at)).where(or_(to_number, by_me)))
    if last is not None and work.at < last + rest:
        raise CONSENT_CODE_RESTS.refused(seconds=int((last + rest - work.at).total_seconds()) + 1)
    daily = read_number(work.session, "consent_codes_daily", work.today)
    for whose in (to_number, by_me):
        sent = (
            select(func.count())
            .select_from(ConsentRequest)
            .where(whose, ConsentRequest.asked_at > work.at - DAY)
        )
        if (work.session.scalar(sent) or 0) >= daily:
            raise CONSENT_CODES_ENOUGH.refused()


def has_failed(work: Work, whose: ColumnElement[bool]) -> bool:
    """Return whether so many tries, of somebody or at a number, failed lately that the door is closed."""
    since = work.at - timedelta(minutes=read_number(work.session, "consent_lock_minutes", work.today))
    failed = select(func.count()).select_from(ConsentRefusal).where(whose, ConsentRefusal.at > since)
    return (work.session.scalar(failed) or 0) >= read_number(
        work.session, "consent_failures_allowed", work.today
    )


def read_patience(work: Work) -> dict[str, int]:
    """Return what a refusal says of how many tries there are. Raises Refused parameter_missing."""
    names = {"failures_allowed": "consent_failures_allowed", "lock_minutes": "consent_lock_minutes"}
    return {fact: read_number(work.session, name, work.today) for fact, name in names.items()}


def keep_refusal(work: Work, mobile_index: str, refusal: Refusal) -> Refusal:
    """Keep a try that was refused, and return the refusal."""
    work.session.add(
        ConsentRefusal(
            tried_by_person_id=work.actor.person_id, mobile_index=mobile_index, code=refusal.code, at=work.at
        )
    )
    work.session.flush()
    return refusal


def lock_number(work: Work, number: str) -> str:
    """Return the index of a number, locked meanwhile: what is counted must not be counted twice at once."""
    index = work.keyring.blind_index(MOBILE, number)
    subjects.open_keys(work, [index])
    lock_index(work, index)
    return index


def lock_index(work: Work, index: str) -> None:
    """Lock a number known by its index, and the actor, who is counted at many numbers as well."""
    work.session.execute(
        select(subjects.SubjectKey.id).where(subjects.SubjectKey.blind_index == index).with_for_update()
    ).one()
    work.session.execute(
        select(Person.id).where(Person.id == work.actor.person_id).with_for_update(key_share=True)
    ).one()


def read_number(session: Session, name: str, on: date) -> int:
    """Return a province-wide parameter in force on a day. Raises Refused parameter_missing."""
    return int(get_parameter(session, name, on, []).value)
