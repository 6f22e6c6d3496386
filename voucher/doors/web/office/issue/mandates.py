"""书面委托: a consent on paper, registered for two people who are there; ended as its giver asks."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.wishes import WISH_CHOICES, read_wish
from voucher.plumbing.unit_of_work import Work
from voucher.registry.consents import granting
from voucher.registry.consents.reading import read_limits
from voucher.rules.helping import ConsentWay


@office.get("/office/mandates/new")
def new_mandate() -> ResponseReturnValue:
    """Ask for both people and the paper."""
    return _ask()


@office.post("/office/mandates")
def register_mandate() -> ResponseReturnValue:
    """Register the consent."""

    def call(work: Work) -> Done:
        given = granting.Mandate(
            principal_number=fields.text("principal_number", "委托人证件号码", limit=30),
            principal_name=fields.text("principal_name", "委托人姓名", limit=60),
            helper_number=fields.text("helper_number", "代办人证件号码", limit=30),
            helper_name=fields.text("helper_name", "代办人姓名", limit=60),
            helper_mobile=fields.text("helper_mobile", "代办人手机号", required=False, limit=20) or None,
            mandate=fields.text("mandate", "书面委托编号", limit=100),
        )
        made = granting.grant_at_counter(work, given, read_wish())
        words = f"已登记，授权编号 {made.number}，到 {made.until_on.isoformat()} 为止"
        return Done(words, url_for("web.office.new_mandate"))

    return submit(call, _ask)


@office.post("/office/consents/<int:consent_id>/endings")
def end_consent(consent_id: int) -> ResponseReturnValue:
    """End a consent as whoever gave it asks at the counter."""
    asked = request.form.get("voucher_id", "")
    voucher_id = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else None

    def call(work: Work) -> Done:
        granting.end_consent(work, consent_id)
        return Done("已按本人要求停止代办，立即生效", _back(voucher_id))

    return submit(call, _ask)


def _back(voucher_id: int | None) -> str:
    if voucher_id is None:
        return url_for("web.office.new_mandate")
    return url_for("web.office.voucher", voucher_id=voucher_id)


def _ask() -> str:
    door = the_door()
    with door.read() as session:
        limits = read_limits(session, door.today, ConsentWay.COUNTER)
    latest = door.today + timedelta(days=limits.days_most)
    return render_template("office/new_mandate.html", limits=limits, latest=latest, **WISH_CHOICES)
