"""Which data each rule has, and since when (接入): tables of this house by their first row, lists by import.

A rule without data found nothing because it could not look: that is told, never shown as nought.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import column, func, select, table, text
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.plumbing.types import Day, Int64, UtcTime
from voucher.registry.catalogue import Region
from voucher.registry.institutions import Institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.joins import FEEDS, LIST_NAMES, ListKind
from voucher.rules.risk.catalogue import RULES
from voucher.stages.oversee.models_networks import NetworkSeen
from voucher.stages.oversee.risk.facts import Window
from voucher.stages.oversee.risk.facts.counting import find_usual_networks
from voucher.stages.oversee.risk.facts.gaps import GAPS, Gap
from voucher.stages.oversee.risk.facts.listing import LISTS
from voucher.stages.oversee.risk.finding import MONTHS_BACK, first_of_month
from voucher.stages.oversee.risk.telling import TABLE_NAMES

REDEMPTIONS = table(
    "redemption", column("institution_id", Int64), column("redeemed_at", UtcTime),
    column("reversed_at", UtcTime),
)  # fmt: skip

# what a rule may go by that is no table of facts
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "networks": ("used_at", "network_seen"),
    "openings": ("opened_at", "page_opening"),
}
# the rule that compares with the network of an office
BY_OFFICE = "R09"
# the first row of each table: a day, or a moment (a name that ends in _at); a table without a number of its
# own says by which it goes
FIRST_ROWS: dict[str, tuple[str, ...]] = {
    "institutions": ("since", "institution"),
    "classes": ("starts_on", "training_class"),
    "sessions": ("starts_at", "class_session"),
    "places": ("enrolled_at", "enrolment"),
    "marks": ("marked_at", "attendance_mark"),
    "results": ("confirmed_at", "exam_result WHERE confirmed_at IS NOT NULL"),
    "studies": ("started_at", "study WHERE ended_at IS NOT NULL"),
    "outside": ("told_at", "outside_answer WHERE kind IN ('deceased','pension','student')"),
    "history": ("issued_on", "certificate WHERE kind <> 'training_completion'"),
    "claims": ("filed_at", "claim"),
    "vouchers": ("accepted_at", "acceptance", "voucher_id"),
    "links": ("issued_at", "voucher"),
    "look_ups": ("scanned_at", "scan WHERE act = 'check'"),
    "certificates": ("issued_on", "certificate"),
    "approvals": ("signed_at", "signature"),
    "payee_changes": ("confirmed_at", "payee_account WHERE confirmed_at IS NOT NULL"),
    "contacts": ("drawn_at", "phone_draw WHERE drawn_at IS NOT NULL"),
    "outsiders": ("starts_on", "training_class"),
}


def _of(kind: ListKind) -> str:
    """Return what a kind of list is known by beside the tables: one of them is called contacts too."""
    return f"list {kind}"


# what a rule cannot look without, one of each group; else its first table
NEEDED: dict[str, tuple[frozenset[str], ...]] = {
    "R01": (frozenset({"claims"}),),
    "R02": (
        frozenset({"claims"}),
        frozenset({"outside", "history", *(_of(each) for each, codes in FEEDS.items() if "R02" in codes)}),
    ),
    "R09": (frozenset({"results"}), frozenset({_of(ListKind.ANSWERS), "networks"})),
    "R16": (frozenset({_of(ListKind.BACKFLOW)}),),
    "R28": (frozenset({"look_ups", "openings"}), frozenset({"vouchers"})),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One table or list a rule reads, and the first day of what is there; None where there is nothing."""

    name: str
    since: date | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a rule reads, since when it can look at all (None: never), and what it never gets.

    `offices` is of how many institutions that redeemed lately the office is known, and of how many it is not.
    """

    sources: tuple[Source, ...]
    since: date | None
    gap: Gap | None
    offices: tuple[int, int] | None = None

    @property
    def is_partial(self) -> bool:
        """Return whether the rule looks, but not at everything it could."""
        return self.since is not None and (
            self.gap is not None
            or any(each.since is None for each in self.sources)
            or (self.offices is not None and self.offices[1] > 0)
        )


def read_coverage(session: Session, regions: Collection[str]) -> dict[str, Coverage]:
    """Return of every rule which data it has and since when; lists count of some regions and of those above.

    What another county brought along speaks of nobody here.
    """
    known: dict[str, date | None] = {
        table: _first_day(session, *said) for table, said in (FIRST_ROWS | ELSEWHERE).items()
    }
    known |= _read_lists(session, regions)
    names = {**TABLE_NAMES, **{_of(each): name for each, name in LIST_NAMES.items()}}
    found = {}
    for rule in RULES:
        lists = [_of(kind) for kind, codes in FEEDS.items() if rule.code in codes]
        keys = [*(each for each in rule.tables if each != "backflows"), *lists]
        needed = NEEDED.get(rule.code, (frozenset({rule.tables[0]}),))
        found[rule.code] = Coverage(
            tuple(Source(names[each], known[each]) for each in keys),
            _since(needed, known),
            GAPS.get(rule.code),
            _count_offices(session, regions) if rule.code == BY_OFFICE else None,
        )
    return found


def _since(needed: tuple[frozenset[str], ...], known: dict[str, date | None]) -> date | None:
    """Return the day from which something of every group is there; None where a group has nothing."""
    firsts = []
    for group in needed:
        days = [day for each in group if (day := known[each]) is not None]
        if not days:
            return None
        firsts.append(min(days))
    return max(firsts)


def _count_offices(session: Session, regions: Collection[str]) -> tuple[int, int] | None:
    """Return of how many institutions the office is known and not, as a run up to the last network would."""
    last = session.scalar(select(func.max(NetworkSeen.used_on)).where(NetworkSeen.candidate_id.is_(None)))
    if last is None:
        return None
    months = require_parameter_number(session, MONTHS_BACK, last, ())
    window = Window(first_of_month(last, months - 1), last)
    redeeming = set(
        session.scalars(
            select(REDEMPTIONS.c.institution_id)
            .join(Institution, Institution.id == REDEMPTIONS.c.institution_id)
            .where(
                Institution.region_code.in_(sorted(regions)),
                REDEMPTIONS.c.redeemed_at >= window.since,
                REDEMPTIONS.c.reversed_at.is_(None),
            )
            .distinct()
        )
    )
    known = redeeming & find_usual_networks(session, window).keys()
    return len(known), len(redeeming - known)


def _first_day(session: Session, column: str, table: str, order: str = "id") -> date | None:
    sql = text(f"SELECT {column} FROM {table} ORDER BY {order} LIMIT 1")  # noqa: S608 — words of our own
    if column.endswith("_at"):
        at = session.scalar(sql.columns(**{column: UtcTime()}))
        return None if at is None else day_of(at)
    found: date | None = session.scalar(sql.columns(**{column: Day()}))
    return found


def _read_lists(session: Session, regions: Collection[str]) -> dict[str, date | None]:
    """Return the day the oldest list of each kind that still has its lines was brought along for regions."""
    reach = select(Region.code, Region.parent_code).where(Region.code.in_(sorted(regions)))
    above = reach.cte(recursive=True)
    above = above.union(
        select(Region.code, Region.parent_code).join(above, Region.code == above.c.parent_code)
    )
    rows = session.execute(
        select(LISTS.c.kind, func.min(LISTS.c.imported_at))
        .where(
            LISTS.c.forgotten_at.is_(None),
            LISTS.c.withdrawn_at.is_(None),
            LISTS.c.region_code.in_(select(above.c.code)),
        )
        .group_by(LISTS.c.kind)
    )
    found: dict[str, date | None] = dict.fromkeys(map(_of, ListKind))
    return found | {_of(ListKind(kind)): day_of(at) for kind, at in rows}
