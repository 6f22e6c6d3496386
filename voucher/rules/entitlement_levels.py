"""The key of one level as the key of another: what a voucher holds once its certificate is a higher one."""

from __future__ import annotations

from datetime import date

from voucher.rules.duplicates import ENTITLEMENT_UNCLEAR
from voucher.rules.levels import Level
from voucher.rules.register import rule

SOURCE = "LIFECYCLE Entitlement（高于券面等级的证书由两人决定）; S2-04o"
SINCE = date(2021, 10, 28)
_SEPARATOR = "|"
# subsidy kind, person, what it goes by, occupation, level
_LEVEL_AT = 4


@rule(number="DUP-09", stage="持证", source=SOURCE, since=SINCE)
def raised_key(key: str, level: Level) -> str:
    """Return the key of the same subsidy, person and occupation at another level, as a certificate has it.

    Raises entitlement_unclear for a key that goes by no level.
    """
    parts = key.split(_SEPARATOR)
    if len(parts) <= _LEVEL_AT or parts[2] != "occupation":
        raise ENTITLEMENT_UNCLEAR.refused(what="等级")
    parts[_LEVEL_AT] = str(level.value)
    return _SEPARATOR.join(parts)
