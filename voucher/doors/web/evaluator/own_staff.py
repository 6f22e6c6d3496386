"""本单位职工: whom an employer may examine, with proof and days; one more, one gone, a whole file."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse, submit
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluator
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import employing
from voucher.registry.employments import EVIDENCE_NAMES, count_staff
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.importing.own_staff import OwnStaffImporter, importer_for
from voucher.registry.outside.systems import list_systems
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.evaluators import INSURED_NAMES
from voucher.rules.identity import normalise_identity
from voucher.rules.names import normalise_name
from voucher.rules.outside import FactKind

PAGE = 50


@evaluator.get("/evaluator/staff")
def own_staff() -> ResponseReturnValue:
    """Show who this employer says works for it, and state one more."""
    return _show()


@evaluator.post("/evaluator/staff/searches")
def search_own_staff() -> ResponseReturnValue:
    """Show the stays of whoever bears a name or a number; asked by POST, so that no address holds either."""
    try:
        return _show(named=fields.text("q", "姓名或证件号码", limit=60))
    except Refused as refused:
        return refuse(refused.refusal, _show)


def _show(report: Report | None = None, named: str | None = None) -> str:
    door, me, before = the_door(), my_evaluator(Role.EVALUATOR_ADMIN), fields.cursor("before")
    with door.read() as session:
        rows = employing.list_employments(
            session, door.keyring, [me], door.today, before_id=before or None, limit=PAGE + 1, named=named
        )
        shown = rows[:PAGE]
        return render_template(
            "evaluator/own_staff.html",
            is_employer=employing.is_employer(session, me),
            in_force=employing.is_employer(session, me, door.today),
            named=named,
            rows=shown,
            more=len(rows) > PAGE,
            before=before,
            present=count_staff(session, [me], door.today),
            system=list_systems(session, door.today).get(FactKind.WORKPLACE),
            insured_names={str(each): name for each, name in INSURED_NAMES.items()},
            evidences=list(EVIDENCE_NAMES.items()),
            hands=name_people(session, [each.recorded_by_person_id for each in shown]),
            columns="、".join(each.name for each in OwnStaffImporter.columns),
            report=report,
        )


@evaluator.post("/evaluator/staff")
def state_employment() -> ResponseReturnValue:
    """State that somebody works here."""

    def call(work: Work) -> Done:
        name = normalise_name(fields.text("name", "姓名", limit=60))
        number = normalise_identity(fields.text("number", "证件号码", limit=30), work.today)
        until: date | None = fields.day("until", "离职日期") if request.form.get("until") else None
        evidence_kind = fields.text("evidence_kind", "依据", limit=20)
        if evidence_kind not in EVIDENCE_NAMES:
            raise fields.FIELD_UNREADABLE.refused(
                field="evidence_kind", label="依据", problem="不在可选范围内"
            )
        employing.state_employment(
            work,
            employing.NewEmployment(
                institution_id=my_evaluator(Role.EVALUATOR_ADMIN),
                person=Newcomer(number, name),
                since=fields.day("since", "入职日期"),
                until=until,
                evidence_kind=evidence_kind,
                evidence=fields.text("evidence", "依据编号", limit=100),
            ),
        )
        return Done("已登记为本单位职工，可以列为考生", url_for("web.evaluator.own_staff"))

    return submit(call, _show)


@evaluator.post("/evaluator/staff/<int:employment_id>/endings")
def end_employment(employment_id: int) -> ResponseReturnValue:
    """State somebody's last day here."""

    def call(work: Work) -> Done:
        until = fields.day("left_on", "离职日期")
        ended = employing.end_employment(
            work, employment_id, until, fields.text("why", "离职原因", limit=200)
        )
        return Done(f"已登记离职，最后一天 {ended.until}", url_for("web.evaluator.own_staff"))

    return submit(call, _show)


@evaluator.post("/evaluator/staff/insurance-checks")
def check_insurance() -> ResponseReturnValue:
    """Have the social insurance asked anew about everybody who works here today."""

    def call(work: Work) -> Done:
        asking = employing.ask_insurance_again(work, my_evaluator(Role.EVALUATOR_ADMIN))
        words = f"已提交 {asking.asked} 人的社会保险核对，几分钟后刷新本页看结果"
        if asking.waiting:
            words += f"；今天的人次已用完，其余 {asking.waiting} 人请明天再核对"
        if not asking.connected:
            words = "社会保险没有接入，没有核对"
        return Done(words, url_for("web.evaluator.own_staff"))

    return submit(call, _show)


@evaluator.get("/evaluator/staff/sheet")
def own_staff_sheet() -> ResponseReturnValue:
    """Hand out the sheet staff are filled into: its columns and nothing else."""
    head = ",".join(each.name for each in OwnStaffImporter.columns)
    answer = Response(f"\ufeff{head}\r\n", mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=own-staff.csv"
    return answer


@evaluator.post("/evaluator/staff/files")
def upload_own_staff() -> ResponseReturnValue:
    """Take a whole file of staff, or none of it and every wrong row."""

    def call(work: Work) -> Done:
        me = my_evaluator(Role.EVALUATOR_ADMIN)
        given = fields.upload("file", "职工名单")
        given.stream.seek(0)  # the whole act may be tried again
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            report = import_file(work, importer_for(me), path, limits=the_door().table_limits)
        return Done(
            f"读取 {report.rows_read} 行：新登记 {report.rows_added}，更新 {report.rows_changed}，"
            f"没有变化 {report.rows_unchanged}",
            url_for("web.evaluator.own_staff"),
        )

    try:
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        return refuse(refused.refusal, lambda: _show(report))
    except Refused as refused:
        return refuse(refused.refusal, _show)
