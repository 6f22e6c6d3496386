"""现场检查: the list, a draw or a class with a reason, and the page the inspector holds in the classroom."""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.files import send_photo
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.rules.inspections import CHECKLIST, CONCLUSION_NAMES, MARK_NAMES, Conclusion, Mark
from voucher.stages.train import inspecting, inspection_seeds
from voucher.stages.train import queries as training
from voucher.stages.train.inspection_photos import add_photo, look_at_photo
from voucher.stages.train.queries import inspections as reading

PER_PAGE = 20
STATES = {"open": "没有办结的", "all": "全部"}
LOOKS = {"in_order": "good", "findings": "warn", "serious": "bad"}


@office.get("/office/inspections")
def inspections() -> ResponseReturnValue:
    """Show the inspections of these regions."""
    return _list()


@office.post("/office/inspections/draws")
def draw_inspections() -> ResponseReturnValue:
    """Draw classes to be inspected."""

    def call(work: Work) -> Done:
        opened = inspecting.draw_inspections(
            work,
            fields.text("region", "地区", limit=20),
            fields.whole("size", "抽几个班"),
            fields.day("planned_on", "检查日期"),
        )
        return Done(f"已随机抽取 {len(opened)} 个班，种子留存", url_for("web.office.inspections"))

    return submit(call, _list)


@office.post("/office/inspections/seeds")
def commit_inspection_seed() -> ResponseReturnValue:
    """Show the hash of the next draw's seed to everybody."""

    def call(work: Work) -> Done:
        fixed = inspection_seeds.commit_inspection_seed(work, fields.text("region", "地区", limit=20))
        return Done(
            f"种子摘要已公布：{fixed.commitment[:12]}…，可以抽取了", url_for("web.office.inspections")
        )

    return submit(call, _list)


@office.post("/office/inspections/classes/<int:class_id>")
def open_inspection(class_id: int) -> ResponseReturnValue:
    """Open an inspection of one class, with a reason."""

    def call(work: Work) -> Done:
        opened = inspecting.open_inspection(
            work,
            class_id,
            fields.day("planned_on", "检查日期"),
            request.form.get("announced") == "1",
            fields.text("why", "理由"),
        )
        return Done("已列入现场检查", _here(opened.id))

    return submit(call, _list)


@office.get("/office/inspections/<int:inspection_id>")
def inspection(inspection_id: int) -> ResponseReturnValue:
    """Show one inspection, to be filled in on a phone."""
    return _show(inspection_id)


@office.post("/office/inspections/<int:inspection_id>/reports")
def conclude_inspection(inspection_id: int) -> ResponseReturnValue:
    """Write down what was found."""

    def call(work: Work) -> Done:
        report = inspecting.Report(
            people_present=fields.whole("people_present", "到场人数"),
            marks={
                each: fields.one_of(f"mark-{each}", words, Mark)
                for each, words in CHECKLIST.items()
                if request.form.get(f"mark-{each}")
            },
            findings=fields.text("findings", "发现的问题", required=False, limit=1000),
            conclusion=fields.one_of("conclusion", "结论", Conclusion),
            answer_by=fields.day("answer_by", "说明期限") if request.form.get("answer_by") else None,
        )
        inspecting.conclude(work, inspection_id, report)
        return Done("检查结果已填写，不再更改", _here(inspection_id))

    return submit(call, lambda: _show(inspection_id))


@office.post("/office/inspections/<int:inspection_id>/photos")
def add_inspection_photo(inspection_id: int) -> ResponseReturnValue:
    """Keep a photograph."""

    def call(work: Work) -> Done:
        add_photo(work, inspection_id, fields.upload("photo", "照片").stream.read())
        return Done("照片已保存", _here(inspection_id))

    return submit(call, lambda: _show(inspection_id))


@office.get("/office/inspections/photos/<int:photo_id>")
def inspection_photo(photo_id: int) -> Response:
    """Hand over a photograph; the look is kept."""
    found, content = perform(lambda work: look_at_photo(work, photo_id))
    return send_photo(found, content)


@office.post("/office/inspections/<int:inspection_id>/closings")
def close_inspection(inspection_id: int) -> ResponseReturnValue:
    """Close it; what it held goes on."""

    def call(work: Work) -> Done:
        closed = inspecting.close(work, inspection_id, fields.text("words", "办结意见"))
        # only a serious conclusion held anything
        freed = "，因这次检查停住的券恢复办理" if closed.conclusion == Conclusion.SERIOUS else ""
        return Done(f"已办结{freed}", _here(inspection_id))

    return submit(call, lambda: _show(inspection_id))


def _here(inspection_id: int) -> str:
    return url_for("web.office.inspection", inspection_id=inspection_id)


def _list() -> str:
    door, before = the_door(), fields.cursor("before")
    state = fields.asked("state", STATES) or "open"
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = reading.list_inspections(
            session, regions=regions, open_only=state == "open", before_id=before or None, limit=PER_PAGE
        )
        found = list(training.find_classes(session, [each.class_id for each in rows]).values())
        return render_template(
            "office/inspections.html",
            rows=rows,
            classes={each.found.id: each for each in training.view_classes(session, found)},
            conclusions=CONCLUSION_NAMES,
            looks=LOOKS,
            states=list(STATES.items()),
            regions=reach.list_region_choices(session),
            seeds=reading.list_waiting_seeds(session, current_actor().regions),
            chosen={"region": region, "state": state},
            before=before,
            per_page=PER_PAGE,
        )


def _show(inspection_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = reading.get_inspection(session, current_actor(), inspection_id, ())
        taught = training.get_class(session, found.class_id)
        drawn = reading.find_inspection_draw(session, found)
        roster = training.roster(session, door.keyring, taught.id)
        hands = (found.opened_by_person_id, found.concluded_by_person_id, found.closed_by_person_id)
        return render_template(
            "office/inspection.html",
            found=found,
            view=training.view_classes(session, [taught])[0],
            lessons=[
                each
                for each in training.list_sessions(session, taught.id)
                if day_of(each.starts_at) >= found.planned_on
            ][:3],
            roster=[each for each in roster if each.state in ("enrolled", "training")],
            drawn=drawn,
            repeated=reading.repeat_inspection_draw(drawn) if drawn is not None else [],
            committed=reading.find_seed_of(session, drawn) if drawn is not None else None,
            photos=reading.list_photos(session, found.id),
            checklist=CHECKLIST,
            marks=[(str(code), name) for code, name in MARK_NAMES.items()],
            mark_names=MARK_NAMES,
            conclusions=[(str(code), name) for code, name in CONCLUSION_NAMES.items()],
            conclusion_names=CONCLUSION_NAMES,
            looks=LOOKS,
            people=name_people(session, [each for each in hands if each is not None]),
        )
