"""Revoking a certificate as an officer does who has just looked at what falls with it."""

from __future__ import annotations

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.registry.card_numbers import look_up_as
from voucher.stages.certify import revoke
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.cards import ANY_CARD, Meant, find_in_force
from voucher.stages.settle.queries.consequences import read_consequences


def revoke_certificate(work: Work, number: str, why: str) -> Certificate:
    """Look at the consequences as they are and revoke; a number nobody knows has none."""
    cards = work.session.scalars(
        select(Certificate).where(Certificate.number == look_up_as(work.keyring, number))
    ).all()
    found = find_in_force(cards, work.today)
    seen = read_consequences(work.session, [found.id] if found is not None else []).digest
    meant = Meant(found.issued_on, found.trade_code) if found is not None else ANY_CARD
    return revoke.revoke_certificate(work, number, why, read=read_consequences, seen=seen, meant=meant)
