"""系统接入: an institution's own systems and their event notices, for its administrator's programs."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.registry.systems import (
    Deliveries,
    DeliveryFilter,
    NewSystem,
    NewWebhook,
    Nothing,
    SentState,
    Systems,
    SystemState,
    SystemWithSecret,
    WebhookState,
    WebhookWithSecret,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry.systems import systems as registry
from voucher.registry.systems import webhooks
from voucher.registry.systems.rows import InstitutionSystem, SystemScope
from voucher.registry.systems.webhook_carrying import secret_of
from voucher.registry.systems.webhook_reading import get_webhook_for, list_deliveries
from voucher.registry.systems.webhook_rows import Webhook, WebhookDelivery
from voucher.rules.actor import Role

systems = Room("systems", __name__, url_prefix="/api/v1", description="机构的系统接入和事件通知")


@systems.look("/systems", answer=Systems)
def list_own_systems(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本机构登记的系统，在用的在前。"""
    houses = [each.institution_id for each in current_actor().grants if each.role is Role.INSTITUTION_ADMIN]
    found = registry.list_rows(session, [each for each in houses if each is not None])
    return {"items": [_system(each) for each in found]}


@systems.act(
    "/systems",
    body=NewSystem,
    answer=SystemWithSecret,
    said_once="client_secret",
    example={"institution_id": 1, "name": "前台程序", "scopes": ["scan", "read"]},
)
def register(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """登记系统：得到系统编号和密钥，密钥只给这一次。"""
    scopes = [SystemScope(each) for each in given["scopes"]]
    found, secret = registry.register_system(work, given["institution_id"], given["name"], scopes)
    return _system(found) | {"client_secret": secret}


@systems.act(
    "/systems/<int:system_id>/secrets",
    body=Nothing,
    answer=SystemWithSecret,
    said_once="client_secret",
    example={},
)
def rotate(work: Work, _given: dict[str, Any], system_id: int) -> dict[str, Any]:
    """更换密钥：旧的还能用一段时间。"""
    secret = registry.rotate_secret(work, system_id)
    return _system(work.session.get_one(InstitutionSystem, system_id)) | {"client_secret": secret}


@systems.act("/systems/<int:system_id>/confirmations", body=Nothing, answer=SystemState, example={})
def confirm(work: Work, _given: dict[str, Any], system_id: int) -> dict[str, Any]:
    """停用旧密钥：旧密钥和用它换的令牌当即失效。"""
    registry.confirm_secret(work, system_id)
    return _system(work.session.get_one(InstitutionSystem, system_id))


@systems.act("/systems/<int:system_id>/revocations", body=Nothing, answer=SystemState, example={})
def revoke(work: Work, _given: dict[str, Any], system_id: int) -> dict[str, Any]:
    """停用系统：当即生效，不能恢复。"""
    registry.revoke_system(work, system_id)
    return _system(work.session.get_one(InstitutionSystem, system_id))


@systems.act(
    "/systems/<int:system_id>/webhooks",
    body=NewWebhook,
    answer=WebhookWithSecret,
    said_once="secret",
    example={"address": "https://jw.example.org/hook", "events": ["voucher.redeemed", "claim.paid"]},
)
def register_webhook(work: Work, given: dict[str, Any], system_id: int) -> dict[str, Any]:
    """登记接收地址：得到签名密钥，只给这一次。"""
    local = the_door().config.demo
    return _signed(
        work, webhooks.register_webhook(work, system_id, given["address"], given["events"], local=local)
    )


@systems.look("/webhooks/<int:webhook_id>", answer=WebhookState)
def show_webhook(session: Session, _asked: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """一个接收地址和它的状态。"""
    return _webhook(get_webhook_for(session, current_actor(), webhook_id))


@systems.act(
    "/webhooks/<int:webhook_id>/secrets",
    body=Nothing,
    answer=WebhookWithSecret,
    said_once="secret",
    example={},
)
def rotate_webhook(work: Work, _given: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """更换签名密钥：一段时间内新旧都签。"""
    return _signed(work, webhooks.rotate_webhook(work, webhook_id))


@systems.act("/webhooks/<int:webhook_id>/trials", body=Nothing, answer=SentState, example={})
def try_webhook(work: Work, _given: dict[str, Any], webhook_id: int) -> WebhookDelivery:
    """试送一条。"""
    return webhooks.try_webhook(work, webhook_id)


@systems.act("/webhooks/<int:webhook_id>/resumptions", body=Nothing, answer=WebhookState, example={})
def resume_webhook(work: Work, _given: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """恢复暂停的通知，没有送达的补发。"""
    webhooks.resume_webhook(work, webhook_id)
    return _webhook(work.session.get_one(Webhook, webhook_id))


@systems.act("/webhooks/<int:webhook_id>/revocations", body=Nothing, answer=WebhookState, example={})
def end_webhook(work: Work, _given: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """停止通知，不能恢复。"""
    return _webhook(webhooks.end_webhook(work, webhook_id))


@systems.look("/webhook-deliveries", query=DeliveryFilter, answer=Deliveries)
def list_webhook_deliveries(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """送达情况，新的在前。"""
    found = get_webhook_for(session, current_actor(), asked["webhook_id"])
    return paged(
        asked,
        lambda before, limit: list_deliveries(session, found.id, before_id=before, limit=limit),
        lambda row: row.id,
    )


@systems.act("/webhook-deliveries/<int:delivery_id>/resendings", body=Nothing, answer=SentState, example={})
def resend(work: Work, _given: dict[str, Any], delivery_id: int) -> WebhookDelivery:
    """再送一次：编号和内容不变。"""
    return webhooks.resend_delivery(work, delivery_id)


def _system(found: InstitutionSystem) -> dict[str, Any]:
    return {
        "id": found.id,
        "institution_id": found.institution_id,
        "client_id": found.client_id,
        "name": found.name,
        "scopes": found.scopes.split(),
        "registered_at": found.registered_at,
        "revoked_at": found.revoked_at,
    }


def _webhook(found: Webhook) -> dict[str, Any]:
    return {
        "id": found.id,
        "system_id": found.system_id,
        "address": found.address,
        "events": found.events.split(),
        "failures": found.failures,
        "registered_at": found.registered_at,
        "paused_at": found.paused_at,
        "revoked_at": found.revoked_at,
    }


def _signed(work: Work, found: Webhook) -> dict[str, Any]:
    return _webhook(found) | {"secret": secret_of(work.keyring, found.seed)}
