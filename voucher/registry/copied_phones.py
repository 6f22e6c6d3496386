"""A phone whose data was copied: frozen at whichever counter it shows, and everybody signs in anew."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger.credentials.devices import Device, freeze_device
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import sessions
from voucher.registry.users import UserAccount


def freeze_copied(work: Work, device_id: int) -> None:
    """Freeze a copied phone; whoever has the copy may have its session too, so everybody signs in again."""
    if not freeze_device(work, device_id):
        return
    person_id = work.session.get_one(Device, device_id).person_id
    accounts = work.session.scalars(select(UserAccount.id).where(UserAccount.person_id == person_id))
    for user_id in accounts.all():
        sessions.end_sessions_of(work, user_id)
