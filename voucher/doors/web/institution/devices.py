"""核销设备: the browser one scans with is named at first use; the administrator approves and strikes off."""

from __future__ import annotations

from http import HTTPStatus

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.counters import device_cookie
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_COUNTER
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import KEY_FIELD, Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.colleagues import ADMINISTRATORS
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.doors.web.institution.scan import show_scan
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import counter_devices as registry
from voucher.stages.train.queries.counter_scans import count_scans_of

KEPT_DAYS = 400


@institution.get("/institution/devices")
def devices() -> ResponseReturnValue:
    """Show the devices of this institution and what each has scanned."""
    return _devices()


@institution.post("/institution/devices")
def name_device() -> ResponseReturnValue:
    """Name the browser in use; it keeps a secret by which it is known."""
    secret = _secret_of_form()

    def call(work: Work) -> Done:
        houses = my_houses(INSTITUTION_COUNTER)
        house = houses[0] if len(houses) == 1 else fields.whole("institution_id", "机构")
        made, _ = registry.name_device(work, house, fields.text("device", "设备名称", limit=60), secret)
        words = f"本机已登记为“{made.name}”" + ("" if made.approved_at else "，等管理员批准")
        return Done(words, url_for("web.institution.scan", class_id=request.args.get("class_id")))

    answer = make_response(submit(call, show_scan))
    if answer.status_code == HTTPStatus.SEE_OTHER:
        answer.set_cookie(
            device_cookie(),
            secret,
            max_age=KEPT_DAYS * 24 * 3600,
            path="/",
            secure=the_door().config.secret_cookies,
            httponly=True,
            samesite="Lax",
        )
    return answer


def _secret_of_form() -> str:
    """Return the secret a form leads to, the same each time: a first answer that is lost locks nobody out."""
    key = request.form.get(KEY_FIELD, "")
    return the_door().keyring.blind_index("counter_device", f"{current_actor().user_id}:{key}")


@institution.post("/institution/devices/<int:device_id>/approvals")
def approve_device(device_id: int) -> ResponseReturnValue:
    """Approve a device."""

    def call(work: Work) -> Done:
        found = registry.approve_device(work, device_id)
        return Done(f"已批准“{found.name}”", url_for("web.institution.devices"))

    return submit(call, _devices)


@institution.post("/institution/devices/<int:device_id>/strikings")
def strike_device(device_id: int) -> ResponseReturnValue:
    """Strike a device off at once."""

    def call(work: Work) -> Done:
        found = registry.strike_device(work, device_id)
        return Done(f"已停用“{found.name}”，它不能再核销", url_for("web.institution.devices"))

    return submit(call, _devices)


def _devices() -> str:
    houses = my_houses(ADMINISTRATORS)
    with the_door().read() as session:
        rows = registry.list_devices(session, houses)
        return render_template(
            "institution/devices.html",
            rows=rows,
            scans=count_scans_of(session, houses, [each.label for each in rows]),
            names=name_people(session, [each.named_by_person_id for each in rows]),
            houses={each.id: each.name for each in list_houses(session, ADMINISTRATORS)},
        )
