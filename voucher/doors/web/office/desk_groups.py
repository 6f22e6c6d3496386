"""The desk as a tired officer needs it: who waits for an answer first, then money, then the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from voucher.stages.settle.queries import Waiting

# heading → the queues under it; headings in the order of the page
GROUPS: Mapping[str, tuple[str, ...]] = {
    "有人在等答复": (
        *(
            "objections",
            "denials",
            "intake_denials",
            "complaints",
            "appeals",
            "archive_objections",
            "star_objections",
        ),
        *("applications", "corrections", "erasures", "awards"),
    ),
    "结算和拨付": (
        *("returned", "manual", "first_review", "second_review", "province", "post", "approve"),
        *("prepare", "check", "release", "results", "bounced", "accounts", "year_ends"),
    ),
    "停下来的事": (
        "holds",
        "reinstatements",
        "higher",
        "mass_revocations",
        "half_read",
        "offline",
        "outside",
    ),
    "开班和上课": (
        *("classes", "filings", "class_moves", "timetables", "attendance"),
        *("phone_checks_late", "phone_checks", "inspections"),
    ),
    "发券": ("rosters", "replacements", "programmes", "tariffs", "queued"),
    "监管和留存": ("risks", "measures", "retention"),
}
WITHIN_ANOTHER = frozenset({"phone_checks_late"})  # counted in the queue beside it already
PLACES = {key: heading for heading, keys in GROUPS.items() for key in keys}
NEVER = datetime.max.replace(tzinfo=UTC)  # what counts no moment stands behind what does


@dataclass(frozen=True, slots=True)
class Tile:
    """One queue as the desk shows it: the page it leads to, for how many days its oldest piece has waited."""

    queue: Waiting
    url: str
    days: int | None


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """Queues that belong together, what has waited longest first, and how many pieces they are."""

    heading: str
    tiles: tuple[Tile, ...]

    @property
    def count(self) -> int:
        """Return how many pieces wait in all queues of the group."""
        return sum(each.queue.count for each in self.tiles if each.queue.key not in WITHIN_ANOTHER)


def group_queues(queues: Sequence[tuple[Waiting, str]], now: datetime) -> list[DeskGroup]:
    """Return the queues that are not empty under their headings; none is left out and none shown twice."""
    found: dict[str, list[Tile]] = {}
    for queue, url in sorted(queues, key=lambda each: each[0].oldest_at or NEVER):
        if queue.count:
            days = max(0, (now - queue.oldest_at).days) if queue.oldest_at is not None else None
            found.setdefault(PLACES[queue.key], []).append(Tile(queue, url, days))
    return [DeskGroup(heading, tuple(found[heading])) for heading in GROUPS if heading in found]


def find_longest(groups: Sequence[DeskGroup]) -> Tile | None:
    """Return what has waited longest of all, or None where no queue counts its moments."""
    told = [each for group in groups for each in group.tiles if each.queue.oldest_at is not None]
    return min(told, key=lambda each: each.queue.oldest_at or NEVER, default=None)
