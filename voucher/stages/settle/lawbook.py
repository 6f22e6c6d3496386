"""The dated rows a settlement is computed from, read once per settlement and asked by day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from voucher.registry import catalogue, tables
from voucher.registry.standards import PARAMETER_MISSING
from voucher.rules.certificates import ListedOccupation
from voucher.rules.duplicates import DuplicateParameters
from voucher.rules.eligibility import AgeLimits
from voucher.rules.subsidy import Modifier, Standard
from voucher.rules.vocabulary import SubsidyKind


@dataclass(slots=True)
class Lawbook:
    """Standards, modifiers, aliases and parameters as they stand for one region."""

    session: Session
    region_codes: tuple[str, ...]
    standards: list[Standard]
    modifiers: list[Modifier]
    aliases: dict[str, str]
    listed: list[ListedOccupation]
    _numbers: dict[tuple[str, date], int | None] = field(default_factory=dict)
    _limits: dict[date, AgeLimits] = field(default_factory=dict)
    _precedence: dict[tuple[SubsidyKind, date], DuplicateParameters] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, region_code: str) -> Lawbook:
        """Return the lawbook of a region."""
        return cls(
            session=session,
            region_codes=tuple(catalogue.list_ancestry(session, region_code)),
            standards=tables.read_standards(session),
            modifiers=tables.read_modifiers(session),
            aliases=catalogue.read_aliases(session),
            listed=tables.read_listed_occupations(session),
        )

    def number(self, name: str, on: date) -> int | None:
        """Return a parameter in force on a day as a whole number; None where the row says "none".

        Raises Refused parameter_missing.
        """
        asked = (name, on)
        if asked not in self._numbers:
            self._numbers[asked] = tables.read_parameter_number(self.session, name, on, self.region_codes)
        return self._numbers[asked]

    def require(self, name: str, on: date) -> int:
        """Return a parameter that must have a number. Raises Refused parameter_missing."""
        found = self.number(name, on)
        if found is None:
            raise PARAMETER_MISSING.refused(name=name, on=on.isoformat())
        return found

    def age_limits(self, on: date) -> AgeLimits:
        """Return the ages that may have a subsidy on a day."""
        if on not in self._limits:
            self._limits[on] = tables.read_age_limits(self.session, on, self.region_codes)
        return self._limits[on]

    def duplicate_parameters(self, kind: SubsidyKind, on: date) -> DuplicateParameters:
        """Return the yearly cap of a subsidy kind and whether a higher level bars a lower one."""
        asked = (kind, on)
        if asked not in self._precedence:
            self._precedence[asked] = tables.read_duplicate_parameters(
                self.session, kind, on, self.region_codes
            )
        return self._precedence[asked]
