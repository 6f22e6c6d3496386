"""The way in for workers with a telephone: number, code, and at the first time who one is.

A proven number is a ticket in the browser's form cookie until the account is chosen or opened; it is good
once and for minutes. What the house refuses on the way is kept, so that guessing is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import session

from voucher.doors.auth.door import ANYBODY, the_door
from voucher.doors.auth.origins import remote_address
from voucher.doors.auth.sign_in import Entered, hand_out, let_in, read_rules
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import login_codes, own_accounts
from voucher.registry.access.login_codes import TICKET_OVER, Asked, ProvenPhone
from voucher.registry.access.own_accounts import PHONE, Choice
from voucher.registry.access.workers import WORKER_HAS_ACCOUNT, WORKER_NAME_DIFFERS
from voucher.registry.letters import SMS_CLOSED
from voucher.registry.users import UserAccount
from voucher.rules.errors import Family, Refusal, Refused, reason
from voucher.rules.identity import normalise_mobile

TICKET = "phone_ticket"
SOURCE = "S2-16g 实名领取; PAGES 3"
# whoever meets these has tried somebody's name and number
GUESSED = frozenset(
    {WORKER_NAME_DIFFERS.code, WORKER_HAS_ACCOUNT.code, own_accounts.PHONE_NOT_ON_RECORD.code}
)

PHONE_UNKNOWN = reason(
    "phone_unknown",
    "这个手机号还没有登记劳动者",
    "第一次使用请在网页上用手机号登录，按提示填写姓名和身份证号码",
    SOURCE,
    Family.MISSING,
)
ACCOUNT_NOT_CHOSEN = reason(
    "account_not_chosen",
    "这个手机号登记了不止一名劳动者",
    "请在 login 中写明要登录的账号：{logins}",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Proven:
    """What a good code leads to: a session at once, a choice among people, or a first registration."""

    entered: Entered | None
    choices: tuple[Choice, ...]


def ask_code(mobile: str) -> Asked:
    """Send a code to a number, whoever has it.

    Raises Refused sms_closed, mobile_malformed, login_code_rests, login_codes_enough.
    """
    door = the_door()
    if not door.config.has_sms:
        raise SMS_CLOSED.refused()
    number = normalise_mobile(mobile)
    asked = door.perform_as(ANYBODY, lambda work: login_codes.ask_code(work, number, remote_address()))
    if isinstance(asked, Refusal):
        raise Refused(asked)
    return asked


def prove_code(mobile: str, code: str, login: str | None = None) -> Proven:
    """Prove a number by its code: one account is entered at once, `login` chooses among several.

    Raises Refused mobile_malformed, login_code_refused, account_not_of_phone.
    """
    door, number = the_door(), normalise_mobile(mobile)
    phone = door.perform_as(
        ANYBODY, lambda work: login_codes.prove_code(work, number, code, remote_address())
    )
    if isinstance(phone, Refusal):
        raise Refused(phone)
    with door.read() as reading:
        choices = tuple(own_accounts.find_accounts(reading, phone.mobile_index))
    session[TICKET] = phone.ticket
    wanted = [each for each in choices if login is None or each.login == login]
    if login is not None and not wanted:
        raise own_accounts.ACCOUNT_NOT_OF_PHONE.refused()
    if len(wanted) == 1:
        return Proven(choose(wanted[0].user_id), choices)
    return Proven(None, choices)


def list_choices() -> tuple[Choice, ...]:
    """Return whom the proven number of this browser may sign in as. Raises Refused login_ticket_over."""
    door = the_door()
    phone = door.perform_as(ANYBODY, _phone, keep=False)
    with door.read() as reading:
        return tuple(own_accounts.find_accounts(reading, phone.mobile_index))


def choose(user_id: int) -> Entered:
    """Sign in as one of the people of the proven number.

    Raises Refused login_ticket_over, account_not_of_phone.
    """
    return _spend(lambda work, phone: own_accounts.check_choice(work.session, phone, user_id))


def sign_up(number: str, name: str, *, intends: bool, agreed: bool) -> Entered:
    """Open the account of whoever has proven the number of this browser, and sign in.

    Raises Refused login_ticket_over, terms_not_agreed and what opening an account by telephone refuses.
    """
    own_accounts.check_terms(agreed)

    def opened(work: Work, phone: ProvenPhone) -> UserAccount:
        account = own_accounts.open_by_phone(work, phone, number, name)
        own_accounts.declare(work, account, intends=intends, way=PHONE, terms=terms_of_today())
        return account

    return _spend(opened)


def terms_of_today() -> str:
    """Return the name of the terms shown today."""
    return f"用户协议与隐私政策（{day_of(the_door().at).year} 年版）"


def _spend(account_of: Callable[[Work, ProvenPhone], UserAccount]) -> Entered:
    """Let in whom a proven number leads to; a guess that failed is kept while the ticket is still locked.

    Kept afterwards, guesses sent all at once would each be the first.
    """
    door, rules = the_door(), read_rules()

    def act(work: Work) -> tuple[Entered, str, int] | Refusal:
        phone = _phone(work)
        try:
            with work.session.begin_nested():
                account = account_of(work, phone)
        except Refused as refused:
            if refused.refusal.code not in GUESSED:
                raise
            login_codes.keep_refusal(work, phone.mobile_index, remote_address(), refused.refusal)
            return refused.refusal
        login_codes.spend_ticket(work, phone)
        return let_in(work, account, rules, PHONE)

    done = door.perform_as(ANYBODY, act)
    if isinstance(done, Refusal):
        raise Refused(done)
    return hand_out(done)


def _phone(work: Work) -> ProvenPhone:
    ticket = session.get(TICKET)
    if not ticket:
        raise TICKET_OVER.refused()
    return login_codes.read_ticket(work, ticket)
