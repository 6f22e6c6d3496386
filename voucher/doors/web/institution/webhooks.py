"""事件通知: where a system is told what happened, what was sent to it and what it answered."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.systems import Shown, show_secret
from voucher.plumbing.unit_of_work import Work
from voucher.registry.systems import webhooks as registry
from voucher.registry.systems.webhook_carrying import secret_of
from voucher.registry.systems.webhook_reading import (
    find_webhook,
    get_system_for,
    list_deliveries,
    name_event,
)
from voucher.registry.systems.webhook_rows import EVENTS, Webhook
from voucher.rules.lifecycle import EVENT_NAMES, THING_NAMES

SHOWN_AT_MOST = 50


@institution.get("/institution/systems/<int:system_id>/webhook")
def webhook(system_id: int) -> ResponseReturnValue:
    """Show where a system is told, and how that goes."""
    return _page(system_id)


@institution.post("/institution/systems/<int:system_id>/webhooks")
def register_webhook(system_id: int) -> ResponseReturnValue:
    """Have a system told of events, and show the secret that signs once."""

    def call(work: Work) -> Shown:
        address = fields.text("address", "接收地址", limit=500)
        wanted, local = request.form.getlist("event"), the_door().config.demo
        return _shown(work, registry.register_webhook(work, system_id, address, wanted, local=local))

    return show_secret(call, lambda: _page(system_id))


@institution.post("/institution/systems/<int:system_id>/webhooks/<int:webhook_id>/secrets")
def rotate_webhook(system_id: int, webhook_id: int) -> ResponseReturnValue:
    """Sign with a new secret and show it once."""
    return show_secret(
        lambda work: _shown(work, registry.rotate_webhook(work, webhook_id)), lambda: _page(system_id)
    )


@institution.post("/institution/systems/<int:system_id>/webhooks/<int:webhook_id>/trials")
def try_webhook(system_id: int, webhook_id: int) -> ResponseReturnValue:
    """Send a trial."""

    def call(work: Work) -> str:
        return f"第 {registry.try_webhook(work, webhook_id).sequence} 号试送已经发出，几秒后刷新本页看答复"

    return _do(system_id, call)


@institution.post("/institution/systems/<int:system_id>/webhooks/<int:webhook_id>/resumptions")
def resume_webhook(system_id: int, webhook_id: int) -> ResponseReturnValue:
    """Go on telling a system, and send what it missed."""
    return _do(system_id, lambda work: f"已恢复，补发 {registry.resume_webhook(work, webhook_id)} 条")


@institution.post("/institution/systems/<int:system_id>/webhooks/<int:webhook_id>/revocations")
def end_webhook(system_id: int, webhook_id: int) -> ResponseReturnValue:
    """Tell a system nothing more."""

    def call(work: Work) -> str:
        registry.end_webhook(work, webhook_id)
        return "已停止，不再通知"

    return _do(system_id, call)


@institution.post("/institution/systems/<int:system_id>/deliveries/<int:delivery_id>/resendings")
def resend_delivery(system_id: int, delivery_id: int) -> ResponseReturnValue:
    """Send a notice once more."""

    def call(work: Work) -> str:
        return (
            f"第 {registry.resend_delivery(work, delivery_id).sequence} 号通知再送一次，几秒后刷新本页看答复"
        )

    return _do(system_id, call)


def _do(system_id: int, act: Callable[[Work], str]) -> ResponseReturnValue:
    location = url_for("web.institution.webhook", system_id=system_id)
    return submit(lambda work: Done(act(work), location), lambda: _page(system_id))


def _shown(work: Work, found: Webhook) -> Shown:
    return ("接收地址", found.address), [("签名密钥（whsec）", secret_of(work.keyring, found.seed))]


def _page(system_id: int) -> str:
    with the_door().read() as session:
        system = get_system_for(session, current_actor(), system_id)
        found = find_webhook(session, system.id)
        return render_template(
            "institution/webhook.html",
            system=system,
            webhook=found,
            event_names=[name_event(each) for each in found.events.split()] if found else [],
            deliveries=list_deliveries(session, found.id, limit=SHOWN_AT_MOST) if found else [],
            groups=[
                (THING_NAMES[thing], [(each, EVENT_NAMES[thing][EVENTS[each][1]]) for each in words])
                for thing, words in groupby(EVENTS, lambda each: EVENTS[each][0])
            ],
            at_most=SHOWN_AT_MOST,
        )
