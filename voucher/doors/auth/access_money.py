"""The access matrix of what the money's own desks added later: years, months, set-aside lines, cases."""

from __future__ import annotations

from voucher.doors.auth.entries import DESK, FINANCE, MAKERS, WATCHERS, Access
from voucher.rules.actor import Role

_CHECKERS = frozenset({Role.FINANCE_CHECKER})
_SEERS = FINANCE | WATCHERS

WEB_MONEY: dict[str, Access] = {
    "web.finance.year_end": Access(DESK, "年末结转的预览和经过"),
    "web.finance.ask_year_end": Access(MAKERS, "提出年末结转"),
    "web.finance.carry_year_end": Access(_CHECKERS, "由另一人办理年末结转"),
    "web.finance.drop_year_end": Access(MAKERS | _CHECKERS, "撤销年末结转的提出"),
}
API_MONEY: dict[str, Access] = {
    "closings.show_year_end": Access(DESK, "年末结转的预览和经过"),
    "closings.ask_year_end": Access(MAKERS, "提出年末结转"),
    "closings.carry_year_end": Access(_CHECKERS, "由另一人办理年末结转"),
    "closings.drop_year_end": Access(MAKERS | _CHECKERS, "撤销年末结转的提出"),
    "closings.list_month_closes": Access(_SEERS, "查看月结"),
    "closings.ask_month_close": Access(MAKERS, "提出月结"),
    "closings.close_month": Access(_CHECKERS, "由另一人月结，不能重开"),
}
