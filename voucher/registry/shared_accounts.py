"""Numbers of accounts that more than one institution is paid to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution, PayeeAccount


def find_shared(session: Session, in_use: Iterable[PayeeAccount]) -> dict[int, list[str]]:
    """Return, per institution of these accounts, which other institutions use the same number."""
    by_number = {each.account_index: each.institution_id for each in in_use}
    rows = session.execute(
        select(PayeeAccount.account_index, PayeeAccount.institution_id, Institution.name)
        .join(Institution, Institution.id == PayeeAccount.institution_id)
        .where(
            PayeeAccount.account_index.in_(sorted(by_number)),
            PayeeAccount.state == "confirmed",
            PayeeAccount.replaced_at.is_(None),
        )
        .order_by(PayeeAccount.institution_id)
    ).all()
    users: dict[str, list[tuple[int, str]]] = {}
    for index, institution_id, name in rows:
        users.setdefault(index, []).append((institution_id, name))
    return {
        one: [name for other, name in sharing if other != one]
        for sharing in users.values()
        if len(sharing) > 1
        for one, _ in sharing
    }
