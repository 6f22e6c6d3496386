"""到课核查: marks that may not be their holders' own wait until somebody has looked into them."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.rules.attendance import Finding
from voucher.rules.positions import NO_POSITION_NAMES
from voucher.stages.train import queries as training
from voucher.stages.train.doubting import close_attendance_case
from voucher.stages.train.queries import marks as reading
from voucher.stages.train.queries.lessons import list_case_studies

PER_PAGE = 20
OUTCOMES = ((Finding.COUNTED, "核实是本人，计入学时"), (Finding.REFUSED, "不是本人或无法证实，不计学时"))
KINDS = {
    "shared_device": "同一台设备短时间内为多人签到",
    "impossible_speed": "线上课速度不可能（该段已计 0 学时）",
    "far_away": "签到的设备离教室太远",
    "no_position": "签到没有给出位置",
}
WAYS = {"class_code": "本人手机", "scanned": "扫码", "typed": "凭证件"}


@office.get("/office/attendance-cases")
def attendance_cases() -> ResponseReturnValue:
    """Show the open cases with the marks they are about."""
    return _page()


@office.post("/office/attendance-cases/<int:case_id>/closings")
def close_case(case_id: int) -> ResponseReturnValue:
    """Say whether the marks count, and why."""

    def call(work: Work) -> Done:
        finding = fields.one_of("outcome", "处理", Finding)
        conclusion = fields.text("conclusion", "核查结论")
        close_attendance_case(work, case_id, counts=finding is Finding.COUNTED, conclusion=conclusion)
        told = (
            "已办结；签到计入的，请机构按签到登记学时" if finding is Finding.COUNTED else "这些签到不计学时"
        )
        return Done(told, url_for("web.office.attendance_cases"))

    return submit(call, _page)


def _page() -> str:
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = reading.list_cases(session, regions, before_id=before or None, limit=PER_PAGE)
        marks = reading.list_case_marks(session, [case.id for case, _, _ in rows])
        studies = list_case_studies(session, [case.id for case, _, _ in rows])
        holders = training.name_vouchers(
            session,
            door.keyring,
            {each.voucher_id for found in marks.values() for each in found}
            | {each.voucher_id for found in studies.values() for each, _ in found},
        )
        classes = {found.id: found for _, _, found in rows}
        views = training.view_classes(session, list(classes.values()))
        return render_template(
            "office/attendance_cases.html",
            rows=rows,
            marks=marks,
            studies=studies,
            holders=holders,
            views={each.found.id: each for each in views},
            outcomes=OUTCOMES,
            kinds=KINDS,
            ways=WAYS,
            no_positions=NO_POSITION_NAMES,
            regions=reach.list_region_choices(session),
            chosen={"region": region},
            before=before,
            per_page=PER_PAGE,
        )
