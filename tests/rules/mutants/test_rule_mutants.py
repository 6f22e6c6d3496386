"""Every rule of the money is needed as it stands: with one thing wrong in it, a case of its own fails.

`ALIKE` names what may be written otherwise without meaning anything else; a mutant that lives is no other.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

from tests.rules.mutants.asking import leave_out_skipped, list_cases, notice
from tests.rules.mutants.mutating import Mutant, find_called, make_mutants
from voucher import rules
from voucher.rules.register import list_rules

STAGE = "兑现"
ENOUGH = 400
# judges are asked through a table, which the code of the rule does not name
JUDGES = "voucher.rules.bonus_judges"
ALIKE = frozenset(
    {
        # an amount is asked for beside what is needed, so there is always more than what is needed
        "read_columns: if not (fields >= NEEDED and fields & AMOUNTS):: Gt instead",
    }
)


def find_rooms() -> dict[str, list[str]]:
    """Return the rooms that hold a rule of the money, each with the names of those rules."""
    for each in pkgutil.walk_packages(rules.__path__, "voucher.rules."):
        importlib.import_module(each.name)
    found: dict[str, list[str]] = {}
    for rule in list_rules():
        if rule.stage == STAGE:
            found.setdefault(rule.module, []).append(rule.name)
    return found


ROOMS = find_rooms()


def mutants_of(room: ModuleType, names: list[str]) -> list[Mutant]:
    called = {each for name in names for each in find_called(room, name)}
    if room.__name__ == JUDGES:
        called |= {name for name, each in inspect.getmembers(room, inspect.isfunction)
                   if each.__module__ == JUDGES}  # fmt: skip
    return make_mutants(room, frozenset(called))


def cases_beside(name: str) -> ModuleType:
    return importlib.import_module(f"tests.rules.test_{name.rpartition('.')[2]}")


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(ROOMS))
def test_a_rule_with_one_thing_wrong_is_noticed(name: str) -> None:
    cases = leave_out_skipped(list_cases(cases_beside(name)))
    living = []
    for mutant in mutants_of(importlib.import_module(name), ROOMS[name]):
        with mutant.in_place():
            place = notice(cases)
        if place is None:
            living.append(mutant.wrong)
        else:  # what noticed one thing is likely to notice the next
            cases.insert(0, cases.pop(place))
    assert set(living) - ALIKE == set()


def test_every_rule_of_the_money_is_spoilt_in_more_ways_than_one() -> None:
    """Each rule has its mutants and its tests; a rule added tomorrow comes in by its stage alone."""
    wrong: list[str] = []
    for name, called in ROOMS.items():
        assert list_cases(cases_beside(name)), name
        made = [each.wrong for each in mutants_of(importlib.import_module(name), called)]
        assert [each for each in called if not any(words.startswith(f"{each}: ") for words in made)] == []
        wrong += made
    assert len(wrong) >= ENOUGH
    assert set(wrong) >= ALIKE


def test_a_mutant_that_nobody_notices_is_told() -> None:
    """The sin: without the case that stands on the boundary, a boundary moved by one day lives on."""
    windows = importlib.import_module("voucher.rules.windows")
    tests = cases_beside("windows")
    cases = list_cases(tests)
    boundary = next(
        each for each in mutants_of(windows, ["check_claim_window"]) if "filed_on > until:: GtE" in each.wrong
    )
    with boundary.in_place():
        assert notice(cases) is not None
        blind = [each for each in cases if "last_day_counts" not in str(each)]
        assert notice(blind) is None
    assert notice(cases) is None, "the rule is right again"
