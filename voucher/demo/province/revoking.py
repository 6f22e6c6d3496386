"""Revoking a certificate as an officer does who has just looked at what falls with it."""

from __future__ import annotations

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.rules.spelling import fold_spelling
from voucher.stages.certify import revoke
from voucher.stages.certify.models import Certificate
from voucher.stages.settle.queries.consequences import read_consequences


def revoke_certificate(work: Work, number: str, why: str) -> Certificate:
    """Look at the consequences as they are and revoke; a number nobody knows has none."""
    found = work.session.scalars(
        select(Certificate.id).where(Certificate.number == fold_spelling(number).upper())
    ).all()
    seen = read_consequences(work.session, found).digest
    return revoke.revoke_certificate(work, number, why, read=read_consequences, seen=seen)
