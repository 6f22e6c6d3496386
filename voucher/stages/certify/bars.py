"""What bars a certificate nobody has recorded yet: an employer's stranger, a place in a contest taken back.

Both were asked when its holder was listed for the exam and at the door; by now either may have changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.rules.errors import Refusal, Refused
from voucher.rules.vocabulary import EvaluatorKind
from voucher.stages.assess import queries as assessment
from voucher.stages.certify.filings import Filing
from voucher.stages.certify.own_staff import StaffOfDay, read_staff_of_day

ACT = "发证"


class Bars:
    """What bars certificates of the people one piece of a file names, each thing read once."""

    def __init__(self, work: Work, indexes: Sequence[str]) -> None:
        self._work = work
        self._known = people.find_ids(work.session, indexes)
        self._entered = assessment.RecordedEntries(work.session, sorted(set(self._known.values())), ACT)
        self._staff: dict[tuple[int, str, date], StaffOfDay] = {}

    def find(self, filing: Filing, index: str, facts: Mapping[str, Any]) -> Refusal | None:
        """Return why a certificate is not taken, its holder by the index of the number; None if it is."""
        person_id = self._known.get(index)
        try:
            self._check_staff(filing, person_id, facts["issued_on"])
        except Refused as refused:
            return refused.refusal
        if person_id is None:
            return None
        earned = assessment.Earned(
            person_id, filing.institution_id, facts["trade_code"], facts["level"], facts["issued_on"]
        )
        return self._entered.find_bar(earned)

    def _check_staff(self, filing: Filing, person_id: int | None, issued_on: date) -> None:
        """An employer evaluates its own staff only."""
        if filing.kind != EvaluatorKind.EMPLOYER:
            return
        of_day = (filing.institution_id, filing.region_code, issued_on)
        if of_day not in self._staff:
            known = sorted(set(self._known.values()))
            self._staff[of_day] = read_staff_of_day(self._work, *of_day[:2], known, issued_on)
        self._staff[of_day].check(person_id)
