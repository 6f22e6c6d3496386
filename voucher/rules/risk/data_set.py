"""A data set (数据集): all the fact rows of one run together, and the ways the rules walk through them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from voucher.rules.risk.facts import (
    Approval,
    Backflow,
    Certificate,
    Claim,
    Contact,
    History,
    Institution,
    Link,
    LookUp,
    Mark,
    OutsideFact,
    Outsider,
    PayeeChange,
    Place,
    Result,
    Session,
    Study,
    TrainingClass,
    Voucher,
)
from voucher.rules.risk.measures import DAY_SECONDS, ZONE_SECONDS


@dataclass(frozen=True)
class Facts:
    """All the rows a run reads; `marks` are in the order of their time."""

    institutions: tuple[Institution, ...] = ()
    classes: tuple[TrainingClass, ...] = ()
    sessions: tuple[Session, ...] = ()
    places: tuple[Place, ...] = ()
    marks: tuple[Mark, ...] = ()
    results: tuple[Result, ...] = ()
    studies: tuple[Study, ...] = ()
    outside: tuple[OutsideFact, ...] = ()
    history: tuple[History, ...] = ()
    claims: tuple[Claim, ...] = ()
    vouchers: tuple[Voucher, ...] = ()
    links: tuple[Link, ...] = ()
    backflows: tuple[Backflow, ...] = ()
    look_ups: tuple[LookUp, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    approvals: tuple[Approval, ...] = ()
    payee_changes: tuple[PayeeChange, ...] = ()
    contacts: tuple[Contact, ...] = ()
    outsiders: tuple[Outsider, ...] = ()

    @cached_property
    def house_of_class(self) -> dict[str, str]:
        """Return the institution of every class."""
        return {each.id: each.institution for each in self.classes}

    def house_of(self, classes: Iterable[str]) -> str:
        """Return the institution of so many classes; nothing where there are several."""
        found = {self.house_of_class.get(each, "") for each in classes}
        return found.pop() if len(found) == 1 else ""

    def days_of_marks(self) -> Iterator[tuple[int, Iterator[Mark]]]:
        """Yield the marks day by day, each with the number of its local day."""
        return groupby(self.marks, key=lambda mark: (mark.at + ZONE_SECONDS) // DAY_SECONDS)


TABLES: dict[str, type[NamedTuple]] = {
    "institutions": Institution,
    "classes": TrainingClass,
    "sessions": Session,
    "places": Place,
    "marks": Mark,
    "results": Result,
    "studies": Study,
    "outside": OutsideFact,
    "history": History,
    "claims": Claim,
    "vouchers": Voucher,
    "links": Link,
    "backflows": Backflow,
    "look_ups": LookUp,
    "certificates": Certificate,
    "approvals": Approval,
    "payee_changes": PayeeChange,
    "contacts": Contact,
    "outsiders": Outsider,
}


class Marks(list[Mark]):
    """Marks that belong together, in the order of their time."""

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Return the marks as the rows behind a finding."""
        return tuple(("marks", each.id) for each in self)

    def people(self) -> tuple[str, ...]:
        """Return whose marks they are."""
        return tuple(sorted({each.person for each in self}))

    def classes(self) -> Collection[str]:
        """Return the classes they were made in."""
        return {each.class_id for each in self}
