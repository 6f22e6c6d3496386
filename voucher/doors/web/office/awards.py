"""竞赛与荣誉: a file of places in contests or of honours, every wrong row named, and the entered ones."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import ladder, people
from voucher.registry.catalogue import name_trades
from voucher.registry.competitions import CompetitionResult, list_newest
from voucher.registry.dictionaries import name_words
from voucher.registry.importing.competition_results import CompetitionResultsImporter
from voucher.registry.importing.frame import Importer, ImportRefused, Report, import_file
from voucher.registry.importing.honours import HonoursImporter
from voucher.rules.actor import Role
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import Refused
from voucher.rules.levels import name_level
from voucher.rules.privacy import mask_name
from voucher.rules.talents import find_level_of_place

PAGE = 50
KINDS: dict[str, tuple[str, type[Importer[Any]]]] = {
    "results": ("竞赛成绩", CompetitionResultsImporter),
    "honours": ("荣誉", HonoursImporter),
}


@office.get("/office/awards")
def awards() -> ResponseReturnValue:
    """Show the places entered last, and where a file of them or of honours is taken."""
    return _show()


@office.get("/office/awards/<kind>.csv")
def awards_sheet(kind: str) -> ResponseReturnValue:
    """Hand out the sheet a file is filled into, its columns only; an unknown kind is the first."""
    _, importing = KINDS.get(kind, KINDS["results"])
    head = ",".join(each.name for each in importing.columns)
    answer = Response(f"\ufeff{head}\r\n", mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={importing.kind}.csv"
    return answer


@office.post("/office/awards")
def upload_awards() -> ResponseReturnValue:
    """Take a whole file, or none of it and every wrong row."""

    def call(work: Work) -> Done:
        kind = fields.text("kind", "种类", limit=20)
        if kind not in KINDS:
            raise fields.FIELD_UNREADABLE.refused(field="kind", label="种类", problem="不在可选范围内")
        name, importing = KINDS[kind]
        given = fields.upload("file", "文件")
        given.stream.seek(0)  # the whole act may be tried again
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            report = import_file(work, importing, path, limits=the_door().table_limits)
        told = f"新登记 {report.rows_added}，登记撤销 {report.rows_changed}，没有变化 {report.rows_unchanged}"
        return Done(f"{name}：读取 {report.rows_read} 行：{told}", url_for("web.office.awards"))

    try:
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        return refuse(refused.refusal, lambda: _show(report))
    except Refused as refused:
        return refuse(refused.refusal, _show)


def _show(report: Report | None = None) -> str:
    door, before, actor = the_door(), fields.cursor("before"), current_actor()
    # the province sees all of them, everybody else what they entered themselves
    own = None if actor.has(Role.OFFICER_PROVINCE) else actor.person_id
    with door.read() as session:
        rows = list_newest(session, before or None, PAGE + 1, recorded_by=own)
        shown = rows[:PAGE]
        return render_template(
            "office/awards.html",
            rows=_describe(session, shown),
            more=shown[-1].id if len(rows) > PAGE else None,
            before=before,
            everybodys=own is None,
            kinds=[(kind, name) for kind, (name, _) in KINDS.items()],
            columns={
                kind: "、".join(each.name for each in importing.columns)
                for kind, (_, importing) in KINDS.items()
            },
            hands=name_people(session, [each.recorded_by_person_id for each in shown]),
            report=report,
        )


def _describe(session: Session, rows: list[CompetitionResult]) -> list[dict[str, Any]]:
    """Return each row with its words: who, masked; class, occupation and title; the level it earns."""
    named = people.read_people(session, the_door().keyring, [each.person_id for each in rows])
    classes, titles = (name_words(session, each) for each in (Dictionary.COMPETITION, Dictionary.HONOUR))
    trades = name_trades(session, [each.trade_code for each in rows])
    placings = ladder.read_placings(ladder.list_placings(session, None))
    described = []
    for each in rows:
        earned = find_level_of_place(each.competition, each.team, each.place, each.awarded_on, placings)
        known = named.get(each.person_id)
        described.append(
            {
                "row": each,
                "name": mask_name(known.name) if known is not None else "—",
                "competition": classes.get(each.competition, each.competition),
                "trade": trades.get(each.trade_code, each.trade_code),
                "honour": titles.get(each.honour, each.honour) if each.honour else None,
                "level": name_level(earned.level) if earned is not None else None,
            }
        )
    return described
