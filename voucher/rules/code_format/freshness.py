"""How old a code may be: shown seconds ago, by the clock of who reads it and by nobody's hurry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from voucher.rules.code_format.digits import SINCE, SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

CODE_EXPIRED = reason(
    "code_expired",
    "这个码已过期",
    "请让持券人刷新手机上的码后重新扫描",
    SOURCE,
    Family.CONFLICT,
)
PHONE_CLOCK_WRONG = reason(
    "phone_clock_wrong",
    "这个码上的时间与系统时间相差过大：不是新出示的码，或者手机时间不准",
    "请让持券人刷新后重新出示；仍不行的，请在扫码页点“手机时间不准”，让持券人用手机扫本机构的验证码",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Window:
    """How long ago and how far ahead a phone may say it showed a code; beyond `far` its clock is wrong."""

    before: timedelta
    after: timedelta
    far: timedelta


@rule(number="COD-21", stage="培训", source=SOURCE, since=SINCE)
def check_window(shown_at: int, at: datetime, window: Window) -> None:
    """Refuse a code outside the window, both edges of which are inside.

    A phone ahead of time is a phone with a wrong clock, however little: refreshing would not mend it.
    Raises code_expired, phone_clock_wrong.
    """
    age = at - datetime.fromtimestamp(shown_at, UTC)
    if age > window.far or age < -window.after:
        raise PHONE_CLOCK_WRONG.refused()
    if age > window.before:
        raise CODE_EXPIRED.refused()
