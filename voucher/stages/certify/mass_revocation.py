"""Revoking several certificates at once: one person asks with the consequences in view, another confirms.

What falls with a certificate is the settlement's to say, so whoever opens the door hands in how to read it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.card_numbers import look_up_as
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, may_move
from voucher.rules.revocations import SOURCE, Consequences, check_as_shown, say_consequences
from voucher.rules.words import check_why
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_revocations import MassRevocation, MassRevocationLine
from voucher.stages.certify.queries.archive import select_within
from voucher.stages.certify.queries.cards import Meant, find_meant
from voucher.stages.certify.queries.mass_revocations import (
    MASS_REVOCATION_MISSING,
    list_lines,
    select_whole,
)
from voucher.stages.certify.queries.register import CERTIFICATE_NUMBER_UNKNOWN, LOOKUP_CHUNK
from voucher.stages.certify.revoke import OFFICERS, ReadConsequences, revoke_all
from voucher.stages.certify.stop import find_touched, let_go, stop_certificates

CERTIFICATES_MOST = "mass_revocation_most"

MASS_REVOCATION_EMPTY = reason(
    "mass_revocation_empty",
    "没有可以撤销的证书",
    "请核对机构和评价批次；已经撤销的不再列入",
    SOURCE,
    Family.CONFLICT,
)
MASS_REVOCATION_LARGE = reason(
    "mass_revocation_large",
    "一次撤销 {count} 本证书，超过 {most} 本",
    "请分几次提出",
    SOURCE,
    Family.LIMIT,
)
MASS_REVOCATION_UNSEEN = reason(
    "mass_revocation_unseen",
    "页面上列出的后果已不是现在的：现在牵连 {now}",
    "请重新选择要撤销的证书，看过现在的后果再提出",
    SOURCE,
    Family.CONFLICT,
)
MASS_REVOCATION_DECIDED = reason(
    "mass_revocation_decided",
    "这次批量撤销已经办结",
    "请刷新后查看结果；还要撤销的，请重新提出",
    SOURCE,
    Family.CONFLICT,
)


def ask_mass_revocation(
    work: Work, certificate_ids: Collection[int], why: str, *, read: ReadConsequences, seen: str
) -> MassRevocation:
    """Ask to revoke certificates, keeping what was shown; nothing is revoked until another person confirms.

    Until then they are on hold: nothing of them is paid or released. `seen` is the digest of the
    consequences on the page that asked. Raises Refused role_missing, why_missing, mass_revocation_empty,
    certificate_number_unknown (also for a foreign one), mass_revocation_large, mass_revocation_unseen.
    """
    check_role(work.actor, *OFFICERS)
    said = check_why(why)
    most = require_parameter_number(work.session, CERTIFICATES_MOST, work.today, ())
    if len(certificate_ids) > most:
        raise MASS_REVOCATION_LARGE.refused(count=len(certificate_ids), most=most)
    touched = find_touched(work, certificate_ids)
    regions = _lock(work, certificate_ids)
    if len(regions) < len(set(certificate_ids)):
        raise CERTIFICATE_NUMBER_UNKNOWN.refused()
    standing = [each for each, _ in regions.values() if may_move(Thing.CERTIFICATE, each.state, "revoke")]
    if not standing:
        raise MASS_REVOCATION_EMPTY.refused()
    now = read(work.session, [each.id for each in standing])
    if seen != now.digest:
        raise MASS_REVOCATION_UNSEEN.refused(now=say_consequences(now))
    asked = MassRevocation(
        why=said, shown=now.as_json(), asked_by_person_id=work.actor.person_id, asked_at=work.at
    )
    work.session.add(asked)
    work.session.flush()
    work.session.add_all(
        MassRevocationLine(revocation_id=asked.id, certificate_id=each.id, region_code=regions[each.id][1])
        for each in standing
    )
    work.session.flush()
    audit.record_one(work, "mass_revocation", asked.id, "ask", why=said, **now.as_json())
    stop_certificates(work, asked, standing, touched)
    return asked


def confirm_mass_revocation(
    work: Work, revocation_id: int, *, read: ReadConsequences, seen: str
) -> MassRevocation:
    """Revoke what another person asked to revoke, where not a thing has changed since it was shown.

    Raises Refused role_missing, mass_revocation_missing (also for a foreign one), mass_revocation_decided,
    second_person_needed, revocation_stale, revocation_unseen.
    """
    asked = _lock_open(work, revocation_id)
    check_two_people(asked.asked_by_person_id, work.actor.person_id)
    ids = list_lines(work.session, asked.id)
    found = _lock(work, ids)
    check_as_shown(Consequences(**asked.shown), read(work.session, ids), seen)
    revoke_all(work, [each for each, _ in found.values()], asked.why)
    _decide(work, asked, confirmed=True, why=None)
    return asked


def drop_mass_revocation(work: Work, revocation_id: int, why: str) -> MassRevocation:
    """Drop a wish: nothing is revoked. Raises Refused as confirming does, and why_missing."""
    said = check_why(why)
    asked = _lock_open(work, revocation_id)
    _decide(work, asked, confirmed=False, why=said)
    return asked


def find_within(
    session: Session, keyring: Keyring, wanted: Sequence[tuple[str, Meant]], regions: Collection[str]
) -> list[int]:
    """Return the certificates of these numbers, of one that several cards have the card meant.

    Raises certificate_number_unknown, also for a foreign one, card_unclear.
    """
    folded = [(look_up_as(keyring, number), meant) for number, meant in wanted]
    numbers = sorted({number for number, _ in folded})
    known: dict[str, list[Certificate]] = {}
    for start in range(0, len(numbers), LOOKUP_CHUNK):
        chunk = numbers[start : start + LOOKUP_CHUNK]
        query = select(Certificate).where(
            Certificate.number.in_(chunk), Certificate.id.in_(select_within(regions))
        )
        for each in session.scalars(query):
            known.setdefault(each.number, []).append(each)
    aliases = catalogue.read_aliases(session) if wanted else {}
    found: set[int] = set()
    for number, meant in folded:
        card = find_meant(known.get(number, ()), meant, aliases)
        if card is None:
            raise CERTIFICATE_NUMBER_UNKNOWN.refused()
        found.add(card.id)
    return sorted(found)


def _lock_open(work: Work, revocation_id: int) -> MassRevocation:
    """Return a wish of the actor's regions that waits, locked."""
    check_role(work.actor, *OFFICERS)
    asked = work.session.scalars(
        select(MassRevocation)
        .where(MassRevocation.id == revocation_id, MassRevocation.id.in_(select_whole(_reach(work))))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if asked is None:
        raise MASS_REVOCATION_MISSING.refused()
    if asked.decided_at is not None:
        raise MASS_REVOCATION_DECIDED.refused()
    return asked


def _lock(work: Work, certificate_ids: Collection[int]) -> dict[int, tuple[Certificate, str]]:
    """Return certificates within reach, locked in order, each with the region it is in."""
    reached = _reach(work)
    found: dict[int, tuple[Certificate, str]] = {}
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(Certificate, EvaluatorFiling.region_code, Institution.region_code)
            .join(Institution, Institution.id == Certificate.institution_id)
            .outerjoin(EvaluatorFiling, EvaluatorFiling.id == Certificate.filing_id)
            .where(Certificate.id.in_(ordered[start : start + LOOKUP_CHUNK]))
            .order_by(Certificate.id)
            .with_for_update(of=Certificate)
            .execution_options(populate_existing=True)
        )
        for certificate, filed_in, house_in in rows:
            region_code = filed_in or house_in
            if region_code in reached:
                found[certificate.id] = (certificate, region_code)
    return found


def _reach(work: Work) -> frozenset[str]:
    return frozenset().union(*(work.actor.reach.get(role, frozenset[str]()) for role in OFFICERS))


def _decide(work: Work, asked: MassRevocation, *, confirmed: bool, why: str | None) -> None:
    asked.confirmed, asked.decided_why = confirmed, why
    asked.decided_by_person_id, asked.decided_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(
        work, "mass_revocation", asked.id, "confirm" if confirmed else "drop", **({"why": why} if why else {})
    )
    let_go(work, asked, "证书已撤销" if confirmed else "撤销已作废，照常办理")
