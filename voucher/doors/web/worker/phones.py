"""我的手机: which phone shows one's vouchers, since when; reporting one as lost; taking another one."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.ledger.credentials.devices import list_devices
from voucher.plumbing.unit_of_work import Work
from voucher.registry.phones import read_device_limits
from voucher.stages.issue.devices import lose_device


@worker.get("/my/phones")
def phones() -> ResponseReturnValue:
    """Show the phones of this worker, the one in use first."""
    return _page()


def _page() -> str:
    door = the_door()
    with door.read() as session:
        return render_template(
            "worker/phones.html",
            devices=list_devices(session, my_person_id()),
            limits=read_device_limits(session, door.today),
        )


@worker.post("/my/phones/<int:device_id>/losses")
def lose_phone(device_id: int) -> ResponseReturnValue:
    """End a lost phone, after a second look; what was signed into it is dead at once."""
    if request.form.get("sure") != "1":
        return _confirm(device_id)

    def call(work: Work) -> Done:
        lose_device(work, device_id, fields.text("why", "说明", required=False, limit=200) or None)
        return Done("已挂失，那台手机上的二维码全部作废", url_for("web.worker.phones"))

    return submit(call, _page)


def _confirm(device_id: int) -> str:
    with the_door().read() as session:
        mine = list_devices(session, my_person_id())
    found = next((each for each in mine if each.id == device_id and each.ended_at is None), None)
    return render_template("worker/lose_phone.html", device=found) if found else _page()
