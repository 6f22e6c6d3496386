"""Opening the account of a worker who stands at the desk: the first password is shown once."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import refuse
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.staffing import open_worker_at_desk
from voucher.rules.errors import Refused


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account as it is handed over, once."""

    login: str
    password: str


@office.get("/office/workers/new")
def new_worker() -> ResponseReturnValue:
    """Ask who the worker is."""
    return _ask()


@office.post("/office/workers")
def open_worker() -> ResponseReturnValue:
    """Open the account and show its first password, which nothing keeps."""

    def call(work: Work) -> Opened:
        login = fields.text("login", "登录名", limit=40)
        _, password = open_worker_at_desk(
            work,
            login=login,
            name=fields.text("name", "姓名", limit=60),
            number=fields.text("number", "证件号码", limit=30),
            mobile=fields.text("mobile", "手机号", required=False, limit=20) or None,
        )
        return Opened(login, password)

    try:
        # not done through the answer kept per key: a password is never stored
        return _ask(perform(call))
    except Refused as refused:
        return refuse(refused.refusal, _ask)


def _ask(opened: Opened | None = None) -> str:
    return render_template("office/new_worker.html", opened=opened)
