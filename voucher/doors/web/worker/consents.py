"""亲情代办: whom one lets help, whom one helps, the code that is read out, and ending it from either side."""

from __future__ import annotations

from datetime import date, timedelta

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.wishes import WISH_CHOICES, read_wish
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.registry.consents import codes, granting
from voucher.registry.consents.reading import list_consents, read_limits
from voucher.rules.errors import Refused
from voucher.rules.helping import ConsentWay


@worker.get("/my/helpers")
def helpers() -> ResponseReturnValue:
    """Show who helps this worker, who did, and the form for one more."""
    return _helpers()


def _helpers() -> str:
    door = the_door()
    with door.read() as session:
        limits = read_limits(session, door.today, ConsentWay.OWN)
        return render_template(
            "worker/helpers.html",
            consents=list_consents(session, door.keyring, door.today, principal_person_id=my_person_id()),
            limits=limits,
            latest=_latest(limits.days_most),
            **WISH_CHOICES,
        )


@worker.post("/my/helpers")
def grant_consent() -> ResponseReturnValue:
    """Let somebody help who has signed in with this name and number; a miss is kept before it is told."""

    def call(work: Work) -> Done:
        granting_to = codes.grant_own(work, mobile, name, read_wish())
        words = f"已同意代办，授权编号 {granting_to.number}，到 {granting_to.until_on.isoformat()} 为止"
        return Done(words, url_for("web.worker.helpers"))

    try:
        mobile = fields.text("mobile", "代办人手机号", limit=20)
        name = fields.text("name", "代办人姓名", limit=60)
        read_wish()
        refusal = perform(lambda work: codes.try_helper(work, mobile, name))
    except Refused as refused:
        refusal = refused.refusal
    return refuse(refusal, _helpers) if refusal is not None else submit(call, _helpers)


@worker.post("/my/consents/<int:consent_id>/endings")
def end_consent(consent_id: int) -> ResponseReturnValue:
    """End a consent at once, from either side."""

    def call(work: Work) -> Done:
        ended = granting.end_consent(work, consent_id)
        mine = ended.principal_person_id == my_person_id()
        return Done("已停止，立即生效", url_for("web.worker.helpers" if mine else "web.worker.helped"))

    return submit(call, _helpers)


@worker.get("/my/helped")
def helped() -> ResponseReturnValue:
    """Show whom this worker helps, and the form that asks for one more."""
    return _helped()


def _helped() -> str:
    door = the_door()
    with door.read() as session:
        limits = read_limits(session, door.today, ConsentWay.CODE)
        return render_template(
            "worker/helped.html",
            consents=list_consents(session, door.keyring, door.today, helper_person_id=my_person_id()),
            limits=limits,
            latest=_latest(limits.days_most),
            has_sms=door.config.has_sms,
            **WISH_CHOICES,
        )


@worker.post("/my/helped/requests")
def ask_consent() -> ResponseReturnValue:
    """Send a code to the telephone of whoever is to be helped, whether or not anybody is there."""

    def call(work: Work) -> Done:
        mobile = fields.text("mobile", "本人手机号", limit=20)
        name = fields.text("name", "本人姓名", limit=60)
        has_sms = the_door().config.has_sms
        asked = codes.ask_consent_code(work, mobile, name, read_wish(), has_sms=has_sms)
        words = f"姓名和手机号都对的，授权码已发到 {asked.masked_mobile}，{asked.good_minutes} 分钟内有效"
        return Done(words, url_for("web.worker.consent_code", request_id=asked.id))

    return submit(call, _helped)


@worker.get("/my/helped/requests/<int:request_id>")
def consent_code(request_id: int) -> ResponseReturnValue:
    """Ask for the code that was read out."""
    return _ask_code(request_id)


def _ask_code(request_id: int) -> str:
    with the_door().read() as session:
        if codes.find_request(session, my_person_id(), request_id) is None:
            abort(404)
    return render_template("worker/consent_code.html", request_id=request_id)


@worker.post("/my/helped/requests/<int:request_id>")
def prove_consent(request_id: int) -> ResponseReturnValue:
    """Take the code that was read out; a wrong one is kept before it is told."""

    def call(work: Work) -> Done:
        consent = codes.grant_by_code(work, request_id, request.form.get("code", ""))
        return Done("授权成功，可以替本人办理", url_for("web.worker.helped_person", consent_id=consent.id))

    refusal = perform(lambda work: codes.try_consent_code(work, request_id, request.form.get("code", "")))
    if refusal is not None:
        return refuse(refusal, lambda: _ask_code(request_id))
    return submit(call, lambda: _ask_code(request_id))


def _latest(days: int) -> date:
    return the_door().today + timedelta(days=days)
