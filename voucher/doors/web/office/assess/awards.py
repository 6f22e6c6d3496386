"""竞赛与荣誉: files one operator sends in and another confirms, and what was entered, found by person."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.catalogue import name_regions, name_trades
from voucher.registry.dictionaries import name_words
from voucher.registry.employments import select_called
from voucher.registry.importing.awards import AwardsImporter, entering_for
from voucher.registry.importing.competition_results import CompetitionResultsImporter
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.importing.honours import HonoursImporter
from voucher.registry.talents import awarding, ladder
from voucher.registry.talents.awards import (
    AWARD_KIND_NAMES,
    AwardFile,
    AwardKind,
    AwardLine,
    count_lines,
    list_contested,
    list_files,
    list_lines,
)
from voucher.registry.talents.entered import list_entered
from voucher.rules.actor import Actor, Role
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import Refused
from voucher.rules.levels import name_level
from voucher.rules.privacy import mask_name
from voucher.rules.talents import find_level_of_place, is_ruled

PAGE, FILES = 50, 10
IMPORTERS: dict[AwardKind, type[AwardsImporter]] = {
    AwardKind.RESULTS: CompetitionResultsImporter,
    AwardKind.HONOURS: HonoursImporter,
}
KINDS = {str(kind): kind for kind in AwardKind}


@office.get("/office/awards")
def awards() -> ResponseReturnValue:
    """Show what was entered last of a kind, the files that wait, and where a file is taken."""
    return _show()


@office.post("/office/awards/searches")
def search_awards() -> ResponseReturnValue:
    """Show what was entered of whoever bears a name or a number; by POST, so that no address holds either."""
    try:
        return _show(named=fields.text("q", "姓名或证件号码", limit=60))
    except Refused as refused:
        return refuse(refused.refusal, _show)


@office.get("/office/awards/<kind>.csv")
def awards_sheet(kind: str) -> ResponseReturnValue:
    """Hand out the sheet a file is filled into, its columns only; an unknown kind is the first."""
    importing = IMPORTERS[KINDS.get(kind, AwardKind.RESULTS)]
    head = ",".join(each.name for each in importing.columns)
    answer = Response(f"\ufeff{head}\r\n", mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={importing.kind}.csv"
    return answer


@office.post("/office/awards")
def upload_awards() -> ResponseReturnValue:
    """Take a whole file, which then waits for another person, or none of it and every wrong row."""

    def call(work: Work) -> Done:
        kind = fields.text("kind", "种类", limit=20)
        if kind not in KINDS:
            raise fields.FIELD_UNREADABLE.refused(field="kind", label="种类", problem="不在可选范围内")
        given = fields.upload("file", "文件")
        given.stream.seek(0)  # the whole act may be tried again
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            region = fields.text("region", "登记地区", required=False, limit=20) or None
            importing = entering_for(IMPORTERS[KINDS[kind]], region)
            report = import_file(work, importing, path, limits=the_door().table_limits)
        told = f"{AWARD_KIND_NAMES[KINDS[kind]]}：读取 {report.rows_read} 行"
        told += f"：登记 {report.rows_added}，撤销 {report.rows_changed}，没有变化 {report.rows_unchanged}"
        waits = report.rows_added or report.rows_changed
        after = "；由另一人确认后生效" if waits else "；没有需要确认的"
        return Done(told + after, url_for("web.office.awards", kind=kind))

    try:
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        return refuse(refused.refusal, lambda: _show(report))
    except Refused as refused:
        return refuse(refused.refusal, _show)


@office.get("/office/awards/files/<int:file_id>")
def award_file(file_id: int) -> ResponseReturnValue:
    """Show every line of a file, a page at a time, to whoever confirms it."""
    return _show_file(file_id)


@office.post("/office/awards/files/<int:file_id>/confirmations")
def confirm_awards(file_id: int) -> ResponseReturnValue:
    """Confirm a file as another person."""

    def call(work: Work) -> Done:
        awarding.confirm_awards(work, file_id)
        return Done("已确认，从现在起生效", url_for("web.office.award_file", file_id=file_id))

    return submit(call, lambda: _show_file(file_id))


@office.post("/office/awards/files/<int:file_id>/declines")
def decline_awards(file_id: int) -> ResponseReturnValue:
    """Turn a file down, or take one's own back."""

    def call(work: Work) -> Done:
        awarding.decline_awards(work, file_id, fields.text("why", "理由", limit=200))
        return Done("已退回，这份文件不生效", url_for("web.office.award_file", file_id=file_id))

    return submit(call, lambda: _show_file(file_id))


