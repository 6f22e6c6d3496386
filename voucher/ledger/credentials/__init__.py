"""What proves at a counter that the holder is there.

screen          the T code on a screen: known by its digest, current, good once
"""

from __future__ import annotations

from voucher.ledger.credentials.screen import (
    CODE_EXPIRED,
    CODE_UNKNOWN,
    CODE_USED,
    DOMAIN,
    ScreenCode,
    Shown,
    find_code,
    show_code,
    use_code,
)

__all__ = [
    "CODE_EXPIRED",
    "CODE_UNKNOWN",
    "CODE_USED",
    "DOMAIN",
    "ScreenCode",
    "Shown",
    "find_code",
    "show_code",
    "use_code",
]
