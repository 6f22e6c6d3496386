"""Stand-ins for machines among the people: hands compare them like anybody else."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.people import NAME_CONTEXT, Person, name_index_of


def open_system_person(work: Work, code: str, name: str) -> int:
    """Open the stand-in for a machine (operator at the command line, clock) and return its id.

    It has no identity number; hands compare it like anybody else.
    """
    index = work.keyring.blind_index("system", code)
    key = subjects.open_keys(work, [index])[index]
    person = Person(
        blind_index=index,
        name_sealed=work.keyring.seal(key, NAME_CONTEXT, name),
        name_index=name_index_of(work.keyring, name),
        opened_at=work.at,
    )
    work.session.add(person)
    work.session.flush()
    audit.record_one(work, "person", person.id, "open")
    return person.id
