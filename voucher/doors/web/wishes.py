"""The fields that say what a consent covers, the same on a worker's page and at the counter."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request

from voucher.doors.web import fields
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.registry.consents.granting import Wish
from voucher.rules.helping import RELATIONSHIP_NAMES, SCOPE_NAMES, Relationship, Scope

WISH_CHOICES: dict[str, Any] = {
    "relationships": [(str(word), name) for word, name in RELATIONSHIP_NAMES.items()],
    "scopes": [(str(word), name) for word, name in SCOPE_NAMES.items()],
}


def read_wish() -> Wish:
    """Return what the form consents to. Raises form_field_unreadable."""
    relationship = fields.one_of("relationship", "代办人是本人的", Relationship)
    chosen = request.form.getlist("scope")
    if not set(chosen) <= {str(each) for each in Scope}:
        raise FIELD_UNREADABLE.refused(field="scope", label="同意代办哪些事", problem="不在可选范围内")
    typed = request.form.get("until_on", "").strip()
    until_on: date | None = fields.day("until_on", "到哪一天为止") if typed else None
    return Wish(relationship, frozenset(Scope(each) for each in chosen), until_on)
