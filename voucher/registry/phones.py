"""What the acts around phones read of people and of the dated parameters: bearers, limits, windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ScalarSelect, bindparam, select
from sqlalchemy.orm import Session

from voucher.ledger.credentials.issuing import Bearer
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.secrets import Keyring
from voucher.registry import people, subjects
from voucher.registry.standards import ANYWHERE, PARAMETER_MISSING, Parameter
from voucher.rules.code_format import Window
from voucher.rules.offline import OfflineLimits
from voucher.rules.presenting import ShowingLimits
from voucher.rules.privacy import mask_name

LAST = 4
SHOWING = (
    "code_late_seconds",
    "code_early_seconds",
    "code_far_seconds",
    "code_rescan_seconds",
    "code_typing_seconds",
    "challenge_seconds",
)
_OFFLINE = (
    "offline_window_seconds",
    "offline_upload_hours",
    "offline_pack_hours",
    "offline_list_fresh_hours",
    "offline_list_usable_hours",
    "offline_beacon_quarters",
)
_DEVICES = ("devices_most", "device_changes_most", "device_changes_days", "credential_days")


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """How many phones a person may have, how often they may change, for how long one is signed for."""

    most: int
    changes: int
    changes_within: timedelta
    credential_days: int


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What a counter without a network goes by, and how late it may tell; beacons count in quarter hours."""

    window: timedelta
    upload_within: timedelta
    pack_lasts: timedelta
    fresh_list: timedelta
    usable_list: timedelta
    fresh_beacon_age: int

    @property
    def limits(self) -> OfflineLimits:
        """Return how such a scan is judged; a scanner's clock may err as a phone's."""
        return OfflineLimits(self.window, self.upload_within, ahead=self.window)

    def heard_until(self, on: date) -> datetime:
        """Return the moment from which no scan of a day can arrive any more."""
        return datetime.combine(on + timedelta(days=1), time(), SHANGHAI) + self.upload_within


def read_field_rules(session: Session, on: date) -> FieldRules:
    """Return how it is scanned without a network on a day. Raises Refused parameter_missing."""
    window, upload, pack, fresh, usable, quarters = _read(session, _OFFLINE, on)
    return FieldRules(
        window=timedelta(seconds=window),
        upload_within=timedelta(hours=upload),
        pack_lasts=timedelta(hours=pack),
        fresh_list=timedelta(hours=fresh),
        usable_list=timedelta(hours=usable),
        fresh_beacon_age=quarters,
    )


def read_showing_limits(session: Session, on: date) -> ShowingLimits:
    """Return how codes of phones are judged on a day. Raises Refused parameter_missing."""
    return _showing(_read(session, SHOWING, on))


def _showing(numbers: Sequence[int]) -> ShowingLimits:
    late, early, far, again, typing, asked = (timedelta(seconds=each) for each in numbers)
    return ShowingLimits(Window(late, early, far), again, typing, asked)


def select_showing() -> list[ScalarSelect[str]]:
    """Return the values `showing_limits_of` reads as expressions, of the day `on`: a scan asks for six."""
    return [
        select(Parameter.value)
        .where(
            Parameter.name == name,
            Parameter.region_code == ANYWHERE,
            Parameter.since <= bindparam("on"),
            (Parameter.until.is_(None)) | (Parameter.until >= bindparam("on")),
        )
        .order_by(Parameter.since.desc())
        .limit(1)
        .scalar_subquery()
        for name in SHOWING
    ]


def find_showing(told: Mapping[str, str]) -> ShowingLimits | None:
    """Return the limits among values in force `SHOWING`, None where one of them is missing."""
    numbers = [told.get(name) for name in SHOWING]
    return _showing([int(each) for each in numbers if each]) if all(numbers) else None


def showing_limits_of(values: Sequence[str | None], on: date) -> ShowingLimits:
    """Return the limits `select_showing` found. Raises Refused parameter_missing."""
    return _showing(_numbers(SHOWING, dict(zip(SHOWING, values, strict=True)), on))


def read_device_limits(session: Session, on: date) -> DeviceLimits:
    """Return how many phones there may be on a day. Raises Refused parameter_missing."""
    most, changes, days, credential_days = _read(session, _DEVICES, on)
    return DeviceLimits(most, changes, timedelta(days=days), credential_days)


def _read(session: Session, names: Sequence[str], on: date) -> list[int]:
    """Return province-wide numbers in one query: a scan asks for six of them."""
    rows = session.execute(
        select(Parameter.name, Parameter.value)
        .where(
            Parameter.name.in_(names),
            Parameter.region_code == ANYWHERE,
            Parameter.since <= on,
            (Parameter.until.is_(None)) | (Parameter.until >= on),
        )
        .order_by(Parameter.since)
    )
    return _numbers(names, dict(rows.all()), on)


def _numbers(names: Sequence[str], found: Mapping[str, str | None], on: date) -> list[int]:
    numbers = []
    for name in names:
        value = found.get(name)
        if not value:
            raise PARAMETER_MISSING.refused(name=name, on=on.isoformat())
        numbers.append(int(value))
    return numbers


def read_bearers(session: Session, keyring: Keyring, person_ids: Sequence[int]) -> dict[int, Bearer]:
    """Return what credentials say of people; those erased, and those without a number, are left out."""
    named = people.read_people(session, keyring, person_ids)
    keys = read_keys(session, keyring, list(named))
    return {
        person_id: Bearer(mask_name(each.name), each.number[-LAST:], keys[person_id])
        for person_id, each in named.items()
        if each.number is not None
    }


def read_keys(session: Session, keyring: Keyring, person_ids: Sequence[int]) -> Mapping[int, bytes]:
    """Return the key each person's columns are sealed under; those erased are left out."""
    indexes = people.find_subject_indexes(session, person_ids)
    keys = subjects.find_keys(session, keyring, list(indexes.values()))
    return {person_id: key for person_id, index in indexes.items() if (key := keys.get(index)) is not None}
