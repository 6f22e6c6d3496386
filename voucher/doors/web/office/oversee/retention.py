"""到期清除: lists of what is held too long, confirmed by another once whoever is on them was told."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, show_once, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.regions import list_regions, name_regions
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import read_people
from voucher.registry.retention import list_retention
from voucher.registry.tables import require_parameter_number
from voucher.rules.privacy import mask_name
from voucher.stages.oversee.privacy import preserving
from voucher.stages.oversee.retention import asking, queries, telling
from voucher.stages.oversee.retention.judging import IDLE_MONTHS
from voucher.stages.oversee.retention.listing import COMPLAINT_MONTHS
from voucher.stages.oversee.retention.models import RetentionItem
from voucher.stages.oversee.retention.telling import NOTICE_DAYS, TOLD_DAYS, UNSENT_DAYS, Addressee

PAGE, LINES, FAILURES, UNTOLD, LONGEST_WORDS = 20, 50, 50, 50, 200
SHOWN_BEFORE = "名单里有姓名，只显示一次；要再看的，请重新打开（每次留痕）"
GONE = "（已清除）"


@office.get("/office/retention")
def retention_runs() -> ResponseReturnValue:
    """Show the runs of these regions, the newest first, and what of them is still open."""
    return _show_all()


@office.post("/office/retention")
def ask_retention_run() -> ResponseReturnValue:
    """Have a region's data held against its time."""

    def call(work: Work) -> Done:
        made = asking.ask_run(work, fields.text("region", "地区", limit=12))
        return Done(f"已开始列名单 {made.number}，什么都不会清除", _address(made.id))

    return submit(call, _show_all)


@office.get("/office/retention/<int:run_id>")
def retention_run(run_id: int) -> ResponseReturnValue:
    """Show one run: counts, why what stays stays, every line, and what became of it."""
    return _show(run_id)


@office.post("/office/retention/<int:run_id>/confirmations")
def confirm_retention_run(run_id: int) -> ResponseReturnValue:
    """Confirm as another person; the background destroys what is due."""

    def call(work: Work) -> Done:
        asking.confirm_run(work, run_id)
        return Done("已确认，后台正在清除；每一条清除前再核对一次", _address(run_id))

    return submit(call, lambda: _show(run_id))


@office.post("/office/retention/<int:run_id>/dismissals")
def drop_retention_run(run_id: int) -> ResponseReturnValue:
    """Drop a list nobody has confirmed."""

    def call(work: Work) -> Done:
        asking.drop_run(work, run_id, fields.text("why", "作废的理由", limit=LONGEST_WORDS))
        return Done("已作废，什么都没有清除", _address(run_id))

    return submit(call, lambda: _show(run_id))


@office.post("/office/retention/<int:run_id>/preservations/<int:person_id>")
def preserve_person(run_id: int, person_id: int) -> ResponseReturnValue:
    """Keep one person of a list by a document."""

    def call(work: Work) -> Done:
        preserving.preserve(work, person_id, fields.text("paper", "保全的文书", limit=LONGEST_WORDS))
        return Done("已依法保全，解除以前不会清除", _address(run_id))

    return submit(call, lambda: _show(run_id))


@office.post("/office/retention/<int:run_id>/tellings")
def tell_of_retention(run_id: int) -> ResponseReturnValue:
    """Keep how the office told whom no message reached."""

    def call(work: Work) -> Done:
        words = fields.text("words", "怎样告知的", limit=LONGEST_WORDS)
        item = fields.whole("item", "条目") if request.form.get("item") else None
        count = telling.record_told(work, run_id, words, item_id=item)
        return Done(f"已登记告知 {count} 人", _address(run_id))

    return submit(call, lambda: _show(run_id))


@office.post("/office/retention/<int:run_id>/addressees")
def hand_out_addressees(run_id: int) -> ResponseReturnValue:
    """Show once, by name, to whom the office has to write; every look is kept."""

    def call(work: Work) -> tuple[list[Addressee], int | None]:
        after = fields.whole("after", "从哪一条以后") if request.form.get("after") else None
        return telling.hand_out_addressees(work, run_id, after_id=after, limit=UNTOLD)

    return show_once(
        call, lambda found: _show_addressees(run_id, *found), lambda: _show(run_id), SHOWN_BEFORE
    )


def _address(run_id: int) -> str:
    return url_for("web.office.retention_run", run_id=run_id)


