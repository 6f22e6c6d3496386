"""Subsidised projects out of a file; the kind of subsidy of a project never changes once it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Column
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Project
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.reading import Reading
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word, mask_code
from voucher.rules.vocabulary import SUBSIDY_NAMES, SubsidyKind, parse_subsidy_kind

CODE, NAME, KIND, DOCUMENT = "代码", "名称", "补贴类型", "文件"
SOURCE = "豫办〔2021〕29号 第15、16项; S2-15h"
_SHAPE = re.compile(r"[A-Z][A-Z0-9-]{0,39}")

PROJECT_CODE_MALFORMED = reason(
    "project_code_malformed",
    "项目代码 {given} 格式不正确：应以大写字母开头，只含大写字母、数字和连字符，不超过40位",
    "请改正代码，如 TRAIN-PREJOB；代码一经使用不再更改",
    SOURCE,
)
PROJECT_KIND_FIXED = reason(
    "project_kind_fixed",
    "项目 {code} 已登记为{known}，不能改为{given}",
    "请另编代码登记新项目",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project as a file states it, in canonical form."""

    code: str
    name: str
    kind: str
    document: str


def read_code(text: str) -> str:
    """Return the code of a project. Raises project_code_malformed."""
    code = clean_word(text).upper()
    if not _SHAPE.fullmatch(code):
        raise PROJECT_CODE_MALFORMED.refused(given=mask_code(code[:40]))
    return code


class ProjectsImporter(Importer[ProjectRow]):
    """Columns 代码, 名称, 补贴类型, 文件."""

    kind = "projects"
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(CODE, alias=("项目代码", "code")),
        Column(NAME, alias=("项目名称", "name")),
        Column(KIND, alias=("类型",)),
        Column(DOCUMENT, alias=("文号", "依据", "document")),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._known = {row.code: row for row in work.session.scalars(select(Project))}

    def check(self, reading: Reading) -> ProjectRow | None:
        """Return the project a row states."""
        code, name = reading.words(CODE, read_code), reading.words(NAME, clean_title)
        kind = reading.words(KIND, parse_subsidy_kind)
        document = reading.words(DOCUMENT, str.strip)
        if code is None or name is None or kind is None or document is None:
            return None
        return ProjectRow(code, name, str(kind), document)

    def keep(self, piece: Sequence[tuple[int, ProjectRow]]) -> None:
        """Add new projects and bring names and documents of the known up to the file."""
        for line, row in piece:
            known = self._known.get(row.code)
            if known is None:
                self._known[row.code] = self._add(row)
                self.report.rows_added += 1
            elif known.kind != row.kind:
                given = SUBSIDY_NAMES[SubsidyKind(row.kind)]
                refusal = PROJECT_KIND_FIXED.refusal(
                    code=row.code, known=SUBSIDY_NAMES[SubsidyKind(known.kind)], given=given
                )
                self.report.refuse(line, KIND, given, refusal)
            else:
                self._update(known, row)

    def _add(self, row: ProjectRow) -> Project:
        project = Project(**asdict(row))
        self.work.session.add(project)
        self.work.session.flush()
        audit.record_one(self.work, "project", project.id, "add", code=row.code, kind=row.kind)
        return project

    def _update(self, known: Project, row: ProjectRow) -> None:
        change = {
            name: getattr(row, name)
            for name in ("name", "document")
            if getattr(row, name) != getattr(known, name)
        }
        if not change:
            self.report.rows_unchanged += 1
            return
        for name, value in change.items():
            setattr(known, name, value)
        self.work.session.flush()
        audit.record_one(self.work, "project", known.id, "change", **change)
        self.report.rows_changed += 1
