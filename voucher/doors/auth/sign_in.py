"""The way in: password, then the second factor (bound at the first sign-in), then a password of one's own.

A worker who is nothing else is in with the password alone (`voucher.registry.access.workers`). Each step
answers with the visitor's next page; the cookie is set on the answer of the running request.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import after_this_request, session

from voucher.doors.auth.access import SECOND_FACTOR_NEEDED, SIGN_IN_NEEDED
from voucher.doors.auth.browsers import know_again
from voucher.doors.auth.door import ANYBODY, the_door
from voucher.doors.auth.origins import origin_of
from voucher.doors.auth.visitors import Visitor, current_visitor, drop_cookie, put_cookie
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import passwords, second_factor, sessions
from voucher.registry.access.changes import change_own_password
from voucher.registry.access.own_accounts import PASSWORD
from voucher.registry.access.passwords import SignInRules
from voucher.registry.access.workers import signs_in_with_password
from voucher.registry.users import UserAccount, load_actor
from voucher.rules.errors import Refusal, Refused


@dataclass(frozen=True, slots=True)
class Entered:
    """An account that has passed a step, and what is still due."""

    user_id: int
    login: str
    display_name: str
    has_second_factor: bool
    must_change_password: bool
    is_half_way: bool


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person needs to bind a telephone: the secret to type, and the same as an address."""

    secret: str
    uri: str


def read_rules() -> SignInRules:
    """Return the parameters of signing in as in force today."""
    door = the_door()
    with door.read() as reading:
        return passwords.read_sign_in_rules(reading, door.today)


def enter(account: UserAccount, *, half_way: bool = False, way: str = PASSWORD) -> Entered:
    """Return an account as one that has passed a step."""
    return Entered(
        account.id,
        account.login,
        account.display_name,
        account.totp_confirmed_at is not None,
        account.must_change_password and way == PASSWORD,
        half_way,
    )


def needs_code(work: Work, account: UserAccount) -> bool:
    """Return whether an account has a second factor to prove, by the roles it holds today."""
    actor = load_actor(work.session, account.login, work.today)
    return not signs_in_with_password(actor, has_second_factor=account.totp_confirmed_at is not None)


def let_in(
    work: Work, account: UserAccount, rules: SignInRules, way: str = PASSWORD
) -> tuple[Entered, str, int]:
    """Open the session of an account whose first proof is good: whole for workers, half-way for others."""
    if not needs_code(work, account):
        passwords.clear_failures(work, account)
        minutes = rules.worker_lifetime_minutes
        token = sessions.start_session(
            work,
            account.id,
            lifetime_minutes=minutes,
            second_factor=False,
            password_alone=True,
            origin=origin_of(way),
        )
        return enter(account, way=way), token, minutes
    if account.totp_confirmed_at is None:
        second_factor.propose_totp(work, account.id)
    token = sessions.start_session(
        work,
        account.id,
        lifetime_minutes=rules.idle_minutes,
        second_factor=False,
        origin=origin_of(way),
    )
    return enter(account, half_way=True, way=way), token, rules.idle_minutes


def give_password(login: str, password: str) -> Entered:
    """Prove a password and open a half-way session; a new second factor is proposed where none is bound.

    A worker who is nothing else has a full session at once.
    Raises Refused sign_in_refused, the same for an unknown login, a wrong password and a locked account.
    """
    door, rules = the_door(), read_rules()
    with door.read() as reading:
        proof = passwords.prove_password(reading, login, password, hasher=door.hasher)

    def act(work: Work) -> tuple[Entered, str, int] | Refusal:
        account = passwords.accept_proof(work, proof, rules)
        if isinstance(account, Refusal):
            return account
        return let_in(work, account, rules)

    return hand_out(door.perform_as(ANYBODY, act))


def read_enrolment() -> Enrolment:
    """Return what the half-way visitor scans or types to bind a telephone.

    Raises Refused sign_in_needed, totp_enrolled.
    """
    door, visitor = the_door(), _visitor()
    with door.read() as reading:
        secret = second_factor.read_proposed_totp(reading, door.keyring, visitor.actor.user_id)
    uri = second_factor.provisioning_uri(visitor.actor.login, secret)
    return Enrolment(secret, uri)


