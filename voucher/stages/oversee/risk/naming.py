"""What the numbers in a flag are called, and which region it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from voucher.plumbing.db import Model
from voucher.registry.catalogue import Region
from voucher.registry.institutions import Institution
from voucher.registry.people import Person
from voucher.registry.users import UserAccount
from voucher.rules.risk.findings import Finding, list_tokens

DIGEST = 12
HOUSES, HANDS = frozenset({"institution", "evaluator"}), frozenset({"officer", "examiner", "agent"})


def name_tokens(session: Session, words: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the names of the institutions, classes and staff that sentences speak of; persons have none."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for sentence in words:
        for kind, subject in list_tokens(sentence):
            wanted[kind].add(subject)
    names: dict[tuple[str, str], str] = {}
    for kind, subjects in wanted.items():
        query = _query_of(kind, sorted(int(each) for each in subjects if each.isdecimal()))
        for row in session.execute(query) if query is not None else ():
            names[kind, str(row[0])] = str(row[1])
    names |= {("device", each): f"设备 {each[:DIGEST]}" for each in wanted["device"]}
    names |= {("teacher", each): f"教师 {each.split('/')[-1]}" for each in wanted["teacher"]}
    return names


def _query_of(kind: str, numbers: list[int]) -> Executable | None:
    if kind in HOUSES:
        return select(Institution.id, Institution.name).where(Institution.id.in_(numbers))
    if kind == "class":
        taught = Model.metadata.tables["training_class"]
        return select(taught.c.id, taught.c.name).where(taught.c.id.in_(numbers))
    if kind in HANDS:
        return select(UserAccount.person_id, UserAccount.display_name).where(
            UserAccount.person_id.in_(numbers)
        )
    return None


def region_of(session: Session, finding: Finding) -> str:
    """Return the region a flag is looked into: the institution's, else the first person's, else the top."""
    if finding.institution:
        house = session.get(Institution, int(finding.institution))
        if house is not None:
            return house.region_code
    for person in finding.people[:1]:
        found = session.get(Person, int(person))
        if found is not None and found.region_code:
            return found.region_code
    return (
        session.scalars(select(Region.code).where(Region.parent_code.is_(None)).order_by(Region.code)).first()
        or "0"
    )