def _show_all() -> str:
    door, actor, before = the_door(), current_actor(), fields.cursor("before")
    with door.read() as session:
        rows = queries.list_runs(session, actor.regions, before_id=before or None, limit=PAGE + 1)
        failed_before = fields.cursor("failed")
        failures = queries.list_failures(
            session, actor.regions, before_id=failed_before or None, limit=FAILURES + 1
        )
        more = failures[FAILURES - 1][0].id if len(failures) > FAILURES else None
        return render_template(
            "office/retention_runs.html",
            rows=[(each, queries.state_of(each)) for each in rows[:PAGE]],
            regions=name_regions(session, [each.region_code for each in rows]),
            choices=list_regions(session, actor.regions_as(*OFFICERS)),
            failures=failures[:FAILURES],
            more_failures=url_for("web.office.retention_runs", failed=more, _anchor="failures")
            if more
            else None,
            first_failures=url_for("web.office.retention_runs", _anchor="failures")
            if failed_before
            else None,
            kinds=queries.KIND_NAMES,
            terms=list_retention(session, door.today),
            numbers=_numbers(session),
            next_url=url_for("web.office.retention_runs", before=rows[PAGE - 1].id)
            if len(rows) > PAGE
            else None,
            first_url=url_for("web.office.retention_runs") if before else None,
        )


def _show(run_id: int) -> str:
    door, actor, after = the_door(), current_actor(), fields.cursor()
    which = fields.asked("which", {"due", "kept"}) or ""
    with door.read() as session:
        run = queries.get_run(session, run_id, actor.regions)
        lines = queries.list_items(
            session, run.id, due={"due": True, "kept": False}.get(which), after_id=after, limit=LINES + 1
        )
        more = _pages(run_id, which, lines)
        is_open = run.listed_at is not None and run.confirmed_at is None and run.ended_at is None
        skip = fields.cursor("untold")
        untold = (
            telling.list_untold(session, run.id, door.at, after_id=skip, limit=UNTOLD + 1) if is_open else []
        )
        return render_template(
            "office/retention_run.html",
            run=run,
            state=queries.state_of(run),
            region=name_regions(session, [run.region_code]).get(run.region_code, ""),
            sums=queries.sum_run(session, run.id),
            whys=queries.list_whys(session, run.id),
            lines=lines[:LINES],
            which=which,
            kinds=queries.KIND_NAMES,
            untold=untold[:UNTOLD],
            untold_count=telling.count_untold(session, run.id, door.at) if is_open else 0,
            untold_next=_turn(run_id, untold[UNTOLD - 1].item_id) if len(untold) > UNTOLD else None,
            untold_first=_turn(run_id, None) if skip else None,
            tellers=asking.list_tellers(session, run.id) if is_open else (),
            told_on=telling.last_told_on(session, run.id),
            names=_mask(
                session,
                [each.object_id for each in lines if each.kind == "person"]
                + [each.person_id for each in untold],
            ),
            hands=name_people(
                session, [h for h in (run.asked_by_person_id, run.confirmed_by_person_id) if h]
            ),
            numbers=_numbers(session),
            next_url=more,
            first_url=url_for("web.office.retention_run", run_id=run_id, which=which or None)
            if after
            else None,
        )


def _show_addressees(run_id: int, found: list[Addressee], next_after: int | None) -> str:
    door = the_door()
    with door.read() as session:
        run = queries.get_run(session, run_id, current_actor().regions)
        return render_template(
            "office/retention_addressees.html",
            run=run,
            found=found,
            next_after=next_after,
            numbers=_numbers(session),
        )


def _turn(run_id: int, after_id: int | None) -> str:
    return url_for("web.office.retention_run", run_id=run_id, untold=after_id, _anchor="untold")


def _pages(run_id: int, which: str, lines: list[RetentionItem]) -> str | None:
    if len(lines) <= LINES:
        return None
    return url_for(
        "web.office.retention_run", run_id=run_id, which=which or None, after=lines[LINES - 1].id,
        _anchor="lines",
    )  # fmt: skip


def _numbers(session: Session) -> dict[str, int]:
    today = the_door().today
    return {
        name: require_parameter_number(session, name, today, ())
        for name in (IDLE_MONTHS, NOTICE_DAYS, COMPLAINT_MONTHS, TOLD_DAYS, UNSENT_DAYS)
    }


def _mask(session: Session, person_ids: list[int]) -> Callable[[int], str]:
    named = read_people(session, the_door().keyring, person_ids)
    return lambda person_id: mask_name(named[person_id].name) if person_id in named else GONE
