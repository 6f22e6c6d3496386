"""The public check (查询制度): a certificate by number, name and the end of its holder's identity number.

Whatever is wrong takes the same steps and gets the same answer, so that neither the words nor the time
tell which of the three it was, or whether the number exists.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from hmac import compare_digest

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people
from voucher.registry.card_numbers import look_up_as, read_carried
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.names import normalise_name
from voucher.rules.renewals import carries_over
from voucher.rules.spelling import fold_spelling
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, CertificateKind
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.archive import name_institutions, name_ordinal
from voucher.stages.certify.queries.cards import CONFIRMED, find_in_force

LAST = 4


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """What anybody may learn who holds the certificate: whether it stands, and what is printed on it.

    `others` are the cards of other trades that stand under the same number and name.
    """

    valid: bool
    state_name: str
    kind_name: str
    trade_name: str
    level_name: str
    issued_on: date
    institution_name: str
    others: tuple[PublicAnswer, ...] = ()


def check_publicly(
    session: Session, keyring: Keyring, number: str, name: str, last_four: str, on: date
) -> PublicAnswer | None:
    """Return what the public may know of a certificate on a day; None is one answer for whatever is wrong.

    Where no certificate has the number, the first one there is is taken through the same steps.
    """
    wanted, typed = look_up_as(keyring, number), fold_spelling(last_four).upper()
    given = people.name_index_of(keyring, _spell(name))
    first = select(func.min(Certificate.id)).scalar_subquery()
    row = session.scalars(
        select(Certificate)
        .where((Certificate.number == wanted) | (Certificate.id == first))
        # of a number that several cards have, the one in force (REN-04); no other number is two
        .order_by(
            case((Certificate.number == wanted, 0), else_=1),
            case((Certificate.name_index == given, 0), else_=1),
            case((Certificate.state.in_(CONFIRMED), 0), else_=1),
            case((Certificate.issued_on <= on, 0), else_=1),
            Certificate.issued_on.desc(),
        )
        .limit(1)
    ).first()
    if row is None:
        return None
    holder = people.read_people(session, keyring, [row.person_id]).get(row.person_id)
    held = (holder.number or "")[-LAST:] if holder is not None else ""
    # a card issued under a number had before shows that one's last four; its holder now shows the present one
    printed = (read_carried(session, keyring, row.person_id, wanted) or held)[-LAST:]
    answer = _answer(session, row)
    same = (
        compare_digest(row.number.encode(), wanted.encode()),
        compare_digest(row.name_index.encode(), given.encode()),
        compare_digest(held.encode(), typed.encode()) | compare_digest(printed.encode(), typed.encode())
        and len(typed) == LAST,
    )
    # what follows takes its time only for who has answered everything
    return replace(answer, others=_list_others(session, row, on)) if all(same) else None


def _list_others(session: Session, shown: Certificate, on: date) -> tuple[PublicAnswer, ...]:
    """Return the cards of other trades under a card's number and name, of each trade the one in force."""
    if not carries_over(shown.number):
        return ()
    aliases = catalogue.read_aliases(session)
    by_trade: dict[str, list[Certificate]] = {}
    for each in session.scalars(
        select(Certificate)
        .where(Certificate.number == shown.number, Certificate.name_index == shown.name_index)
        .order_by(Certificate.id)
    ):
        by_trade.setdefault(canonical_occupation(each.trade_code, aliases), []).append(each)
    by_trade.pop(canonical_occupation(shown.trade_code, aliases), None)
    found = [find_in_force(cards, on) for _, cards in sorted(by_trade.items())]
    return tuple(_answer(session, each) for each in found if each is not None and each.state == "valid")


def _spell(name: str) -> str:
    """Return a name as it is indexed, or one nobody has where it cannot be a name."""
    try:
        return normalise_name(name)
    except Refused:
        return ""


def _answer(session: Session, row: Certificate) -> PublicAnswer:
    trades = catalogue.name_trades(session, [row.trade_code])
    return PublicAnswer(
        valid=row.state == "valid",
        state_name=STATE_NAMES[Thing.CERTIFICATE][row.state],
        kind_name=CERTIFICATE_KIND_NAMES[CertificateKind(row.kind)],
        trade_name=trades.get(row.trade_code, row.trade_code),
        level_name=name_ordinal(row.level),
        issued_on=row.issued_on,
        institution_name=name_institutions(session, {row.institution_id})[row.institution_id],
    )
