"""The access matrix of what is asked and proven before a voucher: standings, outside facts, applications."""

from __future__ import annotations

from voucher.doors.auth.entries import OFFICERS, OPERATORS, WORKERS, Access

_OFFICE = OPERATORS | OFFICERS

API_STANDING: dict[str, Access] = {
    "standings.ask_standing": Access(WORKERS | _OFFICE, "还能不能享受：本人查自己，人社部门查询留痕"),
}

WEB_STANDING: dict[str, Access] = {
    "web.worker.standing": Access(WORKERS, "我还能享受吗"),
    "web.office.standing": Access(_OFFICE, "享受资格查询页"),
    "web.office.ask_standing": Access(_OFFICE, "享受资格查询，留痕"),
}
