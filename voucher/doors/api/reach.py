"""What the visitor may see: office by region, an institution's staff by institution, a worker their own."""

from __future__ import annotations

from functools import cache
from typing import Any

from marshmallow import Schema

from voucher.doors.auth.entries import EVALUATOR_STAFF, INSTITUTION_STAFF
from voucher.doors.auth.visitors import current_actor
from voucher.rules.actor import Role
from voucher.rules.citations import readable_source
from voucher.rules.errors import Refusal

ANY_STAFF = INSTITUTION_STAFF | EVALUATOR_STAFF


def institutions_served(roles: frozenset[Role] = ANY_STAFF) -> frozenset[int]:
    """Return the institutions the visitor works for in one of these roles."""
    return frozenset(
        grant.institution_id
        for grant in current_actor().grants
        if grant.institution_id is not None and grant.role in roles
    )


def told(thing: object, schema: type[Schema]) -> dict[str, Any]:
    """Return what a schema tells of an object, ready for what the object itself does not know."""
    return {name: getattr(thing, name) for name in _names(schema) if hasattr(thing, name)}


def told_refusal(refusal: Refusal | None) -> dict[str, Any] | None:
    """Return a refusal that is part of an answer: code, sentence, next step, facts and source."""
    if refusal is None:
        return None
    return {
        "code": refusal.code,
        "title": refusal.title,
        "next_step": refusal.next_step,
        "facts": dict(refusal.facts),
        "source": readable_source(refusal.source),
    }


@cache
def _names(schema: type[Schema]) -> tuple[str, ...]:
    return tuple(schema().fields)
