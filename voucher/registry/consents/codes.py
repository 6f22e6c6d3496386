"""A helper proves that the person to be helped takes part: a code on that person's own telephone, read out.

The own account names a helper by telephone and name instead. Either way names people by what only those who
know them know, so every miss is a row of the database and too many close the door for a while, whether or
not anybody is there.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.access.workers import find_worker
from voucher.registry.consents.granting import HELPER_IS_SELF, Evidence, Wish, write_consent
from voucher.registry.consents.patience import (
    LIMITS_SOURCE,
    check_not_too_often,
    has_failed,
    keep_refusal,
    lock_index,
    lock_number,
    read_number,
    read_patience,
)
from voucher.registry.consents.reading import count_helped, read_limits
from voucher.registry.consents.rows import Consent, ConsentRefusal, ConsentRequest
from voucher.registry.letters import CONSENT_CODE, SMS_CLOSED, read_mobile, write_to_number
from voucher.registry.mailbox import MOBILE
from voucher.registry.people import Person, get_person, read_people
from voucher.registry.vouched_numbers import find_unvouched
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.helping import (
    RELATIONSHIP_NAMES,
    SCOPE_NAMES,
    SOURCE,
    ConsentWay,
    Relationship,
    Scope,
    check_numbers,
    choose_term,
)
from voucher.rules.identity import normalise_mobile
from voucher.rules.names import normalise_name
from voucher.rules.privacy import mask_mobile, mask_name

CODE, CODE_DIGITS = "consent_code", 6

HELPER_UNKNOWN = reason(
    "helper_unknown",
    "没有用这个手机号和姓名实名登录过的人，或填错次数太多",
    "请代办人先用自己的手机号登录一次，再按登记的姓名和手机号填写；填错 {failures_allowed} 次须等 "
    "{lock_minutes} 分钟，也可一起到人社服务窗口登记",
    SOURCE,
)
CONSENT_MOBILE_SHARED = reason(
    "consent_mobile_shared",
    "这是您自己的手机号，授权码须发到本人自己的手机",
    "本人没有手机的，请带书面委托和双方身份证到人社服务窗口登记",
    SOURCE,
    Family.CONFLICT,
)
CONSENT_CODE_REFUSED = reason(
    "consent_code_refused",
    "授权码不正确、已过期或已用过",
    "请本人念出最新一条短信中的六位数字；连续填错 {failures_allowed} 次须等 {lock_minutes} 分钟",
    LIMITS_SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class AskedCode:
    """What a helper is told who asked for a code, whether or not anybody has the number."""

    id: int
    masked_mobile: str
    good_minutes: int


def try_helper(work: Work, mobile: str, name: str) -> Refusal | None:
    """Return why a name and number stand for nobody who may help, and keep it; None where they do.

    Called before `grant_own`, in a transaction of its own, so that the count of misses stays. Raises Refused
    role_missing and what an unreadable name or number is refused for.
    """
    check_role(work.actor, Role.WORKER)
    index = lock_number(work, normalise_mobile(mobile))
    # of one's own guesses alone: who knows a number must not be able to close it for others
    closed = has_failed(work, ConsentRefusal.tried_by_person_id == work.actor.person_id)
    if not closed and _find_helper(work, index, normalise_name(name)) is not None:
        return None
    return keep_refusal(work, index, HELPER_UNKNOWN.refusal(**read_patience(work)))


def grant_own(work: Work, mobile: str, name: str, wish: Wish) -> Consent:
    """Let somebody who has signed in with this name and number help oneself, and return the consent.

    Raises Refused role_missing, helper_unknown, helper_is_self, consent_term_unfit, helped_most_reached,
    helpers_most_reached and what an unreadable name or number is refused for.
    """
    check_role(work.actor, Role.WORKER)
    index = work.keyring.blind_index(MOBILE, normalise_mobile(mobile))
    helper_id = _find_helper(work, index, normalise_name(name))
    if helper_id is None:
        raise HELPER_UNKNOWN.refused(**read_patience(work))
    return write_consent(work, work.actor.person_id, helper_id, wish, Evidence(ConsentWay.OWN))


def ask_consent_code(work: Work, mobile: str, name: str, wish: Wish, *, has_sms: bool) -> AskedCode:
    """Send a code to somebody's own telephone, who may read it out to the actor; say nothing of who is there.

    Raises Refused role_missing, sms_closed, consent_mobile_shared, consent_code_rests,
    consent_codes_enough, consent_term_unfit, helped_most_reached and what an unreadable name or number is
    refused for.
    """
    check_role(work.actor, Role.WORKER)
    if not has_sms:
        raise SMS_CLOSED.refused()
    number, spelt = normalise_mobile(mobile), normalise_name(name)
    index, me = lock_number(work, number), get_person(work.session, work.actor.person_id)
    if me.mobile_index == index:
        raise CONSENT_MOBILE_SHARED.refused()
    check_not_too_often(work, index)
    limits = read_limits(work.session, work.today, ConsentWay.CODE)
    until_on = choose_term(wish.until_on, work.today, limits)
    check_numbers(count_helped(work.session, me.id, work.today), 0, limits)
    principal_id = _find_one(work, index, spelt)
    minutes = read_number(work.session, "consent_code_minutes", work.today)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    request = ConsentRequest(
        helper_person_id=me.id,
        principal_person_id=principal_id if principal_id != me.id else None,
        mobile_index=index,
        code_index=_code_index(work, index, code),
        relationship=str(wish.relationship),
        may_accept=Scope.ACCEPT in wish.scopes,
        may_enrol=Scope.ENROL in wish.scopes,
        may_paper=Scope.PAPER in wish.scopes,
        until_on=until_on,
        asked_at=work.at,
        expires_at=work.at + timedelta(minutes=minutes),
    )
    work.session.add(request)
    work.session.flush()
    audit.record_one(work, "consent_request", request.id, "ask")
    if request.principal_person_id is not None:
        _send(work, request, number, code, minutes)
    return AskedCode(request.id, mask_mobile(number), minutes)


def try_consent_code(work: Work, request_id: int, code: str) -> Refusal | None:
    """Return why a code proves nothing, and keep it; None where it is the right one.

    After too many failures nothing is proven for a while, the right code included. Called before
    `grant_by_code`, in a transaction of its own. Raises Refused role_missing.
    """
    check_role(work.actor, Role.WORKER)
    request = work.session.get(ConsentRequest, request_id)
    own = request is not None and request.helper_person_id == work.actor.person_id
    index = request.mobile_index if request is not None and own else ""
    if index:
        lock_index(work, index)
    tried_by = ConsentRefusal.tried_by_person_id == work.actor.person_id
    closed = has_failed(work, or_(tried_by, ConsentRefusal.mobile_index == index) if index else tried_by)
    if own and not closed and _is_right(work, request, code):
        return None
    return keep_refusal(work, index, CONSENT_CODE_REFUSED.refusal(**read_patience(work)))


def grant_by_code(work: Work, request_id: int, code: str) -> Consent:
    """Write down the consent of whoever read a code out to the actor, once, and return it.

    Raises Refused role_missing, consent_code_refused, consent_term_unfit, helped_most_reached,
    helpers_most_reached.
    """
    check_role(work.actor, Role.WORKER)
    request = work.session.get(ConsentRequest, request_id, with_for_update=True, populate_existing=True)
    if (
        request is None
        or request.helper_person_id != work.actor.person_id
        or not _is_right(work, request, code)
    ):
        raise CONSENT_CODE_REFUSED.refused(**read_patience(work))
    request.used_at = work.at
    work.session.flush()
    principal_id = request.principal_person_id or 0
    wish = Wish(Relationship(request.relationship), request.scopes, request.until_on)
    return write_consent(
        work, principal_id, work.actor.person_id, wish, Evidence(ConsentWay.CODE, request_id=request.id)
    )


def find_request(session: Session, helper_person_id: int, request_id: int) -> ConsentRequest | None:
    """Return a request of a helper's own."""
    found = session.get(ConsentRequest, request_id)
    return found if found is not None and found.helper_person_id == helper_person_id else None


