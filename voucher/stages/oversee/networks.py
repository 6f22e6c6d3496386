"""Networks (网络): from where a counter redeems and an exam lets people in, as digests, for R09.

Of an address nothing is kept but a keyed digest nobody turns back; of a counter one row a day, of an exam one
row for each candidate let in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.stages.assess.queries.persons import list_candidate_ids
from voucher.stages.oversee.models_networks import NetworkSeen

DOMAIN = "network"
SEASON = timedelta(days=90)  # no row goes sooner: held by the database


class Place(StrEnum):
    """Where somebody stood: at a counter of an institution, at the door of an exam."""

    COUNTER = "counter"
    EXAM = "exam"


def keep_network(work: Work, institution_id: int, candidate_id: int | None, network: str) -> None:
    """Write down from which network a counter or an exam door was reached, once; only its digest is kept."""
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    work.session.execute(
        build(NetworkSeen)
        .values(
            place=str(Place.COUNTER if candidate_id is None else Place.EXAM),
            institution_id=institution_id,
            candidate_id=candidate_id,
            network_index=work.keyring.blind_index(DOMAIN, network),
            used_on=work.today,
            used_at=work.at,
        )
        .on_conflict_do_nothing()
    )


def forget_networks(work: Work, before: datetime, most: int) -> int:
    """Delete the oldest networks, at most so many, and return how many."""
    oldest = (
        select(NetworkSeen.id).where(NetworkSeen.used_at < before).order_by(NetworkSeen.used_at).limit(most)
    )
    return _delete(work, oldest)


def count_networks_of(session: Session, person_id: int) -> tuple[int, datetime | None]:
    """Return from how many exam doors a network is kept of a person, and of when the newest is."""
    own = NetworkSeen.candidate_id.in_(list_candidate_ids(session, person_id))
    count, last_at = session.execute(select(func.count(), func.max(NetworkSeen.used_at)).where(own)).one()
    return count, last_at


def forget_networks_of(work: Work, person_id: int) -> int:
    """Delete the networks a person who is erased came to exams from, and return how many.

    What the database does not let go yet goes by the clock.
    """
    own = NetworkSeen.candidate_id.in_(list_candidate_ids(work.session, person_id))
    return _delete(work, select(NetworkSeen.id).where(own, NetworkSeen.used_at < work.at - SEASON))


def _delete(work: Work, ids: Select[int]) -> int:
    gone = work.session.scalars(
        delete(NetworkSeen)
        .where(NetworkSeen.id.in_(ids))
        .returning(NetworkSeen.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
