"""Builders of 亲情代办: two people with telephones, a consent between them, a code read out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from tests import town_issue
from tests.scene import Scene
from tests.stages.issue.test_reminding import words
from voucher.plumbing.unit_of_work import Work
from voucher.registry.consents import codes, granting
from voucher.registry.consents.rows import Consent
from voucher.rules.helping import Relationship, Scope

Person = tuple[str, str]
EVERYTHING = frozenset(Scope)


def telephone(scene: Scene, person: Person, mobile: str) -> str:
    """Put a person's own number on record, as the office does, and return the person's login."""
    login = town_issue.worker(scene, person)
    scene.import_people([{"姓名": person[0], "证件号码": person[1], "手机号": mobile}])
    return login


def wish(scopes: frozenset[Scope] = EVERYTHING, until_on: date | None = None) -> granting.Wish:
    """Return what a child is let do, everything unless told otherwise."""
    return granting.Wish(Relationship.CHILD, scopes, until_on)


def grant_own(
    mobile: str, helper: Person, scopes: frozenset[Scope] = EVERYTHING, until_on: date | None = None
) -> Callable[[Work], Consent]:
    """Return the act of letting somebody help from the own account."""
    return lambda work: codes.grant_own(work, mobile, helper[0], wish(scopes, until_on))


def ask(mobile: str, principal: Person, *, has_sms: bool = True) -> Callable[[Work], codes.AskedCode]:
    """Return the helper's act of asking for a code."""
    return lambda work: codes.ask_consent_code(work, mobile, principal[0], wish(), has_sms=has_sms)


def read_out(scene: Scene) -> str:
    """Return the code of the newest message, as it is read out."""
    found = re.search(r"授权码 (\d{6})", words(scene)[-1][1])
    assert found is not None
    return found[1]


def prove(scene: Scene, helper: str, request_id: int, code: str) -> Consent | str:
    """Type a code as the pages do: a miss is kept and its code returned, the right one gives the consent."""
    refusal = scene.do(helper, lambda work: codes.try_consent_code(work, request_id, code))
    if refusal is not None:
        return refusal.code
    return scene.do(helper, lambda work: codes.grant_by_code(work, request_id, code))


def mandate(
    principal: Person, helper: Person, paper: str = "委托书 12 号", mobile: str | None = None
) -> Callable[[Work], Consent]:
    """Return the counter's act of registering a paper."""
    given = granting.Mandate(principal[1], principal[0], helper[1], helper[0], mobile, paper)
    return lambda work: granting.grant_at_counter(work, given, wish())