def _show(report: Report | None = None, named: str | None = None) -> str:
    door, before, actor = the_door(), fields.cursor("before"), current_actor()
    kind = KINDS.get(request.values.get("kind", ""), AwardKind.RESULTS)
    own = None if actor.has(Role.OFFICER_PROVINCE) else actor.person_id
    regions = actor.regions_as(*awarding.RECORDERS)
    shape = awarding.SHAPES[kind]
    called = shape.model.person_id.in_(select_called(door.keyring, named)) if named else None
    with door.read() as session:
        rows = list_entered(session, kind, regions, own, before or None, PAGE + 1, called)
        shown = rows[:PAGE]
        every = list_files(session, regions, fields.cursor("files") or None, FILES + 1)
        files = every[:FILES]
        facts = [(each.person_id, shape.tell(each)) for each in shown]
        column = getattr(AwardLine, shape.line_column)
        people_ids = [each.recorded_by_person_id for each in shown] + _list_hands(files)
        return render_template(
            "office/awards.html",
            chosen=str(kind),
            is_results=kind is AwardKind.RESULTS,
            kinds=[(str(each), name) for each, name in AWARD_KIND_NAMES.items()],
            rows=list(zip(shown, _describe(session, kind, facts), strict=True)),
            more=shown[-1].id if len(rows) > PAGE else None,
            before=before,
            named=named,
            contested=list_contested(session, column, [each.id for each in shown]),
            files=files,
            more_files=files[-1].id if len(every) > FILES else None,
            later_files=bool(fields.cursor("files")),
            counts=count_lines(session, [each.id for each in files]),
            columns={
                str(each): "、".join(column.name for column in importing.columns)
                for each, importing in IMPORTERS.items()
            },
            hands=name_people(session, people_ids),
            regions=_choose_regions(session, actor),
            report=report,
        )


def _choose_regions(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return the regions to choose from, for whoever serves in several; nothing for anybody else."""
    own = awarding.list_own_regions(actor)
    names = name_regions(session, own)
    return [(code, names.get(code, code)) for code in own] if len(own) > 1 else []


def _list_hands(files: list[AwardFile]) -> list[int]:
    hands = [
        (each.filed_by_person_id, each.confirmed_by_person_id or each.declined_by_person_id) for each in files
    ]
    return [person_id for pair in hands for person_id in pair if person_id is not None]


def _show_file(file_id: int) -> str:
    door, after, actor = the_door(), fields.cursor("after"), current_actor()
    with door.read() as session:
        file = awarding.get_file(session, file_id, actor.regions_as(*awarding.RECORDERS))
        lines = list_lines(session, file.id, after or 0, PAGE + 1)
        shown = lines[:PAGE]
        return render_template(
            "office/award_file.html",
            file=file,
            chosen=file.kind,
            kind_name=AWARD_KIND_NAMES[AwardKind(file.kind)],
            counts=count_lines(session, [file.id]).get(file.id, (0, 0)),
            lines=list(zip(shown, _describe_lines(session, AwardKind(file.kind), shown), strict=True)),
            more=shown[-1].id if len(lines) > PAGE else None,
            after=after,
            hands=name_people(session, _list_hands([file])),
            is_mine=file.filed_by_person_id == actor.person_id,
        )


def _describe_lines(session: Session, kind: AwardKind, lines: list[AwardLine]) -> list[dict[str, Any]]:
    return _describe(session, kind, [(each.person_id, each.facts) for each in lines])


def _describe(
    session: Session, kind: AwardKind, rows: list[tuple[int, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return each row with its words: who, masked; class, occupation and title; the level it earns."""
    named = people.read_people(session, the_door().keyring, [person_id for person_id, _ in rows])
    classes, titles = (name_words(session, each) for each in (Dictionary.COMPETITION, Dictionary.HONOUR))
    trades = name_trades(session, [facts["trade_code"] for _, facts in rows if "trade_code" in facts])
    placings = ladder.read_placings(ladder.list_placings(session, None))
    described = []
    for person_id, facts in rows:
        known, earned = named.get(person_id), None
        told = facts | {"awarded_on": awarding.day_of(facts)}
        if kind is AwardKind.RESULTS:
            placed = facts["competition"], facts["team"], facts["place"]
            earned = find_level_of_place(*placed, told["awarded_on"], placings)
            told["ruled"] = is_ruled(facts["competition"], placings)
            told["competition"] = classes.get(facts["competition"], facts["competition"])
            told["trade"] = trades.get(facts["trade_code"], facts["trade_code"])
        told["honour"] = titles.get(facts["honour"], facts["honour"]) if facts["honour"] else None
        told["name"] = mask_name(known.name) if known is not None else "—"
        told["level"] = name_level(earned.level) if earned is not None else None
        described.append(told)
    return described
