"""Which card of a number: a renewed 特种作业操作证 keeps its number, so one person may have several of one.

So may who holds cards for several trades. Every other number is one certificate's, and nothing more is read
for it. What the register says of one trade it does not say of another: it changes a trade with a row more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry import catalogue, tables
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, reason
from voucher.rules.privacy import mask_free_text
from voucher.rules.renewals import (
    SOURCE,
    Card,
    Standing,
    card_in_force,
    carries_over,
    check_renewed,
    is_same_card,
)
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify.models import Certificate, RegisterEntry, Verification
from voucher.stages.certify.models_look_ups import RegisterLookUp
from voucher.stages.certify.queries.register import find_newest_entries

CARD_UNCLEAR = reason(
    "card_unclear",
    "证书编号 {number} 有几张证书，没有指明是哪一张",
    "请同时填写发证日期；同日有几个作业项目的，再填作业项目编码",
    SOURCE,
)

CERTIFICATE_NUMBER_TAKEN = reason(
    "certificate_number_taken",
    "证书编号 {number} 已经登记，内容与本行不同",
    "一个编号只对应一本证书：请核对编号；原登记有误的，请评价机构申请更正",
    "职业技能等级证书编码规则 (DOMAIN C1); S2-16e",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Meant:
    """Which card of a number somebody means; what is left out may be any."""

    issued_on: date | None = None
    trade_code: str | None = None


ANY_CARD = Meant()
# states in which somebody other than its issuer has spoken of a card
CONFIRMED = ("valid", "revoked")


class Entries:
    """Register rows by certificate: the newest of its number, of a card's number the newest of that card."""

    def __init__(
        self,
        newest: dict[str, RegisterEntry],
        carried: dict[str, list[RegisterEntry]],
        months_apart: int | None,
        aliases: Mapping[str, str],
    ) -> None:
        self._newest = newest
        self._carried = carried
        self._months_apart = months_apart
        self._aliases = aliases

    def find(
        self, number: str, trade_code: str, issued_on: date, heard: RegisterLookUp | None = None
    ) -> RegisterEntry | None:
        """Return what the register says of a certificate, or of its number where it knows no such card.

        Where it was `heard` to speak of another card since, that is what it says.
        """
        of_number = self._carried.get(number)
        if of_number is None:
            return self._newest.get(number)
        card = fold_card(trade_code, issued_on, self._aliases)
        own = next((each for each in reversed(of_number) if self._is_of(each, card)), None)
        if own is None:
            return self._newest[number]
        if heard is not None and heard.register_entry_id is not None and heard.asked_at > own.recorded_at:
            said = next((each for each in of_number if each.id == heard.register_entry_id), None)
            return own if said is None or self._is_of(said, card) else said
        return own

    def is_same(self, entry: RegisterEntry, trade_code: str, issued_on: date) -> bool:
        """Return whether a row of a certificate's number is of that certificate, not of another card."""
        if entry.number not in self._carried:
            return True
        return self._is_of(entry, fold_card(trade_code, issued_on, self._aliases))

    def _is_of(self, entry: RegisterEntry, card: Card) -> bool:
        told = fold_card(entry.trade_code, entry.issued_on, self._aliases)
        return is_same_card(told, card, self._months_apart)


def find_entries(session: Session, numbers: Sequence[str], on: date) -> Entries:
    """Return the register rows of certificates by number, trade and day of issue, as judged on a day."""
    newest = find_newest_entries(session, numbers)
    several = [number for number in newest if carries_over(number)]
    if not several:
        return Entries(newest, {}, None, {})
    carried: dict[str, list[RegisterEntry]] = {}
    for each in session.scalars(
        select(RegisterEntry)
        .where(among(session, RegisterEntry.number, several))
        .order_by(RegisterEntry.revision)
    ):
        carried.setdefault(each.number, []).append(each)
    return Entries(newest, carried, read_months_apart(session, on), catalogue.read_aliases(session))


def fold_card(trade_code: str, issued_on: date, aliases: Mapping[str, str]) -> Card:
    """Return a card as it is compared: a trade renamed since is the same trade."""
    return Card(canonical_occupation(trade_code, aliases), issued_on)


def read_months_apart(session: Session, on: date) -> int | None:
    """Return how many months lie between two cards of one number at least. Raises parameter_missing."""
    return tables.read_parameter_number(session, tables.CARD_RENEWAL_MONTHS, on, ())


def find_in_force(certificates: Iterable[Certificate], on: date) -> Certificate | None:
    """Return the one of certificates of one number that stands on a day; None where there is none."""
    found = list(certificates)
    return found[card_in_force([_stand(each) for each in found], on)] if found else None


def _stand(certificate: Certificate) -> Standing:
    return Standing(certificate.issued_on, certificate.state in CONFIRMED)


def find_meant(
    certificates: Iterable[Certificate], meant: Meant, aliases: Mapping[str, str]
) -> Certificate | None:
    """Return the one of certificates of one number that is meant; None where there is none.

    Raises Refused card_unclear where several may be.
    """
    found = [each for each in certificates if meant.issued_on in (None, each.issued_on)]
    if meant.trade_code is not None:
        wanted = canonical_occupation(meant.trade_code, aliases)
        found = [each for each in found if canonical_occupation(each.trade_code, aliases) == wanted]
    if len(found) > 1:
        raise CARD_UNCLEAR.refused(number=mask_free_text(found[0].number))
    return found[0] if found else None


def find_before(
    session: Session, known: Sequence[dict[str, Any]], facts: dict[str, Any], on: date
) -> dict[str, Any] | None:
    """Return the facts recorded of the certificate that `facts` speak of; None where it is a renewed card.

    `known` are all that have its number, one at least. Raises Refused card_renewed_too_soon.
    """
    number, kind = facts["number"], CertificateKind(facts["kind"])
    alike = all((each["subject"], each["kind"]) == (facts["subject"], facts["kind"]) for each in known)
    if not alike or not carries_over(number, kind):
        return known[0]
    aliases = catalogue.read_aliases(session)
    given = _card_of(facts, aliases)
    for each in known:
        if _card_of(each, aliases) == given:
            return each
    counted = [_card_of(each, aliases) for each in known if not _was_mistaken(session, each)]
    check_renewed(number, given, counted, read_months_apart(session, on))
    return None


def _card_of(facts: Mapping[str, Any], aliases: Mapping[str, str]) -> Card:
    return fold_card(facts["trade_code"], facts["issued_on"], aliases)


def _was_mistaken(session: Session, facts: Mapping[str, Any]) -> bool:
    """Return whether a card was revoked that no register has ever confirmed: its date told wrong, say."""
    if facts.get("state") != "revoked":
        return False
    verified = select(Verification.id).where(
        Verification.certificate_id == facts["id"], Verification.verified.in_((True,))
    )
    return session.scalars(verified.limit(1)).first() is None
