"""What every page's frame needs to know: who looks, where they may go, how large the letters are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request

from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import Entry
from voucher.doors.auth.visitors import Visitor, current_visitor

SIZE_COOKIE = "size"
PUBLIC_PLACES = (
    ("首页", "web.public.home"),
    ("公示公告", "web.public.notices"),
    ("补贴标准", "web.public.standards"),
    ("查异议进度", "web.public.find_objection"),
)
DESK_PLACES = (
    ("工作台", "web.office.home"),
    ("结算批次", "web.office.batches"),
    ("新建结算", "web.office.new_settlement"),
    ("异议", "web.office.objections"),
    ("收款账户", "web.office.accounts"),
    ("姓名更正", "web.office.names"),
    ("预算", "web.finance.budgets"),
    ("拨付文件", "web.finance.files"),
    ("对账", "web.finance.reconciliation"),
    ("追回", "web.finance.clawbacks"),
    ("审计", "web.supervisor.audit"),
)
# the pages below a place light it up as well
BELOW = {
    "web.office.batches": (
        *("web.office.batch", "web.office.decide", "web.office.post_notice"),
        *("web.office.resubmit_claims", "web.office.withdraw_claims"),
        *(
            "web.office.claim",
            "web.office.clear_claim",
            "web.office.reject_claim",
            "web.office.open_clawback",
        ),
    ),
    "web.office.new_settlement": ("web.office.settle",),
    "web.office.objections": ("web.office.objection", "web.office.decide_objection"),
    "web.office.accounts": (
        *("web.office.propose_account", "web.office.confirm_account"),
        *("web.office.refuse_account", "web.office.correct_bounced"),
    ),
    "web.office.names": ("web.office.propose_name", "web.office.approve_name"),
    "web.finance.budgets": ("web.finance.budget", "web.finance.open_budget"),
    "web.finance.files": (
        *("web.finance.file", "web.finance.prepare", "web.finance.check", "web.finance.release"),
        *("web.finance.void", "web.finance.download", "web.finance.book_results"),
    ),
    "web.finance.clawbacks": ("web.finance.repay",),
    "web.supervisor.audit": ("web.supervisor.verify_trail", "web.supervisor.check_invariants"),
    "web.public.notices": ("web.public.notice", "web.public.lodge_objection"),
    "web.public.find_objection": ("web.public.objection",),
}
DEFAULT_FOOTER = {
    "hotline": "12333",
    "region": "河南省 · 人人持证",
    "lines": [
        ("主办单位", "示例市人力资源和社会保障局"),
        ("政府网站标识码", "4100000000"),
        ("备案号", "豫ICP备00000000号"),
        ("公网安备", "41000000000000号"),
        ("联系电话", "12333"),
    ],
    "demo": True,
}


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the main navigation."""

    name: str
    endpoint: str
    here: bool


def may_enter(visitor: Visitor | None, endpoint: str) -> bool:
    """Return whether the access matrix lets a visitor in there."""
    access = MATRIX.get(endpoint)
    if access is None:
        return False
    if access.who is Entry.PUBLIC:
        return True
    if visitor is None or visitor.is_half_way or visitor.must_change_password:
        return False
    return isinstance(access.who, Entry) or visitor.actor.has(*access.who)


def frame() -> dict[str, Any]:
    """Return what layout.html asks for on every page."""
    visitor, endpoint = current_visitor(), request.endpoint or ""
    inside = visitor is not None and not visitor.is_half_way
    entering = endpoint.startswith("web.entrance.")
    side = "desk" if inside and not endpoint.startswith("web.public.") else "public"
    places = DESK_PLACES if side == "desk" else () if entering else PUBLIC_PLACES
    return {
        "actor": visitor.actor if visitor is not None and inside else None,
        "display_name": visitor.display_name if visitor is not None else "",
        "role_line": "、".join(visitor.role_names) if visitor is not None else "",
        "entering": entering,
        "side": side,
        "nav": [
            Place(name, place, endpoint == place or endpoint in BELOW.get(place, ()))
            for name, place in places
            if may_enter(visitor, place)
        ],
        "large": request.cookies.get(SIZE_COOKIE) == "large",
        "demo": the_door().config.demo,
        "now": the_door().at,
        "today": the_door().today,
        "footer": {**DEFAULT_FOOTER, **current_app.config.get("FOOTER", {})},
        "may": lambda place: may_enter(visitor, place),
    }
