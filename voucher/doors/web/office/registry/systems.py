"""The office stops a system of an institution; the systems themselves stand on the institution's page."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.registry.institutions import show_institution
from voucher.plumbing.unit_of_work import Work
from voucher.registry.systems.systems import revoke_system


@office.post("/office/institutions/<int:institution_id>/systems/<int:system_id>/revocations")
def stop_system(institution_id: int, system_id: int) -> ResponseReturnValue:
    """Stop a system of an institution of these regions at once."""

    def call(work: Work) -> Done:
        revoke_system(work, system_id)
        location = url_for("web.office.institution", institution_id=institution_id)
        return Done("已停用，这个系统当即不能再办理", location)

    return submit(call, lambda: show_institution(institution_id))