def _is_right(work: Work, request: ConsentRequest | None, code: str) -> bool:
    """Return whether a code is the newest one sent to that number for this helper, in time and unused."""
    if request is None or request.principal_person_id is None:
        return False
    newest = work.session.scalar(
        select(func.max(ConsentRequest.id)).where(
            ConsentRequest.mobile_index == request.mobile_index,
            ConsentRequest.helper_person_id == request.helper_person_id,
        )
    )
    given = _code_index(work, request.mobile_index, code)
    fresh = request.used_at is None and work.at < request.expires_at and newest == request.id
    return hmac.compare_digest(request.code_index, given) and fresh


def _find_one(work: Work, mobile_index: str, spelt: str) -> int | None:
    """Return the one person of a name whose own number this is, as far as the number can be believed."""
    ids = list(work.session.scalars(select(Person.id).where(Person.mobile_index == mobile_index)))
    names = people.accepted_name_indexes(work.session, ids)
    wanted = people.name_index_of(work.keyring, spelt)
    found = [each for each in ids if wanted in names[each]]
    believed = [each for each in found if each not in find_unvouched(work.session, found)]
    return believed[0] if len(believed) == 1 else None


def _find_helper(work: Work, mobile_index: str, spelt: str) -> int | None:
    found = _find_one(work, mobile_index, spelt)
    if found is None or find_worker(work.session, found) is None:
        return None
    if found == work.actor.person_id:
        raise HELPER_IS_SELF.refused()
    return found


def _send(work: Work, request: ConsentRequest, number: str, code: str, minutes: int) -> None:
    helper = read_people(work.session, work.keyring, [request.helper_person_id])[request.helper_person_id]
    mobile = read_mobile(work.session, work.keyring, request.helper_person_id)
    scopes = [SCOPE_NAMES[each] for each in Scope if each in request.scopes]
    told = {
        "helper": mask_name(helper.name),
        "mobile": f"尾号 {mobile[-4:]}" if mobile else "号没有登记",
        "relationship": RELATIONSHIP_NAMES[Relationship(request.relationship)],
        "scopes": "、".join(["查看您的券", *scopes]),
        "until": request.until_on.isoformat(),
        "code": code,
        "minutes": minutes,
    }
    key = f"consent_code:{request.id}"
    write_to_number(work, number, CONSENT_CODE, told, key=key, good_until=request.expires_at)


def _code_index(work: Work, mobile_index: str, code: str) -> str:
    bare = "".join(code.split())
    return work.keyring.blind_index(CODE, f"{work.actor.person_id}/{mobile_index}/{bare}")
