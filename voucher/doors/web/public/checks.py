"""Checking a certificate or a voucher: whether it is good, and nothing about whose it is.

Both are asked by POST, so that no number and no name stands in an address or in its log. The code on every
certificate opens the page of `check` itself: one address, the same on all of them.
"""

from __future__ import annotations

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import check_rate, limiter
from voucher.doors.web import fields
from voucher.doors.web.acting import refuse
from voucher.doors.web.public.blueprint import public
from voucher.rules.errors import Refused
from voucher.stages.certify.queries import check_publicly
from voucher.stages.issue import queries as issuing

NOT_FOUND = 404
UNUSED = ("issued", "accepted", "enrolled")


@public.get("/check")
def check() -> ResponseReturnValue:
    """Ask what is to be checked."""
    return _page()


def _page(**found: object) -> str:
    return render_template("public/check.html", **found)


@public.post("/check/certificates")
@limiter.limit(check_rate)
def check_certificate() -> ResponseReturnValue:
    """Say whether a certificate stands; a wrong number, name or end of a number get one answer."""
    door = the_door()
    try:
        number = fields.text("number", "证书编号", limit=60)
        name = fields.text("name", "姓名", limit=60)
        last_four = fields.text("last_four", "证件号码后四位", limit=8)
    except Refused as refused:
        return refuse(refused.refusal, _page)
    with door.read() as session:
        answer = check_publicly(session, door.keyring, number, name, last_four, door.today)
    page = _page(certificate=answer, certificate_asked=True)
    return make_response(page, NOT_FOUND if answer is None else 200)


@public.post("/check/vouchers")
@limiter.limit(check_rate)
def check_voucher() -> ResponseReturnValue:
    """Say in which state a voucher is and what it is for, never whose it is."""
    try:
        number = fields.text("voucher_number", "券号", limit=40)
    except Refused as refused:
        return refuse(refused.refusal, _page)
    with the_door().read() as session:
        voucher = issuing.find_voucher(session, number)
        programme = issuing.get_programme(session, voucher.programme_id) if voucher is not None else None
        usable = voucher is not None and voucher.state in UNUSED and voucher.redeem_by >= the_door().today
        page = _page(voucher=voucher, programme=programme, usable=usable, voucher_asked=True)
    return make_response(page, NOT_FOUND if voucher is None else 200)
