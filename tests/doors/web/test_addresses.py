"""Addresses from outside are gone to only where they stay on this site."""

from __future__ import annotations

import pytest

from voucher.doors.web.addresses import own_path


@pytest.mark.parametrize(
    "given",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "",
        None,
        "javascript:1",
    ],
)
def test_an_address_from_outside_never_leaves_the_site(given: str | None) -> None:
    assert own_path(given, "/desk") == "/desk"


def test_a_path_of_the_site_is_gone_back_to() -> None:
    assert own_path("/batches?state=filed", "/desk") == "/batches?state=filed"
