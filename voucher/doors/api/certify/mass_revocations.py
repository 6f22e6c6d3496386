"""Several certificates revoked at once (批量撤销): previewed, asked, confirmed by another person."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.certify.mass_revocations import (
    ChosenCertificates,
    ConsequencesTold,
    MassRevocationDetail,
    MassRevocationFilter,
    MassRevocations,
    MassRevocationState,
    NewMassConfirmation,
    NewMassDismissal,
    NewMassRevocation,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor
from voucher.rules.revocations import Consequences
from voucher.stages.certify import mass_revocation as mass
from voucher.stages.certify.models_revocations import MassRevocation
from voucher.stages.certify.queries import mass_revocations as reading
from voucher.stages.certify.queries.cards import ANY_CARD, Meant
from voucher.stages.settle.queries.consequences import read_consequences

mass_revocations = Room("mass_revocations", __name__, url_prefix="/api/v1", description="批量撤销证书")

CHOSEN = {"institution_id": 1, "batches": ["PJ-2024-001", "PJ-2024-002"]}
SEEN = {"seen": "0" * 64}


@mass_revocations.look("/mass-revocations", query=MassRevocationFilter, answer=MassRevocations)
def list_mass_revocations(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """批量撤销，新的在前；牵涉外地证书的，由上级办理。"""
    regions = within(session, asked["region"])
    return paged(
        asked,
        lambda before, limit: reading.list_mass_revocations(session, regions, before_id=before, limit=limit),
        lambda row: row.id,
    )


@mass_revocations.look("/mass-revocations/<int:revocation_id>", answer=MassRevocationDetail)
def show_mass_revocation(session: Session, _asked: dict[str, Any], revocation_id: int) -> dict[str, Any]:
    """一次批量撤销：提出时的后果和现在的后果。"""
    found = reading.get_mass_revocation(session, revocation_id, current_actor().regions)
    now = read_consequences(session, reading.list_lines(session, found.id))
    return told(found, MassRevocationState) | {"now": now}


@mass_revocations.ask(
    "/mass-revocation-previews", body=ChosenCertificates, answer=ConsequencesTold, example=CHOSEN, keep=False
)
def preview_mass_revocation(work: Work, given: dict[str, Any]) -> Consequences:
    """预览：撤销这些证书牵连多少人、多少券、多少钱；什么也不改变。"""
    return read_consequences(work.session, _choose(work.session, work.actor, given))


@mass_revocations.act(
    "/mass-revocations",
    body=NewMassRevocation,
    answer=MassRevocationState,
    example=CHOSEN | SEEN | {"why": "同一批次成批替考，查实"},
)
def ask_mass_revocation(work: Work, given: dict[str, Any]) -> MassRevocation:
    """提出批量撤销：带上预览的摘要，另一人确认前什么也不撤销。"""
    ids = _choose(work.session, work.actor, given)
    return mass.ask_mass_revocation(work, ids, given["why"], read=read_consequences, seen=given["seen"])


@mass_revocations.act(
    "/mass-revocations/<int:revocation_id>/confirmations",
    body=NewMassConfirmation,
    answer=MassRevocationState,
    example=SEEN,
)
def confirm_mass_revocation(work: Work, given: dict[str, Any], revocation_id: int) -> MassRevocation:
    """另一人确认：与提出时所列的后果一笔不差才办理，未付的不再支付，已付的立应收款。"""
    return mass.confirm_mass_revocation(work, revocation_id, read=read_consequences, seen=given["seen"])


@mass_revocations.act(
    "/mass-revocations/<int:revocation_id>/dismissals",
    body=NewMassDismissal,
    answer=MassRevocationState,
    example={"why": "情况有变，重新提出"},
)
def drop_mass_revocation(work: Work, given: dict[str, Any], revocation_id: int) -> MassRevocation:
    """作废这次提出：什么也不撤销。"""
    return mass.drop_mass_revocation(work, revocation_id, given["why"])


def _choose(session: Session, actor: Actor, given: dict[str, Any]) -> list[int]:
    """Return the certificates that are meant, those of other regions left out as if they were not there."""
    single = [(each["number"], Meant(each["issued_on"], each["trade_code"])) for each in given["cards"]]
    wanted = [(each, ANY_CARD) for each in given["numbers"]] + single
    ids = set(mass.find_within(session, the_door().keyring, wanted, actor.regions))
    if given["institution_id"] is not None:
        ids.update(
            reading.list_group_certificates(session, actor.regions, given["institution_id"], given["batches"])
        )
    return sorted(ids)
