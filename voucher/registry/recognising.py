"""Who the people of a roster are: the known under their own name, the unknown opened, the others refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voucher.plumbing.unit_of_work import Work
from voucher.registry import people as registry
from voucher.registry.importing.people import NAME_DIFFERS
from voucher.registry.people import Newcomer
from voucher.registry.subjects import SUBJECT_ERASED
from voucher.rules.errors import Refusal


@dataclass(frozen=True, slots=True)
class Recognised:
    """The person a roster names, and why the line is refused at once; without an id it is nobody."""

    person_id: int | None
    refusal: Refusal | None = None


def recognise(work: Work, named: Mapping[str, Newcomer]) -> dict[str, Recognised]:
    """Return who is named, by blind index of the canonical number; whoever is unknown is opened.

    A known number under another name is refused, and so is somebody whose data have been erased.
    """
    registered = registry.find_registered(work.session, list(named))
    found: dict[str, Recognised] = {}
    misnamed: dict[str, int] = {}
    for index, each in registered.items():
        if each.erased:
            found[index] = Recognised(each.person_id, SUBJECT_ERASED.refusal())
        elif each.person_id is not None:
            found[index] = Recognised(each.person_id)
            if each.name_index != registry.name_index_of(work.keyring, named[index].name):
                misnamed[index] = each.person_id
    if misnamed:
        accepted = registry.accepted_name_indexes(work.session, list(misnamed.values()))
        for index, person_id in misnamed.items():
            if registry.name_index_of(work.keyring, named[index].name) not in accepted[person_id]:
                found[index] = Recognised(person_id, NAME_DIFFERS.refusal())
    fresh = {index: each for index, each in named.items() if index not in found}
    opened = registry.open_newcomers(work, fresh)
    return found | {index: Recognised(person_id) for index, person_id in opened.items()}
