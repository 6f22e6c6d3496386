"""What a scanner takes into the field: the signed lists it fetched, checked, and nothing of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from voucher.ledger.credentials.offline import OfflineScanner, StatusSeen
from voucher.ledger.credentials.status_tokens import ReadList, read_status_token
from voucher.ledger.credentials.trust import read_trust
from voucher.rules.code_format import BEACON_SECONDS, Window, make_beacon


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched: the trust list, status tokens, and the beacon keys of some UTC days."""

    trust_list: str
    status_tokens: tuple[str, ...]
    day_keys: Mapping[date, bytes]


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """How old a code, and what was fetched, may be."""

    window: Window
    fresh_list: timedelta
    usable_list: timedelta
    fresh_beacon_age: int


def build_scanner(
    fetched: Fetched,
    root: str,
    institution: int,
    limits: FieldLimits,
    at: datetime,
    *,
    last_counter: Callable[[bytes], int | None],
    challenge: int | None = None,
) -> OfflineScanner:
    """Return a scanner that knows what was fetched and believes what the pinned root's list names.

    Raises Refused trust_list_untrusted, status_list_untrusted.
    """
    trusted = read_trust(fetched.trust_list, root)
    # a token is read as of when it may have been fetched; how old it is by now is judged with the code
    fetched_at = at - limits.usable_list
    lists = {
        each.sl: each
        for each in _newest_last(
            read_status_token(token, trusted.status_keys, fetched_at) for token in fetched.status_tokens
        )
    }

    def status_of(number: int, place: int) -> StatusSeen | None:
        held = lists.get(number)
        return None if held is None else StatusSeen(int(held.get(place)), held.signed_at)

    return OfflineScanner(
        institution=institution,
        trust=trusted.trust,
        status_of=status_of,
        beacon_of=_beacons(fetched.day_keys),
        last_counter=last_counter,
        window=limits.window,
        fresh_list=limits.fresh_list,
        usable_list=limits.usable_list,
        fresh_beacon_age=limits.fresh_beacon_age,
        challenge=challenge,
    )


def _newest_last(lists: Iterable[ReadList]) -> list[ReadList]:
    return sorted(lists, key=lambda each: each.signed_at)


def _beacons(day_keys: Mapping[date, bytes]) -> Callable[[int], bytes | None]:
    def beacon_of(slot: int) -> bytes | None:
        key = day_keys.get(datetime.fromtimestamp(slot * BEACON_SECONDS, UTC).date())
        return None if key is None else make_beacon(key, slot)

    return beacon_of