def give_code(code: str) -> Entered:
    """Prove the second factor and exchange the half-way session for a full one, under a new secret.

    The first good code binds the telephone. Raises Refused sign_in_needed, sign_in_refused, totp_refused,
    totp_unenrolled.
    """
    door, visitor, rules = the_door(), _visitor(), read_rules()

    def act(work: Work) -> tuple[Entered, str, int] | Refusal:
        account = second_factor.accept_code(work, visitor.actor.user_id, code, rules)
        if isinstance(account, Refusal):
            return account
        way = sessions.read_way(work.session, visitor.token_hash) or PASSWORD
        sessions.end_session(work, visitor.token_hash)
        token = sessions.start_session(
            work,
            account.id,
            lifetime_minutes=rules.lifetime_minutes,
            second_factor=True,
            origin=origin_of(way),
        )
        return enter(account, way=way), token, rules.lifetime_minutes

    return hand_out(door.perform_as(visitor.actor, act))


def give_both(login: str, password: str, code: str) -> Entered:
    """Prove password and code at once, for machines; a worker who is nothing else needs no code.

    Raises Refused like give_password and give_code.
    """
    door, rules = the_door(), read_rules()
    with door.read() as reading:
        proof = passwords.prove_password(reading, login, password, hasher=door.hasher)

    def act(work: Work) -> tuple[Entered, str, int] | Refusal:
        account = passwords.accept_proof(work, proof, rules)
        if isinstance(account, Refusal):
            return account
        if not needs_code(work, account):
            return let_in(work, account, rules)
        if account.totp_confirmed_at is None:
            raise second_factor.TOTP_UNENROLLED.refused()
        proven = second_factor.accept_code(work, account.id, code, rules)
        if isinstance(proven, Refusal):
            return proven
        token = sessions.start_session(
            work,
            account.id,
            lifetime_minutes=rules.lifetime_minutes,
            second_factor=True,
            origin=origin_of(PASSWORD),
        )
        return enter(proven), token, rules.lifetime_minutes

    return hand_out(door.perform_as(ANYBODY, act))


def change_password(present: str, new: str) -> None:
    """Replace the visitor's password and end every other session.

    Raises Refused sign_in_needed, second_factor_needed, sign_in_refused, and what set_password refuses.
    """
    door, visitor, rules = the_door(), _visitor(), read_rules()
    if visitor.is_half_way:
        raise SECOND_FACTOR_NEEDED.refused()
    with door.read() as reading:
        proof = passwords.prove_password(reading, visitor.actor.login, present, hasher=door.hasher)

    def act(work: Work) -> Refusal | None:
        account = passwords.accept_proof(work, proof, rules)
        if isinstance(account, Refusal):
            return account
        change_own_password(work, account, new, hasher=door.hasher)
        sessions.end_sessions_of(work, account.id, keep=visitor.token_hash)
        return None

    refusal = door.perform_as(visitor.actor, act)
    if refusal is not None:
        raise Refused(refusal)


def sign_out() -> None:
    """End the visitor's session and forget the cookie."""
    visitor = _visitor()
    the_door().perform_as(visitor.actor, lambda work: sessions.end_session(work, visitor.token_hash))
    session.clear()
    after_this_request(drop_cookie)


def _visitor() -> Visitor:
    visitor = current_visitor()
    if visitor is None:
        raise SIGN_IN_NEEDED.refused()
    return visitor


def hand_out(outcome: tuple[Entered, str, int] | Refusal) -> Entered:
    """Give the browser the secret of a session that was opened for so many minutes."""
    # refused only now: the failure had to be counted in a transaction that was kept
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    entered, token, minutes = outcome
    session.clear()  # a form token from before the sign-in is worth nothing after it
    after_this_request(lambda response: know_again(put_cookie(response, token, minutes)))
    return entered
