"""What stands recorded already of the certificates and the people a file names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry import people
from voucher.rules.card_numbers import CARD_NUMBER_OF_ANOTHER, find_digest
from voucher.stages.certify.models import Certificate

COMPARED = (
    "number", "name_index", "kind", "trade_code", "level", "issued_on", "institution_id", "filing_id",
    "method", "theory_hundredths", "skill_hundredths", "comprehensive_hundredths", "fee_fen",
    "evaluation_batch",
)  # fmt: skip


def find_present(session: Session, indexes: Sequence[str]) -> dict[str, str]:
    """Return the index of the present number behind each of these, former ones among them.

    Of somebody nobody knows yet it is the index itself.
    """
    ids = people.find_ids(session, indexes)
    present = people.find_subject_indexes(session, list(ids.values()))
    return {index: present[ids[index]] if index in ids else index for index in indexes}


def check_own_number(
    session: Session,
    kept: str,
    subject: str,
    known: Iterable[Mapping[str, Any]] = (),
    card: tuple[str, date] | None = None,
) -> None:
    """Check that the identity number a certificate's number carries, if any, is or was its holder's.

    `subject` is the blind index of the holder's present number. A card of theirs that stands recorded among
    `known`, by trade and day of issue, was asked about then. Raises Refused card_number_of_another.
    """
    carried = find_digest(kept)
    if carried is None or carried.within == subject:
        return
    if any((each["subject"], (each["trade_code"], each["issued_on"])) == (subject, card) for each in known):
        return
    ids = people.find_ids(session, [carried.within, subject])
    if carried.within not in ids or ids[carried.within] != ids.get(subject):
        raise CARD_NUMBER_OF_ANOTHER.refused()


def find_stored(session: Session, numbers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return facts and ids recorded behind each known number: one certificate, or a card and its renewals."""
    columns = [getattr(Certificate, name) for name in COMPARED]
    found: dict[str, list[dict[str, Any]]] = {}
    rows = session.execute(
        select(people.Person.blind_index, Certificate.id, Certificate.state, *columns)
        .join(people.Person, people.Person.id == Certificate.person_id)
        .where(among(session, Certificate.number, numbers))
    )
    for subject, certificate_id, state, *values in rows:
        facts = dict(zip(COMPARED, values, strict=True))
        found.setdefault(facts["number"], []).append(
            facts | {"subject": subject, "id": certificate_id, "state": state}
        )
    return found
