"""What has become, since an award was applied for, of the place or the honour it is given for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import CompoundSelect, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry.bonus_standards import read_bonus_standards
from voucher.registry.dictionaries import name_words
from voucher.registry.talents.awards import AwardFile, AwardLine, list_contested
from voucher.registry.talents.competitions import CompetitionResult, list_results
from voucher.registry.talents.honours import PersonHonour, list_given
from voucher.rules.bonus_kinds import KINDS, BonusKind, Proof
from voucher.rules.bonuses import bonus_key
from voucher.rules.competitions import Doubt, Entered, find_first_entered, spell_contest
from voucher.rules.dictionaries import Dictionary
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import Claim

PAID_SHOWN = 50


def list_paid_in_vain(
    session: Session, regions: Collection[str], doubt: Doubt = Doubt.TAKEN_BACK
) -> list[Claim]:
    """Return the awards paid in these regions whose place or honour has been taken back since, oldest first.

    Or those somebody asks to take back, before that is decided. One that is being recovered is paid no
    longer, and is not among them.
    """
    kinds = [kind for kind, terms in KINDS.items() if terms.proof in (Proof.PLACE, Proof.HONOUR)]
    lost = (
        select(CompetitionResult.person_id)
        .where(CompetitionResult.revoked_on.is_not(None))
        .union(select(PersonHonour.person_id).where(PersonHonour.revoked_on.is_not(None)))
    )
    if doubt is Doubt.CONTESTED:
        lost = _select_contested()
    claims = session.scalars(
        select(Claim)
        .where(
            Claim.state == "paid",
            Claim.kind.in_([str(each) for each in kinds]),
            Claim.region_code.in_(sorted(regions)),
            Claim.person_id.in_(lost),
        )
        .order_by(Claim.id)
    ).all()
    doubts = find_award_doubts(session, claims)
    return [each for each in claims if doubts.get(each.id) is doubt][:PAID_SHOWN]


def _select_contested() -> CompoundSelect[int]:
    """Return the query for the people of whom a place or an honour is asked to be taken back."""
    places, honours = (
        select(owner.person_id)
        .join(AwardLine, column == owner.id)
        .join(AwardFile, AwardFile.id == AwardLine.award_file_id)
        .where(AwardFile.confirmed_at.is_(None), AwardFile.declined_at.is_(None))
        for owner, column in (
            (CompetitionResult, AwardLine.result_id),
            (PersonHonour, AwardLine.honour_id),
        )
    )
    return places.union(honours)


def find_award_doubts(session: Session, claims: Sequence[Claim]) -> dict[int, Doubt]:
    """Return, by claim, the awards whose place or honour was taken back, or that somebody asks to take back.

    What was never entered, and was left to two people with its papers, is none of them.
    """
    proofs = {each.id: KINDS[BonusKind(each.kind)].proof for each in claims if each.basis_id is not None}
    placed = [each for each in claims if proofs.get(each.id) is Proof.PLACE]
    given = [each for each in claims if proofs.get(each.id) is Proof.HONOUR]
    if not placed and not given:
        return {}
    ids = [each.basis_id for each in (*placed, *given) if each.basis_id is not None]
    bases = {
        each.id: each
        for each in session.scalars(select(BonusBasis).where(among(session, BonusBasis.id, ids)))
    }
    rows = list_results(session, [each.person_id for each in (*placed, *given)])
    contested = list_contested(session, AwardLine.result_id, [each.id for each in rows])
    results: dict[int, list[CompetitionResult]] = {}
    for row in rows:
        results.setdefault(row.person_id, []).append(row)
    found: dict[int, Doubt | None] = {
        each.id: _weigh(
            _list_meant(each, bases[each.basis_id or 0], results.get(each.person_id, ())), contested
        )
        for each in placed
    }
    return {
        claim_id: doubt
        for claim_id, doubt in (found | _weigh_honours(session, given, results, contested)).items()
        if doubt is not None
    }


def _list_meant(
    claim: Claim, basis: BonusBasis, rows: Sequence[CompetitionResult]
) -> list[CompetitionResult]:
    """Return the places a claim may be paid for, those taken back among them; its own row's if it has one.

    A place that was entered again, with a note added to its name, is the same as it was first entered.
    """
    said = spell_contest(basis.occasion)
    entered = tell_apart(rows)
    of_item = [
        (each, find_first_entered(row, entered))
        for each, row in zip(rows, entered, strict=True)
        if f"{each.competition}_{each.place}" == basis.item_code
    ]
    meant = {first for each, first in of_item if (spelled := spell_contest(each.contest)) and spelled in said}
    asked = (BonusKind(basis.kind), basis.item_code, basis.person_id, basis.institution_id, basis.occasion)
    own = {first for first in meant if bonus_key(*asked, first) == claim.entitlement_key}
    return [each for each, first in of_item if first in (own or meant)]


def _weigh_honours(
    session: Session,
    claims: Sequence[Claim],
    results: Mapping[int, Sequence[CompetitionResult]],
    contested_places: Collection[int],
) -> dict[int, Doubt | None]:
    """Return what has become of the honours claims are paid for, given by themselves or with a place."""
    if not claims:
        return {}
    own = list_given(session, [each.person_id for each in claims])
    contested = list_contested(session, AwardLine.honour_id, [each.id for each in own])
    titles, names = name_words(session, Dictionary.HONOUR), _name_items(session)

    def is_meant(claim: Claim, honour: str | None) -> bool:
        return honour is not None and titles.get(honour, honour) in names.get(claim.trade_code, ())

    found: dict[int, Doubt | None] = {}
    for claim in claims:
        given = [each for each in own if each.person_id == claim.person_id and is_meant(claim, each.honour)]
        placed = [each for each in results.get(claim.person_id, ()) if is_meant(claim, each.honour)]
        doubts = [_weigh(rows, ids) for rows, ids in ((given, contested), (placed, contested_places)) if rows]
        # one honour that stands is enough; one that is only contested comes before one taken back
        found[claim.id] = None if not doubts or None in doubts else min(each for each in doubts if each)
    return found


def _name_items(session: Session) -> dict[str, set[str]]:
    """Return under which names an honour's item has ever stood in the standards."""
    names: dict[str, set[str]] = {}
    for each in read_bonus_standards(session):
        names.setdefault(each.item_code, set()).add(each.name)
    return names


def _weigh(rows: Iterable[CompetitionResult | PersonHonour], contested: Collection[int]) -> Doubt | None:
    """Return what has become of rows of which one that stands is enough; None where there never was any."""
    rows = list(rows)
    standing = [each.id for each in rows if each.revoked_on is None]
    if not rows or any(each not in contested for each in standing):
        return None
    return Doubt.CONTESTED if standing else Doubt.TAKEN_BACK


def tell_apart(rows: Iterable[CompetitionResult]) -> list[Entered]:
    """Return places as a rule tells one from another."""
    return [
        Entered(
            each.id,
            each.contest,
            each.trade_code,
            each.awarded_on,
            each.revoked_on is None,
            each.award_number,
        )
        for each in rows
    ]
