"""What was scanned without a network: judged by when it was shown, whatever the order in which it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "DESIGN 6（离线登记待联网确认）; S2-16b; S2-16d; 【设】离线时间窗和上传期限（TV1）"
SINCE = date(2021, 10, 28)

OFFLINE_CODE_STALE = reason(
    "offline_code_stale",
    "离线登记时，这个码已出示 {seconds} 秒，超出离线核对的时间",
    "已留存，转人社部门核查；请学员到场重新出示“离线码”，或联网后再扫",
    SOURCE,
    Family.CONFLICT,
)
OFFLINE_CLOCK_WRONG = reason(
    "offline_clock_wrong",
    "离线登记的时间比系统时间还晚：这台设备的时间不准",
    "已留存，转人社部门核查；请先校准这台设备的时间",
    SOURCE,
    Family.CONFLICT,
)
OFFLINE_SCAN_LATE = reason(
    "offline_scan_late",
    "离线登记超过 {hours} 小时才上传",
    "已留存，转人社部门核查；恢复网络后请当日打开扫码页上传",
    SOURCE,
    Family.CONFLICT,
)
REVERSED_SINCE = reason(
    "redemption_reversed_since",
    "这次离线登记之后，该券的核销已由两人撤销",
    "已留存，转人社部门核查；学员确在班上的，请其重新出示后再核销",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class OfflineLimits:
    """How far phone and scanner may differ, how late a scan may arrive, how far ahead a scanner may be."""

    window: timedelta
    upload_within: timedelta
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class Numbered:
    """The number on a phone's code and the moment it was shown, in unix seconds."""

    counter: int
    shown_at: int


@rule(number="OFF-01", stage="培训", source=SOURCE, since=SINCE)
def check_offline_moment(
    shown_at: int, scanned_at: datetime, received_at: datetime, limits: OfflineLimits
) -> None:
    """Refuse to believe a scan whose moments do not fit: shown, scanned and received one after another.

    Raises offline_clock_wrong, offline_code_stale, offline_scan_late.
    """
    if scanned_at > received_at + limits.ahead:
        raise OFFLINE_CLOCK_WRONG.refused()
    apart = scanned_at - datetime.fromtimestamp(shown_at, UTC)
    if abs(apart) > limits.window:
        raise OFFLINE_CODE_STALE.refused(seconds=int(apart.total_seconds()))
    if received_at - scanned_at > limits.upload_within:
        raise OFFLINE_SCAN_LATE.refused(hours=int(limits.upload_within.total_seconds()) // 3600)


@rule(number="OFF-02", stage="培训", source=SOURCE, since=SINCE)
def is_copied(one: Numbered, other: Numbered, window: timedelta) -> bool:
    """Return whether two codes with one key were made by two phones: a copied profile.

    One phone never gives two codes one number, and never a lower number at a later moment; each moment is
    known to `window` only. Which of the two arrived first does not matter.
    """
    if one.counter == other.counter:
        return one.shown_at != other.shown_at
    earlier, later = sorted((one, other), key=lambda each: each.counter)
    return earlier.shown_at - later.shown_at > 2 * window.total_seconds()
