"""The key of one level as the key of another."""

from __future__ import annotations

import pytest

from voucher.rules.entitlement_levels import raised_key
from voucher.rules.errors import Refused
from voucher.rules.levels import Level


def test_the_level_of_a_key_changes_and_nothing_else() -> None:
    key = "training|7|occupation|4-10-01-05|2"
    assert raised_key(key, Level.INTERMEDIATE) == "training|7|occupation|4-10-01-05|3"
    assert raised_key(f"{key}|period|2024", Level.SENIOR) == "training|7|occupation|4-10-01-05|4|period|2024"


@pytest.mark.parametrize("key", ["evaluation|7|item|HN-ZX-009", "training|7|project|P1|period|2024"])
def test_a_key_without_a_level_has_none_to_raise(key: str) -> None:
    with pytest.raises(Refused) as caught:
        raised_key(key, Level.SENIOR)
    assert caught.value.refusal.code == "entitlement_unclear"
