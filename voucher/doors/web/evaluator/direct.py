"""不用券的考生: one person at a time or a whole file, each with the way in; what this level asks is shown."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse, submit
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.plumbing.unit_of_work import Work
from voucher.registry.employing import is_employer
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.people import Newcomer
from voucher.registry.talents import ladder
from voucher.rules.actor import Role
from voucher.rules.entries import EDUCATION_NAMES, ENTRY_WAY_NAMES, Education, Entry, EntryWay
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity
from voucher.rules.levels import Level, name_level
from voucher.rules.names import normalise_name
from voucher.stages.assess import direct_files, queries
from voucher.stages.assess import plan as planning
from voucher.stages.assess.entries import Direct, read_open_ways

PATH = "/evaluator/batches/<int:batch_id>/direct-candidates"
TEAMS = [(1, "单人赛"), (2, "双人赛"), (3, "三人赛")]


@evaluator.get(PATH)
def direct(batch_id: int) -> ResponseReturnValue:
    """Show by which ways somebody without a voucher may enter an exam, and list one more."""
    return _show(batch_id)


def _show(batch_id: int, report: Report | None = None) -> str:
    door = the_door()
    with door.read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators(Role.EVALUATOR_ADMIN))
        ways = read_open_ways(session, found)
        asked = [
            (ENTRY_WAY_NAMES[each.way], each.words) for each in ways.conditions if each.level == found.level
        ]
        schooled = [
            EDUCATION_NAMES[each] for each, most in ways.by_education.items() if most >= found.level > 0
        ]
        if schooled:
            asked.insert(0, (ENTRY_WAY_NAMES[EntryWay.EDUCATION], "、".join(schooled)))
        placings = ladder.list_placings(session, found.exam_on)
        earning = [each for each in placings if each.level >= found.level > 0]
        if earning:
            asked.append((ENTRY_WAY_NAMES[EntryWay.COMPETITION], "按竞赛名次对照表晋升到本等级以上"))
        names = {name for name, _ in asked}
        return render_template(
            "evaluator/direct.html",
            found=found,
            view=queries.view_batches(session, [found])[0],
            asked=asked,
            open=found.state == "planned" and found.exam_on >= door.today,
            ways=[(str(way), name) for way, name in ENTRY_WAY_NAMES.items() if name in names],
            educations=[(str(education), name) for education, name in EDUCATION_NAMES.items()],
            levels=[(int(level), name_level(level)) for level in Level if level < found.level],
            honours=list(ways.honours.items()),
            competitions=sorted({(each.competition, each.name) for each in earning}),
            teams=TEAMS,
            employer=is_employer(session, found.institution_id, found.exam_on),
            columns="、".join(each.name for each in direct_files.DirectImporter.columns),
            report=report,
        )


@evaluator.post(PATH)
def add_direct(batch_id: int) -> ResponseReturnValue:
    """Add somebody who comes without a voucher, by which way and on what evidence."""

    def call(work: Work) -> Done:
        name = normalise_name(fields.text("name", "姓名", limit=60))
        number = normalise_identity(fields.text("number", "证件号码", limit=30), work.today)
        found = queries.get_batch(work.session, batch_id, (), my_evaluators(Role.EVALUATOR_ADMIN))
        entry = _read_entry() if found.level else None
        planning.add_candidates(work, batch_id, [], [Direct(Newcomer(number, name), entry)])
        return Done("已增加 1 名直接报名的考生", url_for("web.evaluator.direct", batch_id=batch_id))

    return submit(call, lambda: _show(batch_id))


def _read_entry() -> Entry:
    given = request.form.get

    def whole(name: str, label: str) -> int | None:
        return fields.whole(name, label) if given(name) else None

    return Entry(
        way=fields.one_of("way", "申报条件", EntryWay),
        evidence=fields.text("evidence", "依据", required=False, limit=200),
        education=fields.one_of("education", "学历", Education) if given("education") else None,
        years=whole("years", "从业年数"),
        held_level=whole("held_level", "原证书等级"),
        held_number=fields.text("held_number", "原证书编号", required=False, limit=60) or None,
        award=fields.text("award", "奖项", required=False, limit=60) or None,
        competition=fields.text("competition", "赛事类别", required=False, limit=60) or None,
        team=whole("team", "参赛人数") if given("competition") else None,
        place=whole("place", "名次"),
    )


@evaluator.get("/evaluator/batches/<int:batch_id>/direct-sheet")
def direct_sheet(batch_id: int) -> ResponseReturnValue:
    """Hand out the sheet people without a voucher are filled into: its columns and nothing else."""
    with the_door().read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators(Role.EVALUATOR_ADMIN))
        name = found.number
    head = ",".join(each.name for each in direct_files.DirectImporter.columns)
    answer = Response(f"\ufeff{head}\r\n", mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}-entries.csv"
    return answer


@evaluator.post("/evaluator/batches/<int:batch_id>/direct-files")
def upload_direct(batch_id: int) -> ResponseReturnValue:
    """List a whole file of people, or nobody and every wrong row."""

    def call(work: Work) -> Done:
        given = fields.upload("file", "考生名单")
        given.stream.seek(0)  # the whole act may be tried again
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            chosen = direct_files.importer_for(batch_id)
            report = import_file(work, chosen, path, limits=the_door().table_limits)
        return Done(
            f"读取 {report.rows_read} 行，已增加 {report.rows_added} 名考生",
            url_for("web.evaluator.batch", batch_id=batch_id, _anchor="candidates"),
        )

    try:
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        return refuse(refused.refusal, lambda: _show(batch_id, report))
    except Refused as refused:
        return refuse(refused.refusal, lambda: _show(batch_id))
