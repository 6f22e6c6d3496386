"""The way in for workers: the telephone number, the code, and at the first time who one is."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth import phone as ways
from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import limiter, sign_in_rate
from voucher.doors.auth.sign_in import Entered
from voucher.doors.auth.visitors import current_visitor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import refuse
from voucher.doors.web.entrance.blueprint import entrance
from voucher.doors.web.entrance.signing_in import lead_on, onward
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import own_accounts
from voucher.registry.access.login_codes import CODE_RESTS, TICKET_OVER
from voucher.registry.access.sessions import read_way
from voucher.registry.users import UserAccount
from voucher.rules.errors import Refused
from voucher.rules.privacy import mask_mobile, mask_name

INTENT, YES, NO = "intent", "yes", "no"


@entrance.get("/login/phone")
def phone() -> ResponseReturnValue:
    """Ask for the telephone number."""
    return _ask_number()


@entrance.post("/login/phone/codes")
@limiter.limit(sign_in_rate)
def ask_code() -> ResponseReturnValue:
    """Send a code, and ask for it."""
    mobile = request.form.get("mobile", "").strip()
    try:
        asked = ways.ask_code(mobile)
    except Refused as refused:
        # whoever asks too soon has a code to type already
        waits = refused.refusal.code == CODE_RESTS.code
        return refuse(refused.refusal, lambda: _ask_code(mobile) if waits else _ask_number())
    return _ask_code(mobile, asked.rest_seconds, asked.good_minutes)


@entrance.post("/login/phone")
@limiter.limit(sign_in_rate)
def prove_code() -> ResponseReturnValue:
    """Take the code: in at once, or on to who one is."""
    mobile = request.form.get("mobile", "").strip()
    try:
        proven = ways.prove_code(mobile, request.form.get("code", ""))
    except Refused as refused:
        return refuse(refused.refusal, lambda: _ask_code(mobile))
    if proven.entered is None:
        return redirect(url_for("web.entrance.who", next=onward()), 303)
    return enter(proven.entered)


@entrance.get("/login/phone/person")
def who() -> ResponseReturnValue:
    """Ask which of the people of the number one is, or for name and number at the first time."""
    try:
        return _ask_who()
    except Refused as refused:
        return refuse(refused.refusal, _ask_number)


@entrance.post("/login/phone/choice")
@limiter.limit(sign_in_rate)
def choose() -> ResponseReturnValue:
    """Sign in as one of the people of the number."""
    try:
        return enter(ways.choose(fields.whole("account", "登录人")))
    except Refused as refused:
        return refuse(refused.refusal, _ask_number)


@entrance.post("/login/phone/person")
@limiter.limit(sign_in_rate)
def sign_up() -> ResponseReturnValue:
    """Open the account of whoever has proven the number, and sign in."""
    try:
        # in the order of the form: an empty one is told of its first field
        name, number = fields.text("name", "姓名", limit=50), fields.text("number", "身份证号码", limit=30)
        entered = ways.sign_up(
            number,
            name,
            intends=_intends(),
            agreed=request.form.get("terms") == "1",
        )
    except Refused as refused:
        gone = refused.refusal.code == TICKET_OVER.code
        return refuse(refused.refusal, _ask_number if gone else _ask_who_again)
    return lead_on(entered)


@entrance.get("/login/declaration")
def declaration() -> ResponseReturnValue:
    """Ask for the wish to be trained and the yes to the terms, at the first sign-in."""
    return _ask_declaration()


@entrance.post("/login/declaration")
def declare() -> ResponseReturnValue:
    """Keep what was declared, with the way by which the person came."""
    try:
        own_accounts.check_terms(request.form.get("terms") == "1")
        intends, visitor = _intends(), current_visitor()

        def act(work: Work) -> None:
            account = work.session.get_one(UserAccount, work.actor.user_id)
            way = None if visitor is None else read_way(work.session, visitor.token_hash)
            own_accounts.declare(
                work,
                account,
                intends=intends,
                way=way or own_accounts.PASSWORD,
                terms=ways.terms_of_today(),
            )

        perform(act)
    except Refused as refused:
        return refuse(refused.refusal, _ask_declaration)
    return redirect(onward(), 303)


def enter(entered: Entered, wanted: str | None = None) -> ResponseReturnValue:
    """Lead on whoever is in; a worker who has declared nothing yet is asked first."""
    if not entered.is_half_way:
        with the_door().read() as session:
            declared = own_accounts.find_declaration(session, entered.user_id) is not None
        if not declared:
            return redirect(url_for("web.entrance.declaration", next=wanted or onward()), 303)
    return lead_on(entered, wanted)


def _intends() -> bool:
    given = request.form.get(INTENT, "")
    if given not in (YES, NO):
        raise fields.FIELD_UNREADABLE.refused(field=INTENT, label="培训意愿", problem="没有选择")
    return given == YES


def _ask_number() -> str:
    config = the_door().config
    return render_template(
        "entrance/phone.html", onward=onward(), has_sms=config.has_sms, sign_on=config.sign_on
    )


def _ask_code(mobile: str, rest_seconds: int = 0, good_minutes: int = 0) -> str:
    return render_template(
        "entrance/phone_code.html",
        onward=onward(),
        mobile=mobile,
        masked=mask_mobile(mobile),
        rest_seconds=rest_seconds,
        good_minutes=good_minutes,
        mailbox=the_door().config.demo,
    )


def _ask_who() -> str:
    choices = [(each.user_id, mask_name(each.display_name)) for each in ways.list_choices()]
    return render_template(
        "entrance/person.html", onward=onward(), choices=choices, terms=ways.terms_of_today()
    )


def _ask_who_again() -> str:
    try:
        return _ask_who()
    except Refused:
        # too many tries have used the ticket up
        return _ask_number()


def _ask_declaration() -> str:
    return render_template("entrance/declaration.html", onward=onward(), terms=ways.terms_of_today())
