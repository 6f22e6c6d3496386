"""Handing a role on: only what one has, only for a while, and never to oneself or to a payee."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.actor import Role
from voucher.rules.delegating import DELEGATED, check_delegation, check_deputy
from voucher.rules.errors import Refused

TODAY, LAST = date(2024, 3, 6), date(2024, 4, 4)


@pytest.mark.parametrize("role", sorted(DELEGATED))
def test_a_role_is_handed_on_from_today_for_thirty_days(role: Role) -> None:
    check_delegation(role, TODAY, LAST, TODAY, 30, None)
    check_delegation(role, TODAY, TODAY, TODAY, 30, TODAY)
    check_delegation(role, TODAY, LAST, TODAY, 30, LAST)


@pytest.mark.parametrize(
    ("since", "until", "held_until"),
    [
        (date(2024, 3, 5), LAST, None),
        (TODAY, date(2024, 3, 5), None),
        (TODAY, date(2024, 4, 5), None),
        (TODAY, LAST, date(2024, 4, 3)),
    ],
)
def test_not_yesterday_not_backwards_not_longer_and_not_beyond_the_own_role(
    since: date, until: date, held_until: date | None
) -> None:
    with pytest.raises(Refused, match="delegation_period"):
        check_delegation(Role.FINANCE_MAKER, since, until, TODAY, 30, held_until)


def test_who_files_keeps_keys_or_looks_hands_nothing_on() -> None:
    for role in set(Role) - DELEGATED:
        with pytest.raises(Refused, match="delegation_role"):
            check_delegation(role, TODAY, LAST, TODAY, 30, None)


def test_the_deputy_is_another_person_of_this_office_and_serves_no_payee() -> None:
    check_deputy("fu", 1, 2, [Role.FINANCE_CHECKER, Role.AUDITOR], serves_institution=False)
    with pytest.raises(Refused, match="delegation_self"):
        check_deputy("fu", 1, 1, [Role.FINANCE_CHECKER], serves_institution=False)
    for roles, serves in (([], False), ([Role.AUDITOR], False), ([Role.FINANCE_CHECKER], True)):
        with pytest.raises(Refused, match="deputy_unfit"):
            check_deputy("fu", 1, 2, roles, serves_institution=serves)
