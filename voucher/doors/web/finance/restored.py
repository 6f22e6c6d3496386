"""What a payment page says of a restored database: where nothing is paid yet, and who has vouched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from voucher.doors.web.regions import list_regions
from voucher.doors.web.timelines import name_people
from voucher.ledger.restoring import RestoredCopy, RestoredPaid, find_unpaid
from voucher.registry.catalogue import list_ancestry, name_regions
from voucher.stages.settle.confirming_paid import list_paid_words


@dataclass(frozen=True, slots=True)
class Restored:
    """The restore that is not accounted for yet, the regions it closes, the words said, who may be meant.

    `said_already` where whoever looks has vouched for all of those regions, and another is waited for.
    """

    copy: RestoredCopy
    closed: Sequence[str]
    words: Sequence[RestoredPaid]
    people: dict[int, str]
    region_names: dict[str, str]
    choices: Sequence[tuple[str, str]]
    said_already: bool


def tell_restored(
    session: Session, funded: Collection[str], reach: frozenset[str], person_id: int
) -> Restored | None:
    """Return what keeps the regions with money from paying after a restore; None where nothing does.

    What a person has vouched for, alone or with a region above, is not asked of that person again.
    """
    if find_unpaid(session, ()) is None:
        # with no region to speak for it every restore counts: there never was one
        return None
    above = {code: list_ancestry(session, code) for code in sorted(funded)}
    found = {code: copy for code, codes in above.items() if (copy := find_unpaid(session, codes)) is not None}
    if not found:
        return None
    codes = {each for code in found for each in above[code]}
    words = list_paid_words(session, sorted(codes))
    names = name_regions(session, sorted(codes))
    mine = {each.region_code for each in words if each.person_id == person_id}
    # a region above says it for those below, so it is offered as long as one of them is unsaid
    unsaid = {each for code in found if mine.isdisjoint(above[code]) for each in above[code]}
    return Restored(
        copy=next(iter(found.values())),
        closed=[names[code] for code in found],
        words=words,
        people=name_people(session, [each.person_id for each in words]),
        region_names=names,
        choices=list_regions(session, frozenset(unsaid & reach)),
        said_already=not unsaid,
    )
