"""本单位职工 out of the employer's own file: the columns of the office's import without the employer."""

from __future__ import annotations

from typing import ClassVar

from voucher.plumbing.unit_of_work import Work
from voucher.registry.employing import check_employer
from voucher.registry.employments import Employment
from voucher.registry.importing.employments import CODE, EmploymentRow, EmploymentsImporter
from voucher.registry.importing.frame import Report
from voucher.registry.importing.reading import Reading
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.evaluators import SOURCE

EMPLOYMENT_CLOSED = reason(
    "employment_closed",
    "此人这段任职已登记于 {until} 离职，表中所填与登记不同",
    "重新入职的，请另填一行新的入职日期；离职登记确有错误的，请带依据到人社部门更正；没有变化的，请删去这一行",
    SOURCE,
    Family.CONFLICT,
)


class OwnStaffImporter(EmploymentsImporter):
    """Columns 姓名, 证件号码, 入职日期, 离职日期, 依据类别, 依据编号; the employer is the actor's own."""

    kind = "own_staff"
    roles = (Role.EVALUATOR_ADMIN,)
    institution_id: ClassVar[int]
    columns = tuple(each for each in EmploymentsImporter.columns if each.name != CODE)

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        check_employer(work, self.institution_id)
        self._code = work.session.get_one(Institution, self.institution_id).code

    def _read_employer(self, reading: Reading) -> str | None:
        return self._code

    def _find_foreign(self, house: Institution) -> Refusal | None:
        return None

    def _find_closed(self, found: Employment, row: EmploymentRow) -> Refusal | None:
        """Return why a row may not change what stands: an end once told is not taken back by a file."""
        stated = (row.until, row.evidence_kind, row.evidence)
        if found.until is None or stated == (found.until, found.evidence_kind, found.evidence):
            return None
        if found.until > self.work.today and row.until is not None:
            return None
        return EMPLOYMENT_CLOSED.refusal(until=found.until)


def importer_for(institution: int) -> type[OwnStaffImporter]:
    """Return the importer of one employer's people."""

    class OfEmployer(OwnStaffImporter):
        institution_id = institution

    return OfEmployer
